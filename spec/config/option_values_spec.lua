local option_values = require "dfota.config.option_values"

local A64, A65 = ("a"):rep(64), ("a"):rep(65)

describe("The value of an option", function()
  for name, case in pairs {
    retries = { { "0", "1000" }, { "1001", "-1", "1.5", "1e2", "" } },
    baud = { { "75", "4000000", "auto" }, { "74", "4000001", "0", "x", "115200 ", "" } },
    revision = { { A64, "A-1_x/+.", "A b" }, { A65, " A", "A ", "A\"", "A\rB", "" } },
    run = { { A64, "a._:/+-" }, { A65, "-a", "a b", "" } },
    gate = { { A64, "_a.-" }, { A65, ".a", "-a", "a b", "" } },
    imei = { { "861234567890127" }, { "86123456789012", "8612345678901277", "86123456789012x" } },
  } do
    it(("is a %s within its bounds, and nothing beyond"):format(name), function()
      for _, value in ipairs(case[1]) do assert.equal(value, tostring((option_values[name](value)))) end
      for _, value in ipairs(case[2]) do
        local taken, why = option_values[name](value)
        assert.same({ nil, "string", nil }, { taken, type(why), (why:find "%c") })
      end
    end)
  end

  it("is shown in part only, and never raw", function()
    local _, why = option_values.baud(("\27[2J"):rep(50))
    assert.is_true(#why < 150)
    assert.is_nil(why:find "%c")
  end)
end)
