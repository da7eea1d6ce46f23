local identity = require "dfota.modem.identity"

describe("A revision", function()
  it("is parsed in every spelling seen so far", function()
    for line, revision in pairs {
      ["Revision: MC65FAR01A01"] = "MC65FAR01A01", ["Revision:M10R04A01M32_SST"] = "M10R04A01M32_SST",
      [" Revision: M95FAR02A08 "] = "M95FAR02A08", ["Revision: M26fAR03a01_TTS"] = "M26fAR03a01_TTS",
      ["Revision: BC66NBR01A10_BETA0617"] = "BC66NBR01A10_BETA0617", ["Revision: M26FBR03A03-TTS"] = "M26FBR03A03-TTS",
      ["Revision: MC65FAR01A01 V 02.1"] = "MC65FAR01A01 V 02.1", ["Revision:\tX"] = "X",
      ["Revision: " .. ("x"):rep(64)] = ("x"):rep(64),
    } do
      assert.equal(revision, identity.revision(line))
    end
  end)

  it("is not parsed from a damaged line, nor from another line", function()
    for _, line in ipairs {
      "Revision:", "Revision:  ", "Revision: MC65\255AR", "Rev\255sion: X", "MC65FAR01A01", "RevisionX: 1",
      "Revision: " .. ("x"):rep(65),
    } do
      assert.is_nil(identity.revision(line), line)
    end
  end)

  it("is a line of its own in the reply to CGMR, whatever else comes in between", function()
    for _, case in ipairs {
      { { "V02.02.20190915R" }, "V02.02.20190915R" }, { { "Revision: X1" }, "X1" },
      { { "+CREG: 1", "^STN: 25", "*PSUTTZ 1", "DST: 1", "Call Ready", " MC65FAR01A01 " }, "MC65FAR01A01" },
      { { "+CGMR: MC65FAR01A01" }, "MC65FAR01A01" }, { { "MC65 V1", "Revision: X1" }, "X1" },
      { {} }, { { "Quectel_MC65" } }, { { "RDA" } }, { { "V02\255" } },
    } do
      assert.equal(case[2], (identity.any_revision(case[1])))
    end
  end)
end)

describe("A model", function()
  it("is found in every format of ATI seen so far", function()
    for _, case in ipairs {
      { "MC65", { "Quectel_Ltd", "Quectel_MC65", "Revision: X" } },
      { "M95", { " Quectel_Ltd", " Quectel_M95", " Revision: X" } },
      { "MC65", { "Quectel_Ltd", "MC65", "Revision: X" } },
      { "MC65", { "Quectel", "MC65", "Revision: X" } },
      { "M08-R", { "Quectel", "M08-R" } },
      { "M08-R", { "Quectel_M08-R", "Revision: X" } },
      { "MC65", { "QUECTEL_LTD", "Quectel MC65", "Revision: X" } },
      { "MC65", { "Quectel_Ltd", "+CREG: 1", "^CINIT: 8, 2048, 1", "*X", "DST: 1", "MC65", "Revision: X" } },
      { "MC65", { "Quectel_Ltd", "Call Ready", "Quectel_MC65", "Revision: X" } },
      { "MC65", { "^boot.rom'v'!\\n", "Quectel_Ltd", "Quectel_MC65", "Revision: X" } },
    } do
      assert.equal(case[1], (identity.model(case[2])))
    end
  end)

  it("is nil if none is reported", function()
    for _, lines in ipairs {
      {}, { "Quectel_Ltd", "Revision: X" }, { "RDA", "A9", "V02.02.20190915R" }, { "Revision: X" },
      { "Quectel_Ltd", "Revision: X", "MC65" }, { "Quectel_", "Revision: X" }, { "Quectel_MC\2555" },
    } do
      assert.is_nil(identity.model(lines))
    end
  end)
end)

describe("An IMEI", function()
  it("is fifteen digits, alone or after the command's name", function()
    for _, line in ipairs {
      "861234567890127", " 861234567890127 ", "+GSN: 861234567890127", '+CGSN: "861234567890127"',
    } do
      assert.equal("861234567890127", identity.imei(line))
    end
    for _, line in ipairs { "86123456789012", "8612345678901271", "86123456789012x", "", "+CREG: 861234567890127" } do
      assert.is_nil(identity.imei(line))
    end
  end)
end)
