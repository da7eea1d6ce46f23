local finding = require "dfota.trace.finding"

describe("A finding in a trace", function()
  it("says where, what, in words, and what more is known", function()
    local item = { t = 1.5, line = 7, text = "AT" }
    assert.same({ t = 1.5, line = 7, what = "slow", text = "w" }, finding(item, "slow", "w"))
    assert.same({ t = 1.5, line = 7, what = "error", text = "w", code = 30 },
      finding(item, "error", "w", { code = 30 }))
  end)
end)
