local summary = require "dfota.trace.summary"
local traced = require "support.traced"

local function of(lines)
  local items, about = traced.items(lines)
  return summary(items, about.duration_s)
end

describe("The summary of a trace", function()
  it("has the module, and the revisions before and after", function()
    local about = of(traced.UPDATE)
    assert.same({ "MC65", "861234567890127", "MC65FAR01A01", "MC65FAR01A02", 9, 6, 10.2 }, {
      about.model, about.imei, about.before, about.after, about.commands, about.unsolicited, about.duration_s,
    })
  end)

  it("knows what is not in the trace to be unknown", function()
    local about = of { [[1.0 tx ATI\r]], [[1.1 rx ATI\r\r\nOK\r\n]] }
    assert.same({ commands = 1, unsolicited = 0, duration_s = 1.1 }, about)
    assert.is_nil(of({ [[1.0 tx AT+GSN\r]], [[1.1 rx AT+GSN\r\r\n12345\r\n\r\nOK\r\n]] }).imei)
  end)
end)
