local sim_card = require "dfota.modem.sim_card"

describe("The length of an MNC", function()
  for line, want in pairs {
    ['+CRSM: 144,0,"00000002"'] = 2, ["+CRSM: 144,0,00000003"] = 3, ['+CRSM:145,20,"00FFFF02"'] = 2,
    ['+CRSM: 144, 0, "0000000200"'] = 2, ['+CRSM: 144,0,"000000F3"'] = 3,
  } do
    it("is the low half of EF_AD's fourth byte: " .. line, function() assert.equal(want, sim_card.digits_in(line)) end)
  end

  for line, why in pairs {
    ["+CRSM: 148,4"] = "status words 94 04", ["+CRSM: 103,3"] = "status words 67 03",
    ['+CRSM: 144,0,"000000"'] = "no fourth byte", ["+CRSM: 144,0"] = "no fourth byte",
    ['+CRSM: 144,0,"00000000"'] = "says 0", ['+CRSM: 144,0,"0000000F"'] = "says 15", ["+CRSM: x"] = "cannot be read",
    [""] = "cannot be read", ['+CRSM: 144,0,"0000000G"'] = "no fourth byte", ["+CRSM: 99999,0"] = "status words",
  } do
    it(("is not known from %q"):format(line), function()
      local digits, reason = sim_card.digits_in(line)
      assert.is_nil(digits)
      assert.is_truthy(reason:find(why, 1, true), reason)
    end)
  end
end)

describe("An IMSI that is shown", function()
  it("names the network, and no subscriber", function()
    assert.equal("00101**********", sim_card.masked("001010123456789", 2))
    assert.equal("310260*********", sim_card.masked("310260123456789", 3))
    assert.equal("31026**********", sim_card.masked("310260123456789"))
  end)
end)
