local page = require "dfota.history.page"

local random = math.random
local CASES = tonumber(os.getenv "DFOTA_FUZZ_CASES" or "150")

local function data(fields)
  local all = { title = "T", rows = {}, totals = { groups = {}, modules = 0 }, modules = {}, max_updates = 800,
    filters = "", made = "2026-11-28 12:00", zone = "UTC+0000", ledger = "l.db", version = "1" }
  for key, value in pairs(fields or {}) do all[key] = value end
  return all
end

local function group(outcome, count, more)
  local of = { outcome = outcome, count = count, triggered = 1, first = 1795800000, last = 1795822529 }
  for key, value in pairs(more or {}) do of[key] = value end
  return of
end

local function said(fields)
  return (page.of(data(fields)):gsub("<style>.-</style>", ""):gsub("<[^>]*>", " "):gsub("%s+", " "))
end

-- Every element that is opened is closed, in order; no attribute is left open.
local function check_tags(code)
  local open = {}
  for slash, name, rest in code:gsub("<style>.-</style>", ""):gsub("<!.->", ""):gmatch "<(/?)(%a[%w]*)([^>]*)>" do
    local _, quotes = rest:gsub('"', "")
    assert(quotes % 2 == 0, "an open quote in <" .. name .. rest)
    if slash == "/" then
      assert.equal(open[#open], name)
      open[#open] = nil
    elseif name ~= "meta" and name ~= "rect" then
      open[#open + 1] = name
    end
  end
  assert.equal(0, #open)
end

describe("The page of a report", function()
  it("begins with its mark, and says that nothing may be fetched or run", function()
    local code = page.of(data())
    assert.equal(1, code:find(page.MARK, 1, true))
    assert.is_truthy(code:find("default-src &#39;none&#39;", 1, true))
    for _, word in ipairs { "<script", "<link", "<img", "href=", "src=", "http://", "https://" } do
      assert.is_nil(code:find(word, 1, true), word)
    end
  end)

  it("counts all updates that were asked for, by how they ended", function()
    local words = said { totals = { modules = 1234, groups = { group("updated", 1200), group("already_current", 34),
      group("unknown", 1), group("not_started", 2, { triggered = 0 }), group(nil, 3, { triggered = 0 }) } } }
    for _, wanted in ipairs { "1,240 updates, ", "1,234 modules", "1,234 updated or up to date",
      "1 failed or not certain", "5 not started" } do
      assert.is_truthy(words:find(wanted, 1, true), wanted .. " in: " .. words)
    end
    assert.is_nil(words:find("checked only", 1, true))
  end)

  it("says what is left out", function()
    local words = said { rows = { { imei = "1" }, { imei = "2" } }, modules = { { imei = "1" } },
      totals = { modules = 5, groups = { group("updated", 5000) } } }
    local how = ": report.lua shows those of a time (--since, --until), of a campaign (--run) or of a module (--imei)."
    for _, sentence in ipairs {
      "The latest 2 are shown; 4,998 older ones are left out" .. how,
      "3 more modules left out, with the updates that are not shown here" .. how,
      "1 module of the updates that are shown here left out: this ledger does not say what was last seen of it.",
    } do
      assert.is_truthy(words:find(sentence, 1, true), words)
    end
    assert.is_nil(said({ totals = { modules = 0, groups = {} } }):find("left out", 1, true))
  end)

  it("does not pass over modules that the ledger has only updates of", function()
    local words = said { rows = { { imei = "1" }, { imei = "2" }, { imei = "2" } },
      totals = { modules = 2, groups = { group("updated", 3) } } }
    assert.is_truthy(words:find("Modules 2 modules of the updates that are shown here left out: this ledger does not "
      .. "say what was last seen of them.", 1, true), words)
    assert.is_nil(words:find("Runs now", 1, true))
  end)

  it("says which updates were asked for, when it was made, and out of what", function()
    local words = said { filters = "campaign spring/1", totals = { modules = 1, groups = { group("updated", 1) } } }
    for _, wanted in ipairs { "Only: campaign spring/1", "1 update, 2026-", "Made on 2026-11-28 12:00 from the ledger "
      .. "l.db by dfota 1. Times are local (UTC+0000)." } do
      assert.is_truthy(words:find(wanted, 1, true), wanted .. " in: " .. words)
    end
    assert.is_truthy(said():find("No updates are recorded.", 1, true))
  end)

  it("lists the failures by code, with meaning and remedy, and only the most frequent", function()
    local groups = { group("updated", 9) }
    for i = 1, 30 do groups[i + 1] = group("failed_on_source", 31 - i, { code = 6499 + i }) end
    local words = said { totals = { modules = 1, groups = groups } }
    assert.is_truthy(words:find("6508: update failed use another package", 1, true), words)
    assert.is_truthy(words:find("55 updates with rarer codes are left out here.", 1, true), words)
    assert.is_nil(said({ totals = { modules = 1, groups = { group("updated", 9) } } }):find("Failures", 1, true))
  end)

  it("shows where the time of several updates went", function()
    local row = { steps = { { name = "upload", at = 0 }, { name = "update", at = 10 } }, finished = 100 }
    assert.is_truthy(said({ rows = { row, row } }):find("2 updates that are shown here: 3 min 20 s in all, "
      .. "1 min 40 s each on average.", 1, true))
    assert.is_nil(said({ rows = { row } }):find("Where the time went", 1, true))
  end)

  local function odd()
    local alphabet = { "<", ">", '"', "'", "&", "/", "-->", "</style>", "]]>", "\0", "\xFF", "\u{202E}", "é", "a", " ",
      "%", "\n", "<script>", "onload=" }
    local parts = {}
    for i = 1, random(0, 8) do parts[i] = alphabet[random(#alphabet)] end
    return table.concat(parts)
  end

  local function number()
    return ({ 0, -1, 1e300, 0 / 0, 1 / 0, 5, 1795822529, 2 ^ 53, -0.5 })[random(9)]
  end

  it("is whole whatever the ledger holds", function()
    for _ = 1, CASES do
      local row = { steps = {} }
      for _, key in ipairs { "id", "imei", "model", "port", "host", "run", "from", "to", "after", "package", "hash",
        "way", "trace", "forced", "outcome", "message", "facts" } do
        row[key] = random(3) > 1 and odd() or nil
      end
      for _, key in ipairs { "started", "triggered", "finished" } do row[key] = random(3) > 1 and number() or nil end
      row.code, row.size = random(2) > 1 and random(0, 9999) or nil, number()
      for i = 1, random(0, 6) do row.steps[i] = { name = odd(), at = number() } end
      local code = page.of(data { title = odd(), filters = odd(), ledger = odd(), rows = { row, row },
        modules = { { imei = odd(), seen = number(), updates_seen = random(0, 2000), revision = odd() } },
        totals = { modules = 2, groups = {
          group(row.outcome, 2, { code = row.code, first = number(), last = number() }) } } })
      check_tags(code)
      assert.is_truthy(utf8.len(code))
      assert.is_nil(code:find("<script", 1, true))
    end
  end)
end)
