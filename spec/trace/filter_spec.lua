local filter = require "dfota.trace.filter"
local traced = require "support.traced"

local function short(want, lines)
  local list = {}
  for i, item in ipairs(filter.items((traced.items(lines or traced.UPDATE)), want)) do
    list[i] = item.text or item.kind
  end
  return list
end

describe("A filter", function()
  it("that asks for nothing lets everything pass, and says so", function()
    assert.equal(#(traced.items(traced.UPDATE)), #short {})
    assert.is_false(filter.is_on { only = {} })
    for _, want in ipairs { { only = { "at" } }, { direction = "tx" }, { text = "x" }, { since = 0 }, { till = 1 } } do
      assert.is_true(filter.is_on(want))
    end
  end)

  it("by kind knows commands, the update, unsolicited lines, data and remarks", function()
    assert.same({ "at", "data", "fota", "notes", "unsolicited" }, filter.kinds)
    assert.same({ "data" }, short { only = { "data" } })
    assert.same({ "port /dev/ttyUSB0", "rate", "exit code 0" }, short { only = { "notes" } })
    assert.same({ "data", "AT+QFOTADL=1", '+QIND: "FOTA","START"' }, short { only = { "fota" }, till = 2 })
    assert.same({ "RDY" }, short { only = { "unsolicited" }, text = "rdy" })
    assert.same({ "AT", "ATI" }, short { only = { "at" }, since = 10 })
    assert.same({ "RDY", "AT" }, short { only = { "at", "unsolicited" }, since = 9.45, till = 10 })
  end)

  it("by text looks into commands and replies, upper and lower case alike", function()
    assert.same({ "ATI", "ATI" }, short { text = "revision:" })
    assert.same({ "AT+GSN" }, short { text = "at+gsn" })
    assert.same({}, short { text = "%d" })
  end)

  it("by time takes what begins or ends within the span", function()
    assert.same({ "AT+QFUPL=\"fota.pack\",2000,60,1", "data" }, short { since = 0.45, till = 0.6 })
  end)

  it("by direction takes what was sent, or what was received", function()
    local lines = { "1.0 tx +++", [[2.0 tx AT\r]], [[2.1 rx AT\r\r\nOK\r\n]], [[3.0 rx RDY\r\n]] }
    assert.same({ "sent", "AT" }, short({ direction = "tx" }, lines))
    assert.same({ "AT", "RDY" }, short({ direction = "rx" }, lines))
  end)

  it("of findings goes by time", function()
    local findings = { { t = 1 }, { t = 2 }, { t = 3 } }
    assert.same({ { t = 2 } }, filter.findings(findings, { since = 1.5, till = 2.5 }))
    assert.same(findings, filter.findings(findings, {}))
  end)
end)
