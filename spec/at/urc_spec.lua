local urc = require "dfota.at.urc"

describe("A URC", function()
  it("is recognised in every spelling of the manuals", function()
    for _, line in ipairs {
      "RDY", "RDY ", "+CFUN: 1", "+CFUN:1", "+CPIN: READY", "+CPIN:READY", "+CPIN: NOT INSERTED", "Call Ready",
      "SMS Ready",
      '+QIND: "FOTA","START"', "+PDP DEACT", "+CREG: 1", "+CREG:2", '+CGREG: 1,"00C3","1A2B"', "RING",
      "Init...", "^CINIT: 8, 2048, 1", "+CIEV: service,  1", "^STN: 1", "DST: 1",
      '+CTZV: 20/11/23,04:12:41+08', '+CMTI: "SM",1',
      '+CIEV: "Charging",100%', "UNDER_VOLTAGE WARNING ", "OVER_VOLTAGE POWER DOWN ", "NORMAL POWER DOWN",
    } do
      assert.is_true(urc.is_known(line), line)
    end
  end)

  it("is not confused with replies", function()
    for _, line in ipairs {
      "", "OK", "RDYX", "Quectel_MC65", "Revision: MC65FAR01A01", "861234567890127", "+CSQ: 25,0", "+QFUPL: 3,1",
      "RINGS", "+CREGX: 1", "Call Ready now", "STATE: IP INITIAL", " RDY",
    } do
      assert.is_false(urc.is_known(line), line)
    end
  end)
end)

describe("A boot", function()
  it("is indicated by RDY, full function, Call Ready and SMS Ready", function()
    for _, line in ipairs {
      "RDY", "+CFUN: 1", "+CFUN:1 ", "Call Ready", "SMS Ready ", "Init...", "Init... ", "^CINIT: 1, 0, 0",
    } do
      assert.is_true(urc.is_boot(line), line)
    end
    for _, line in ipairs { "+CFUN: 0", "+CFUN: 4", "+CFUN: 1,0", "+CPIN: READY", "READY", "+CREG: 1", "DST: 1",
      "+CIEV: service,  1", "^STN: 1", "+CTZV: +8", "Init....", "Initialised" } do
      assert.is_false(urc.is_boot(line), line)
    end
  end)
end)

describe("A failing supply", function()
  it("is indicated by the lines of the manual, with or without a trailing space", function()
    for _, line in ipairs {
      "UNDER_VOLTAGE WARNING", "UNDER_VOLTAGE WARNING ", "UNDER_VOLTAGE POWER DOWN", "UNDER_VOLTAGE POWER DOWN ",
      "OVER_VOLTAGE POWER DOWN ", "NORMAL POWER DOWN",
    } do
      assert.is_true(urc.is_power(line), line)
    end
    assert.is_false(urc.is_power "VOLTAGE OK")
  end)
end)

describe("A line about the update", function()
  it("begins with +QIND and FOTA, whatever the spaces", function()
    assert.is_true(urc.is_fota '+QIND: "FOTA","START"')
    assert.is_true(urc.is_fota '+QIND:"FOTA", "END", 0')
    assert.is_false(urc.is_fota '+QIND: "SMS DONE"')
    assert.is_false(urc.is_fota 'x+QIND: "FOTA","START"')
  end)
end)
