--- Single faults of what the module says without being asked: lines that drip, stages nobody knows, loaders that begin
-- again, an old application that answers on after END.
local DRIPS = {
  { "creg", "+CREG: 1" }, { "ring", "RING" }, { "cmti", '+CMTI: "SM",1' }, { "cbm", "+CBM: 12,3" },
  { "unknown", "^STN: 25" },
}

local SILENCES = {
  { "good", {}, 0 }, { "hang-in-update", { hang = "update:50" }, 80 },
  { "hang-after-end", { hang = "urc:end" }, 80 }, { "target-runs-unsaid", { lost = "start+updating+end" }, 0 },
  { "source-runs-unsaid", { fail = "end:6508", lost = "start+updating+end" }, nil },
}
local URL_SILENCES = {
  { "hang-in-download", { hang = "download:50" }, 80 }, { "hang-before-download", { hang = "urc:httpstart" }, 80 },
}

-- A line every N seconds must not push away any end, whatever falls silent meanwhile.
local function drips(add, facts)
  local function add_silence(way, name, spec, rc)
    for _, drip in ipairs(DRIPS) do
      for _, pause in ipairs { 0.3, 7, 85 } do
        add("drip", ("%s-every-%g-s-%s"):format(drip[1], pause, name), way,
          { spec = facts.merged(facts.quick, spec, { drip = drip[2], drip_s = pause, drip_always = true }),
            rc = rc and { rc }, final = rc == nil and { 0, 81, 82 } or nil })
      end
    end
  end
  facts.each_way(function(way)
    for _, kind in ipairs(SILENCES) do add_silence(way, table.unpack(kind)) end
  end)
  for _, kind in ipairs(URL_SILENCES) do add_silence("url", table.unpack(kind)) end
end

local function stages(add, facts)
  local FILE = { "start", "updating", "end" }
  local URL = { "httpstart", "downloading", "httpend", "start", "updating", "end" }
  facts.each_way(function(way)
    for _, stage in ipairs(way == "url" and URL or FILE) do
      add("stage", "extra-before-" .. stage, way,
        { spec = facts.merged(facts.quick, { extra = stage .. ":PREPARE" }), rc = { 0 } })
      add("stage", "other-word-for-" .. stage, way,
        { spec = facts.merged(facts.quick, { rename = stage .. ":SOMETHING" }), rc = { 0 } })
      add("stage", "other-word-for-" .. stage .. "-and-the-source-stays", way,
        { spec = facts.merged(facts.quick, { rename = stage .. ":SOMETHING", fail = "end:6508" }), same = true,
          final = { 80, 81, 82 } })
    end
  end)
  for percent = 0, 80, 20 do
    add("stage", "siblings-words-hang-at-" .. percent, "url",
      { spec = facts.merged(facts.quick,
          { rename = "httpstart:HTTPSSTART+httpend:HTTPSEND", hang = "download:" .. percent }), rc = { 80 } })
    add("stage", "siblings-words-context-lost-at-" .. percent, "url",
      { spec = facts.merged(facts.quick, { rename = "httpstart:HTTPSSTART", pdp_drop = "download:" .. percent }),
        rc = { 75, 80, 82 } })
  end
  for _, code in ipairs { 6510, 6599, 12, 701 } do
    add("stage", "end-code-" .. code, "file",
      { spec = facts.merged(facts.quick, { fail = "end:" .. code }), rc = { 81 }, same = true })
    add("stage", "httpend-code-" .. code, "url",
      { spec = facts.merged(facts.quick, { fail = "httpend:" .. code }), rc = { 75, 81 }, same = true })
  end
end

local function loaders(add, facts)
  facts.each_way(function(way)
    for _, times in ipairs { 1, 2, 3, 12 } do
      for _, percent in ipairs { 10, 50, 90 } do
        add("loader", ("begins-again-%d-times-at-%d"):format(times, percent), way,
          { spec = facts.merged(facts.quick, { restarts = tostring(times), restart_percent = percent }), rc = { 0 } })
      end
    end
    for _, percent in ipairs { 10, 90 } do
      add("loader", "begins-again-for-ever-at-" .. percent, way,
        { spec = facts.merged(facts.quick, { restarts = "forever", restart_percent = percent }), rc = { 80 },
          honest = true, same = true, alone = true })
    end
    for _, stays_s in ipairs { 0.1, 0.3, 3, 30, 50 } do
      add("loader", ("old-application-for-%g-s"):format(stays_s), way,
        { spec = facts.merged(facts.quick, { stale_s = stays_s }), rc = { 0 } })
      add("loader", ("old-application-for-%g-s-then-gone"):format(stays_s), way,
        { spec = facts.merged(facts.quick, { stale_s = stays_s, stale_then = "gone" }),
          rc = { 80 }, same = true, honest = true })
    end
    for _, rate in ipairs { 9600, 57600, 19200, 460800 } do
      add("loader", "new-firmware-at-" .. rate, way,
        { spec = facts.merged(facts.quick, { new_ipr = tostring(rate) }), rc = { 0 } })
    end
    add("loader", "settings-lost", way,
      { spec = facts.merged(facts.quick, { profile_lost = true, echo = false, cmee = "0" }), rc = { 0 } })
    add("loader", "early-end-6507-at-9600", way,
      { spec = facts.merged(facts.quick, { fail = "end:6507", end_early = true, ipr = 0 }), bauds = { 9600 },
          rc = { 81 }, same = true, code = 6507, alone = true })
  end)
end

return function(add, facts)
  drips(add, facts)
  stages(add, facts)
  loaders(add, facts)
end
