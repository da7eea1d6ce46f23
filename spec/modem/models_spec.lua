local models = require "dfota.modem.models"

describe("A module's family", function()
  it("is ours for the models of the note, whatever the case and suffix", function()
    for _, model in ipairs { "MC65", "M65", "M08-R", "mc65", "MC65-GR", "M65_TTS" } do
      assert.equal("ours", models.judge(model, "MC65FAR01A01"), model)
    end
  end)

  it("is another for models known to belong to another", function()
    for _, model in ipairs {
      "M66", "M66-DS", "M95", "MC60", "M26", "M10", "M12", "M35", "M72", "M80", "M85", "GC10", "BC66", "BC95-G", "BG96",
      "EC20F", "EG91", "RM500Q", "RG500", "UC15", "UG95", "SIM800L", "SIM7600", "bg96", "EC200U",
    } do
      assert.equal("other", models.judge(model, nil), model)
    end
  end)

  it("is another if the firmware's name says so", function()
    for _, revision in ipairs { "M66FAR01A12BT", "MC60CAR01A10", "M26fAR03a01_TTS", "BG96MAR02A07M1G" } do
      assert.equal("other", models.judge(nil, revision), revision)
      assert.equal("other", models.judge("X", revision), revision)
    end
  end)

  it("is refused by the name that showed it: the model's, or the firmware's", function()
    for _, case in ipairs {
      { "M66", "MC65FAR01A01", "M66," }, { "MC65", "BC66NBR01A10", "MC65 with the firmware BC66NBR01A10," },
      { nil, "M66FAR01A12", "M66FAR01A12," },
    } do
      local ours, why = models.check(case[1], case[2])
      assert.is_false(ours)
      assert.is_truthy(why:find("the module, " .. case[3] .. " belongs to another family", 1, true), why)
    end
  end)

  it("is unknown otherwise", function()
    for _, model in ipairs { "", "MC650", "A9", "X", "M6", "MC25", "BEAGLE", "UCLA" } do
      assert.equal("unknown", models.judge(model, "V02.02.20190915R"), model)
    end
    assert.equal("unknown", models.judge(nil, nil))
  end)
end)
