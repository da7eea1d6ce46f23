local queries = require "dfota.update.queries"

describe("A query", function()
  for _, command in ipairs {
    "AT", "at", "ATI", "ati", "AT I", "AT+CSQ", "at+csq", "AT+CBC", "AT+GSN", "AT+CGMR", "AT+CIMI", "AT+QCCID",
    "AT+CREG?", "AT+CREG=?", "AT+ CREG ?", "AT+QFOTADL=?", "AT+CMEE?;+IPR?", "AT+CSQ;+CMEE?", 'AT+QFLDS="UFS"',
    'AT+QFLST="fota.pack"', "AT+QFLST", "AT+QISTAT", "AT+QILOCIP", 'AT+QFLST="a;b"',
  } do
    it("is known: " .. command, function() assert.is_true(queries.is_query(command)) end)
  end

  for _, command in ipairs {
    "", "ATE0", "ATV0", "ATZ", "AT&F", "AT&W", "AT+CMEE=1", "AT+CMEE?;+CMEE=1", "AT+CMEE?;E0", "AT+CSQ;", "AT;;",
    'AT+QFDEL="fota.pack"', "AT+QFOTADL=1", 'AT+CSQ="x"', "AT+CSQ\rATE0", "AT+CSQ?\n", "A/", "+++", "ATD112;",
    'AT+QFLST="a";+QFDEL="a"', 'AT+QFLDS="UFS', "AT+QPOWD=1", "AT+QFUPL=?1", "ATI;&W", "AT+CFUN=1?",
  } do
    it("is not: " .. ("%q"):format(command), function() assert.is_false(queries.is_query(command)) end)
  end

  it("is compared without blanks and in upper case, except for quoted strings", function()
    assert.equal('AT+QFLST="a b"', queries.normal 'at +qflst = "a b"')
  end)
end)
