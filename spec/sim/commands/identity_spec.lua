local Dialogue = require "support.dialogue"

describe("ATI of the simulated module", function()
  local shapes = {
    quectel = "\r\nQuectel_Ltd\r\nQuectel_MC65\r\nRevision: MC65FAR01A01\r\n\r\nOK\r\n",
    short = "\r\nQuectel\r\nMC65\r\nRevision: MC65FAR01A01\r\n\r\nOK\r\n",
    bare = "\r\nQuectel_Ltd\r\nQuectel_MC65\r\nMC65FAR01A01\r\n\r\nOK\r\n",
    blanks = "\r\n Quectel_Ltd\r\n Quectel_MC65\r\n\r\n Revision: MC65FAR01A01\r\n\r\nOK\r\n",
    no_revision = "\r\nQuectel_Ltd\r\nQuectel_MC65\r\n\r\nOK\r\n",
  }
  for shape, expected in pairs(shapes) do
    it("has the format " .. shape, function() assert.equal(expected, Dialogue.new({ ati = shape }):ask("ATI")) end)
  end

  it("may contain an unsolicited line, at any place", function()
    local lines = { "Quectel_Ltd", "Quectel_MC65", "Revision: MC65FAR01A01", "OK" }
    for at = 0, 3 do
      local expected = table.move(lines, 1, 4, 1, {})
      table.insert(expected, at + 1, "^CINIT: 1")
      assert.same(expected, Dialogue.new({ ati_urc = "^CINIT: 1", ati_urc_at = at }):lines("ATI"))
    end
  end)

  it("may contain one plausible wrong character", function()
    local spec = { revision = "AZaz09", ati_wrong = "1" }
    for seed = 1, 40 do
      local told = Dialogue.new(spec, seed):lines("ATI")[3]:match("^Revision: (.*)$")
      assert.truthy(told:find("^%w%w%w%w%w%w$"), told)
      assert.not_equal("AZaz09", told)
    end
  end)

  it("may be of another family", function()
    local talk = Dialogue.new { model = "Quectel_BG96", revision = "BG96MAR02A07M1G" }
    assert.same({ "Quectel_Ltd", "Quectel_BG96", "Revision: BG96MAR02A07M1G", "OK" }, talk:lines("ATI"))
  end)
end)

describe("The simulated module's revision and IMEI", function()
  it("are reported by other commands, with a label, without, or not at all", function()
    for form, expected in pairs { label = "Revision: MC65FAR01A01", bare = "MC65FAR01A01", error = "ERROR" } do
      local talk = Dialogue.new { cgmr = form, gmr = form }
      assert.equal(expected, talk:lines("AT+CGMR")[1])
      assert.equal(expected, talk:lines("AT+GMR")[1])
    end
  end)

  it("are reported by AT+CGSN if AT+GSN is not supported", function()
    local talk = Dialogue.new { gsn = false }
    assert.same({ "ERROR" }, talk:lines("AT+GSN"))
    assert.same({ "861234567890127", "OK" }, talk:lines("AT+CGSN"))
  end)

  -- switches, command line, received lines
  for _, case in ipairs {
    { { ati_blank = false }, "ATI", { "Quectel_Ltd", "Quectel_MC65", "Revision:MC65FAR01A01", "OK" } },
    { {}, "AT+GMI;+GMM;+GMR", { "Quectel_Ltd", "Quectel_MC65", "Revision: MC65FAR01A01", "OK" } },
    { {}, "AT+QGSN", { '+QGSN: "861234567890127"', "OK" } }, { { qgsn = false }, "AT+QGSN", { "ERROR" } },
  } do
    it("are reported by " .. case[2], function() assert.same(case[3], Dialogue.new(case[1]):lines(case[2])) end)
  end
end)
