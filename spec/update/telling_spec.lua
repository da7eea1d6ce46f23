local Decision = require "dfota.update.decision"
local Telling = require "dfota.update.telling"

-- What a run tells: the events of its report, and the steps and facts of its record.
local function new_telling()
  local events = {}
  local record = { steps = {}, facts = {} }
  function record:step(name) self.steps[#self.steps + 1] = name end
  function record:add(name, value) self.facts[name] = value end
  local decision = Decision.new()
  local telling = Telling.new { record = record, decision = decision, report = {
    event = function(_, name, fields) events[#events + 1] = { name, fields } end,
    status = function(_, text) events[#events + 1] = { "status", text or "none" } end,
  } }
  return telling, events, record, decision
end

describe("The search for a rate", function()
  it("is shown in place; that the first did not answer is told once", function()
    local telling, events = new_telling()
    local bauds = { 115200, 9600, 57600 }
    telling:trying(115200, bauds)
    telling:trying(9600, bauds)
    telling:trying(115200, bauds, true)
    telling:trying(57600, bauds)
    telling:trying(nil, bauds)
    local note = { level = "info", text = "no answer at 115200 baud: trying 2 other rates" }
    assert.same({
      { "status", "trying 115200 baud" }, { "note", note }, { "status", "trying 9600 baud" },
      { "status", "listening at 115200 baud" }, { "status", "trying 57600 baud" }, { "status", "none" },
    }, events)
  end)

  it("is none where the rate was given, but for listening", function()
    local telling, events = new_telling()
    telling:trying(9600, { 9600 })
    assert.same({}, events)
    telling:trying(9600, { 9600 }, true)
    assert.same({ { "status", "listening at 9600 baud" } }, events)
  end)
end)

describe("The progress of an upload", function()
  it("is reported once per percent, from the first byte to the last", function()
    local telling, events = new_telling()
    local progress = telling:progress "upload"
    for _, sent in ipairs { 1, 19, 20, 39, 1000, 1999, 2000 } do progress(sent, 2000) end
    local told = {}
    for i, event in ipairs(events) do
      local fields = event[2]
      told[i] = { event[1], fields.phase, fields.percent, fields.bytes, fields.total }
    end
    assert.same({
      { "progress", "upload", 0, 1, 2000 }, { "progress", "upload", 1, 20, 2000 },
      { "progress", "upload", 50, 1000, 2000 }, { "progress", "upload", 99, 1999, 2000 },
      { "progress", "upload", 100, 2000, 2000 },
    }, told)
  end)

  it("of an empty upload is 100 %", function()
    local telling, events = new_telling()
    telling:progress "upload"(0, 0)
    assert.equal(100, events[1][2].percent)
  end)
end)

describe("A phase", function()
  it("is reported once, and is a step of the record", function()
    local telling, events, record = new_telling()
    telling:enter "prepare"
    telling:enter "prepare"
    telling:enter "verify"
    assert.same({ { "phase", { name = "prepare" } }, { "phase", { name = "verify" } } }, events)
    assert.same({ "prepare", "verify" }, record.steps)
    assert.equal("verify", telling.phase)
  end)

  it("that is already a step is only reported", function()
    local telling, events, record = new_telling()
    telling:begin "trigger"
    assert.same({ { { "phase", { name = "trigger" } } }, {}, "trigger" }, { events, record.steps, telling.phase })
  end)

  it("with an unknown name ends the flow", function()
    local telling, events, _, decision = new_telling()
    for _, slip in ipairs { function() telling:check_phase("job:phase(name)", "uplaod") end,
      function() telling:progress "uplaod" end } do
      local ok, fault = pcall(slip)
      assert.is_false(ok)
      assert.is_truthy(fault.fault:find("there is no phase uplaod; did you mean upload?", 1, true), fault.fault)
      assert.same({ false, decision.final }, { pcall(decision.go_on, decision) })
    end
    assert.same({}, events)
  end)
end)

describe("What a flow reports of its own", function()
  it("is a message with a level", function()
    local telling, events = new_telling()
    telling:note("info", 7)
    assert.same({ { "note", { level = "info", text = "7" } } }, events)
    local ok, fault = pcall(telling.note, telling, "warnig", "x")
    assert.is_truthy(not ok and fault.fault:find("did you mean warning?", 1, true))
    assert.is_false((pcall(telling.note, telling, "info")))
  end)

  it("is recorded as a fact, and reported to programs and people", function()
    local telling, events, record = new_telling()
    telling:keep("site", "north")
    telling:keep("ccid", nil)
    assert.same({ site = "north" }, record.facts)
    assert.same({ { "facts", { names = { "site" }, site = "north" } },
      { "note", { level = "info", text = "site: north" } } }, events)
    assert.is_false((pcall(telling.keep, telling, "no name", 1)))
    assert.is_false((pcall(telling.keep, telling, nil, nil)))
  end)

  it("is one event with a table of facts", function()
    local telling, events, _, decision = new_telling()
    telling:facts { signal = 20 }
    assert.same({ { "facts", { signal = 20 } } }, events)
    local ok = pcall(telling.facts, telling, "signal")
    assert.is_truthy(not ok and decision.final.fault:find("takes a table", 1, true))
  end)
end)
