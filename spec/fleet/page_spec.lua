local page = require "dfota.fleet.page"
local words_of = require "dfota.history.words"

local function device(number, more)
  local of = {
    number = number, port = "/dev/serial/by-path/socket-" .. number, imei = ("8612345678%05d"):format(number),
    state = "done", rc = 0, tries = { { what = "update", began = 1795800000, finished = 1795800060, result = { rc = 0 },
      steps = { { name = "upload", at = 1795800001 }, { name = "update", at = 1795800020 } } } },
  }
  for key, value in pairs(more or {}) do of[key] = value end
  return of
end

local function code_of(devices, more)
  local data = {
    id = "night", rc = 81, package = "/srv/A2B.pack", devices = devices, made = "2026-11-28 12:00", zone = "UTC+0000",
    folder = "/runs/night", version = "1",
  }
  for key, value in pairs(more or {}) do data[key] = value end
  return page.of(data)
end

local function said(...)
  return (code_of(...):gsub("<style>.-</style>", ""):gsub("<[^>]*>", " "):gsub("%s+", " "))
end

local function has(text, words) assert.truthy(text:find(words, 1, true), words .. " in: " .. text) end

describe("The page of a fleet's run", function()
  it("says what was to be done, how it ended and why", function()
    local words = said({ device(1) }, { rc = 130, why = "stopped", from = "A", to = "B" })
    has(words, "Fleet run night")
    has(words, "A2B.pack, from A to B")
    has(words, "exit code 130 stopped by somebody; stopped")
    has(words, "1 min 00 s")
  end)

  it("says of a run with another package that this is why", function()
    has(said({ device(1) }, { rc = 65 }), "exit code 65 there is another package than the run was begun with, or none")
  end)

  it("says of a check that modules were checked, and claims nothing else of them", function()
    local words = said({ device(1, { revision = "A", to = "B" }), device(2) }, { rc = 0, checks = true })
    has(words, "Fleet check night")
    has(page.of { checks = true, devices = { device(1) }, package = "x", made = "", zone = "", version = "" },
      "<h1>Fleet check</h1>")
    has(words, "exit code 0 all modules passed their gates, or are at their target")
    has(words, "2 checked")
    has(words, "A; B is intended")
    for _, wrong in ipairs { "Done", " done", "folder" } do assert.is_nil(words:find(wrong, 1, true), wrong) end
  end)

  it("counts the modules by what became of them", function()
    local words = said { device(1), device(2), device(3, { state = "failed", rc = 81 }),
      device(4, { state = "waiting", rc = nil, tries = {} }), device(5, { state = "unknown", rc = 80 }),
      device(6, { state = "running" }) }
    for _, tile in ipairs { "6 modules", "2 done", "1 failed", "1 outcome unknown", "1 not begun", "1 under way" } do
      has(words, tile)
    end
  end)

  it("has each kind of failure once: what it means, what to do, and how many it hit", function()
    local bad = { state = "failed", rc = 81, code = 6508, outcome = "failed_on_source", message = "the first one" }
    local words = said { device(1, { state = "failed", rc = 84, message = "the supply is at 3000 mV" }), device(2, bad),
      device(3, bad), device(4) }
    local from, to = words:find "Failures .- Who ran when"
    local part = words:sub(from, to)
    has(part, ("the first one 6508: update failed %s 2 the supply"):format(words_of.advice { code = 6508 }))
    has(part, "the supply is at 3000 mV exit code 84: a gate refused")
    has(part, "again: after fixing what the gate names 1 Who")
    assert.is_nil(said({ device(1) }, { rc = 0 }):find("Failures", 1, true))
  end)

  it("names what a module failed with, not the gate that kept a later try from it", function()
    local own = { rc = 81, code = 6508, outcome = "failed_on_source", message = "the module failed the update" }
    local gate = { rc = 84, outcome = "not_started", message = "this package failed before" }
    local tries = device(1).tries
    local both = { { result = own, began = 1, finished = 2, steps = {} }, { began = 3, finished = 4, steps = {} } }
    local again = { state = "failed", rc = gate.rc, outcome = gate.outcome, message = gate.message, tries = both }
    local words = said { device(1, again), device(2, { state = "failed", rc = 81, code = 6508, tries = tries,
      outcome = "failed_on_source", message = "the module failed the update" }) }
    local part = words:match "Failures .- Who ran when"
    has(part, "the module failed the update 6508: update failed")
    has(part, " 2 Who") -- one kind, twice
    assert.is_nil(part:find("84", 1, true))
    has(words, "this package failed before") -- still its last word
  end)

  it("draws who ran when, the first to begin on top, and says what it leaves out", function()
    local late = { { what = "update", began = 1795800060, finished = 1795800120, steps = {} } }
    local code = code_of { device(1, { tries = late }), device(2), device(3, { tries = {} }) }
    local first, second = code:find('"who">socket-2', 1, true), code:find('"who">socket-1', 1, true)
    assert.is_true(first < second)
    assert.is_nil(code:find('"who">socket-3', 1, true))
    has(code, 'class="p-upload" height="20" width="166.7" x="0.0"') -- begins with the job, a sixth of the whole
    has(code, 'class="p-other" height="20" width="500.0" x="500.0"')
    has(code, 'class="end-bad"') -- it ended without a result
    local many = {}
    for number = 1, 502 do many[number] = device(number) end
    has(said(many), "2 more modules left out.")
  end)

  it("names no revision as running on a module whose outcome is not certain", function()
    for _, state in ipairs { "unknown", "triggered", "watching" } do
      has(said { device(1, { state = state, revision = "A", to = "B" }) }, "unknown (last seen A); B was intended")
    end
  end)

  it("is a page without any lines if nothing ever ran", function()
    local words = said({}, { rc = 0 })
    has(words, "0 modules")
    assert.is_nil(words:find("Who ran when", 1, true))
  end)

  it("shows what others said as text, whatever it is", function()
    local word = "<script>alert(1)</script>\27[2J\xFF"
    local code = code_of({ device(1, {
      name = word, imei = word, model = word, revision = word, to = word .. "2", message = word, state = "failed",
      tries = { { what = word, began = 1795800000, finished = 1795800060,
        steps = { { name = word, at = 1795800001 } } } },
    }) }, { id = word, package = word, from = word, to = word, folder = word, why = word })
    assert.is_nil(code:find("<script", 1, true))
    assert.is_nil(code:find("\27", 1, true))
    assert.truthy(utf8.len(code))
    for _, foreign in ipairs { "<link", "<img", "href=", "src=", "http://", "https://" } do
      assert.is_nil(code:find(foreign, 1, true), foreign)
    end
  end)
end)
