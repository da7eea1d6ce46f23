local suggest = require "dfota.base.suggest"

local SETTINGS = { "boot_s", "recover_s", "update_silence_s", "min_supply_mv", "min_csq", "rtscts" }

describe("The name that was probably meant", function()
  -- what was written, among which names → what was meant
  for name, case in pairs {
    ["one letter is missing"] = { "bot_s", SETTINGS, "boot_s" },
    ["one letter is too many"] = { "boott_s", SETTINGS, "boot_s" },
    ["one letter is wrong"] = { "boat_s", SETTINGS, "boot_s" },
    ["two letters are swapped"] = { "obot_s", SETTINGS, "boot_s" },
    ["two letters of a short name are wrong"] = { "mim_cs", SETTINGS, "min_csq" },
    ["it is written in capitals"] = { "BOOT_S", SETTINGS, "boot_s" },
    ["a third of a long name is wrong"] = { "updte_silnce", SETTINGS, "update_silence_s" },
    ["it is the name itself"] = { "boot_s", SETTINGS, "boot_s" },
    ["two are equally near: the first of the list"] = { "ab", { "abc", "abd" }, "abc" },
    ["the nearer one comes later in the list"] = { "supply", { "suply_x", "suppl" }, "suppl" },
    ["all of a short name is wrong, and yet near"] = { "xy", { "ab" }, "ab" },
    ["nothing was written"] = { "", { "ab", "abc" }, "ab" },
  } do
    it(("is found where %s"):format(name), function() assert.equal(case[3], suggest.name(case[1], case[2])) end)
  end

  for name, case in pairs {
    ["it is three letters away from a short one"] = { "xyz", { "abc" } },
    ["more than a third of a long one is wrong"] = { "up_sil_s", { "update_silence_s" } },
    ["there are no names"] = { "boot_s", {} },
    ["it is longer than any name"] = { ("x"):rep(65), { ("x"):rep(65) } },
    ["nothing was written and all names are long"] = { "", { "abc" } },
  } do
    it(("is none where %s"):format(name), function() assert.is_nil(suggest.name(case[1], case[2])) end)
  end

  it("is looked for among names of up to 64 letters", function()
    assert.equal(("x"):rep(63), suggest.name(("x"):rep(64), { ("x"):rep(63) }))
  end)

  it("accepts two wrong letters in up to eight, then a third of the name", function()
    for length, most in pairs { [1] = 2, [6] = 2, [8] = 2, [9] = 3, [11] = 3, [12] = 4, [30] = 10 } do
      local written = ("a"):rep(length)
      for wrong = most, most + 1 do
        local meant = written .. ("b"):rep(wrong)
        assert.equal(wrong == most and meant or nil, suggest.name(written, { meant }), length)
      end
    end
  end)

  it("ends a sentence, or adds nothing to it", function()
    assert.equal("; did you mean boot_s?", suggest.hint("bot_s", SETTINGS))
    assert.equal("", suggest.hint("frobnicate", SETTINGS))
    for _, no_name in ipairs { 5, true, {} } do assert.equal("", suggest.hint(no_name, SETTINGS)) end
    assert.equal("", suggest.hint(nil, SETTINGS))
  end)
end)
