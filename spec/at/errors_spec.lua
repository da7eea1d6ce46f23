local errors = require "dfota.at.errors"

local PORT = { name = function() return "/dev/ttyS9" end }

local function cme(code) return errors.refused(PORT, "AT+CPIN?", "cme", code, "+CME ERROR: x") end

describe("A refusal", function()
  it("names the port and the command, and nothing after the = that may be secret", function()
    local err = errors.refused(PORT, 'AT+QICSGP=1,"a","u","secret"', "error", nil, "ERROR")
    assert.equal("/dev/ttyS9: AT+QICSGP= was answered with ERROR", err.message)
    assert.equal("refused", err.kind)
  end)

  it("keeps the number or text that the module sent", function()
    assert.same({ "cme", 10 }, { cme(10).kind, cme(10).code })
    assert.same({ "SIM not inserted" }, { cme("SIM not inserted").text, cme("SIM not inserted").code })
    assert.is_nil(cme(10).text)
    assert.equal("cms", errors.refused(PORT, "AT+CMGS", "cms", 500, "+CMS ERROR: 500").kind)
  end)

  it("is transient if the module reports busy or not ready, as a number or as text in either case", function()
    for _, code in ipairs { 14, 3515, 3517, "SIM busy", "ps busy", "SMS NOT READY" } do
      assert.is_true(cme(code).transient, tostring(code))
    end
    for _, code in ipairs { 13, 15, 3514, 3516, 3518, 10, "14", "SIM not inserted", "busy" } do
      assert.is_nil(cme(code).transient, tostring(code))
    end
  end)

  it("is not transient unless it is a CME error, whatever its number", function()
    assert.is_nil(errors.refused(PORT, "AT+CMGS", "cms", 14, "+CMS ERROR: 14").transient)
  end)

  it("shows whether nothing in the module handled the command", function()
    assert.is_true(errors.refused(PORT, "ATI", "no_response", nil, "COMMAND NO RESPONSE!").unanswered)
    assert.is_nil(errors.refused(PORT, "ATI", "error", nil, "ERROR").unanswered)
  end)
end)

describe("A failure", function()
  it("is either the module's own refusal, or means that there was no answer", function()
    for _, kind in ipairs { "refused", "cme" } do assert.is_true(errors.is_no { kind = kind }) end
    for _, kind in ipairs { "timeout", "hangup", "interrupted", "cms" } do
      assert.is_false(errors.is_no { kind = kind })
    end
  end)

  it("of the package file differs from one of the port: missing, or shorter than before", function()
    assert.equal("package_missing", errors.of_source({ code = 5, message = "x" }).kind)
    local shorter = errors.of_source { message = "x" }
    assert.equal("package", shorter.kind)
    assert.matches("^x: the package changed while it was uploaded; make sure", shorter.message)
  end)

  it("says which part of an answer is missing, and how long the wait was", function()
    assert.equal("/dev/ttyS9: no echo to ATI within 0.3 s", errors.timed_out(PORT, "ATI", 0.3, "echo").message)
    assert.equal("timeout", errors.still_pending(PORT, "ATI", 5).kind)
    assert.is_true(errors.unreadable(PORT, "AT+CSQ", "a number").transient)
  end)

  it("is a failing supply or a reboot, reported in place of an answer", function()
    assert.equal("power", errors.broken_off(PORT, "ATI", "NORMAL POWER DOWN").kind)
    assert.equal("/dev/ttyS9: the module reported UNDER_VOLTAGE POWER DOWN during ATI",
      errors.broken_off(PORT, "ATI", "UNDER_VOLTAGE POWER DOWN ").message)
    assert.equal("reboot", errors.broken_off(PORT, "ATI", "RDY").kind)
    for _, line in ipairs { "RDYX", "RING", "+CREG: 1", "" } do
      assert.is_nil(errors.broken_off(PORT, "ATI", line), line)
    end
  end)
end)
