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

  it("is a whole number in digits, or how many at most, and the line says which", function()
    for _, case in ipairs {
      { "whole", "3", 3, 5, 3 }, { "whole", "5", 3, 5, 5 }, { "whole", "6", 3, 5 }, { "whole", "2", 3, 5 },
      { "whole", "0x4", 3, 5 }, { "whole", "", 3, 5 },
    } do
      local number, why = option_values.whole(case[2], case[3], case[4])
      assert.equal(case[5], number)
      if not number then assert.equal(("'%s' is not a whole number from 3 to 5"):format(case[2]), why) end
    end
    for word, number in pairs { ["1"] = 1, ["5"] = 5, ["0x5"] = 5 } do
      assert.equal(number, (option_values.limit(word, 5)))
    end
    for _, word in ipairs { "0", "6", "1.5", "x", "" } do
      assert.same({ nil, ("'%s' is not a whole number from 1 to 5"):format(word) }, { option_values.limit(word, 5) })
    end
  end)

  it("is shown in part only, and never raw", function()
    local _, why = option_values.baud(("\27[2J"):rep(50))
    assert.is_true(#why < 150)
    assert.is_nil(why:find "%c")
  end)
end)
