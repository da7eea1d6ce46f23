--- A ledger with one of everything that a page must be able to show: for looking at it, and for measuring it.
local book_of = require "dfota.ledger.book"

local sample = {}

local DAY = 86400
local HASH = "d884dce164e1d4fd55a3446a5e110eedbbf7c6fd41d256049db2034758aedecb"

local ENDS = {
  { outcome = "updated", rc = 0, after = "MC65FAR01A02", message = "the module now runs MC65FAR01A02" },
  { outcome = "failed_on_source", rc = 81, code = 6508, after = "MC65FAR01A01",
    message = "the module failed the update (6508: update failed) and runs its source firmware MC65FAR01A01" },
  { outcome = "updated", rc = 0, after = "MC65FAR01A02", message = "the module now runs MC65FAR01A02",
    facts = '{"ccid":"8949020000012345678","site":"Pump 7, <north> & \\"old\\" hall"}' },
  { outcome = "failed_on_source", rc = 75, code = 6503, after = "MC65FAR01A01", way = "url",
    message = "the module failed the update (6503: download failed) and runs its source firmware MC65FAR01A01" },
  { outcome = "unknown", rc = 80, message = "the update was triggered, but the module did not answer again within "
    .. "recover_s (600 s); the last it reported was update, 40 %" },
  { outcome = "not_started", rc = 84, message = "the supply is at 3000 mV: a module must not lose power while it "
    .. "updates itself" },
  { outcome = "wrong_revision", rc = 82, after = "MC65FAR01A07",
    message = "the update ended; the module runs MC65FAR01A07, not MC65FAR01A02" },
  { outcome = "already_current", rc = 0, after = "MC65FAR01A02", message = "the module already runs MC65FAR01A02" },
  {}, -- killed after its trigger
}

local LENGTHS = {
  file = { { "prepare", 1.2 }, { "upload", 14.6 }, { "trigger", 0.4 }, { "update", 96 }, { "reboot", 11 },
    { "verify", 2.4 } },
  url = { { "prepare", 1.1 }, { "pdp", 6.3 }, { "trigger", 0.4 }, { "download", 58 }, { "update", 104 },
    { "reboot", 12 }, { "verify", 2.6 } },
}

local function steps_of(way, at, count)
  local list = {}
  for i, step in ipairs(LENGTHS[way]) do
    if i > count then break end
    list[i] = { name = step[1], at = at }
    at = at + step[2]
  end
  return list, at
end

local REACHED = { not_started = 1, already_current = 1, failed_on_source = 4, unknown = 4 }

--- Fills a ledger.
-- @param path a new file
-- @param count how many updates
function sample.make(path, count)
  local book <close> = assert(book_of.open(path))
  for i = 1, count do
    local ending = ENDS[(i - 1) % #ENDS + 1]
    local way = ending.way or i % 4 == 0 and "url" or "file"
    local started = 1795800000 - (count - i) * DAY / 7
    local steps, finished = steps_of(way, started + 0.1, REACHED[ending.outcome] or 9)
    local imei = ("86123456%07d"):format(i % 12 * 7919 + 27)
    local fields = { id = ("sample-%05d"):format(i), imei = imei, model = "MC65", port = "/dev/ttyUSB" .. i % 4,
      host = "gateway-" .. i % 3, run = "spring/" .. i // 10, from = "MC65FAR01A01", to = "MC65FAR01A02", way = way,
      package = way == "url" and "http://updates.example.com/mc65/MC65FAR01A01-MC65FAR01A02.pack"
        or "/srv/packages/A2B.pack", hash = way == "file" and HASH or nil, size = way == "file" and 156104 or nil,
      started = started, triggered = ending.rc ~= 84 and ending.outcome ~= "already_current" and started + 20 or nil,
      forced = i % 7 == 0 and "signal,server" or nil, finished = finished, steps = steps,
      seen = { imei = imei, model = "MC65", revision = ending.after, port = "p", seen = finished } }
    for key, value in pairs(ending) do fields[key] = value end
    assert(book:record(fields))
    if not ending.outcome then
      assert(book.conn:execute(("UPDATE dfota_updates SET finished = NULL WHERE id = '%s'"):format(fields.id)))
    end
  end
end

return sample
