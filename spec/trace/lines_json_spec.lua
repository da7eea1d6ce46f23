local json = require "dkjson"
local lines_json = require "dfota.trace.lines_json"
local odd = require "dfota.trace.odd"
local times = require "dfota.trace.times"
local traced = require "support.traced"

local function decoded(lines)
  local list = {}
  for i, line in ipairs(lines) do
    assert.is_nil(line:find "[%c]")
    list[i] = assert(json.decode(line))
  end
  return list
end

describe("A trace as JSON Lines", function()
  it("has an object for each item, with its version first", function()
    local items = traced.items(traced.UPDATE)
    local lines = lines_json.conversation(items)
    assert.equal(#items, #lines)
    for _, line in ipairs(lines) do assert.matches('^{"v":1,"item":"%l+"', line) end
    assert.same({
      v = 1, item = "command", t = 0.1, line = 4, text = "AT", reply = { { t = 0.102, text = "OK" } }, final = "ok",
      done_t = 0.102, took_s = 0.002, echo = "whole",
    }, decoded(lines)[3])
  end)

  it("has an empty list for a command without a reply, and no bytes that are no UTF-8", function()
    local items = traced.items { [[1.0 tx AT\r]], [[2.0 rx +CREG: a\xFF\r\n]], [[3.0 rx \xFE]] }
    local found = lines_json.conversation(items)
    assert.is_truthy(found[1]:find('"reply":[]', 1, true))
    assert.same({ "+CREG: a\u{FFFD}", "\\xFE" }, { decoded(found)[2].text, decoded(found)[3].bytes })
  end)

  it("tells where the time went, what is odd and what the trace is", function()
    local items, about, entries, damaged = traced.items(traced.UPDATE)
    local taken = decoded(lines_json.times(times.of(items, about.duration_s)))[1]
    assert.same({ "times", 6, "prepare" }, { taken.item, #taken.phases, taken.phases[1].name })
    local found = decoded(lines_json.odd(odd(items, about, entries, damaged)))
    assert.same({ { "odd", "unanswered" }, { "odd", "boot" } },
      { { found[1].item, found[1].what }, { found[2].item, found[2].what } })
    assert.same({ v = 1, item = "run", run = 1, runs = 2 }, decoded({ lines_json.heading { run = 1, runs = 2 } })[1])
  end)
end)
