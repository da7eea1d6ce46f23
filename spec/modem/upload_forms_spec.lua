local Forms = require "dfota.modem.upload_forms"
local core = require "dfota.core"

local ACK, PLAIN, BARE = 'AT+QFUPL="f",9,60,1', 'AT+QFUPL="f",9,60,0', 'AT+QFUPL="f",9'

describe("The form of an upload's command", function()
  local function command(forms) return forms:command("f", 9, 60) end

  -- First with acknowledgements, only form, the reason against the form each time; the commands in order.
  for name, case in pairs {
    ["that the module never acknowledges"] = { true, false, { "no_ack" }, { ACK, PLAIN } },
    ["that the module does not accept"] = { true, false, { "parameters", "parameters" }, { ACK, PLAIN, BARE } },
    ["that stalls in either mode"] = { true, false, { "no_ack", "stalled" }, { ACK, PLAIN, BARE } },
    ["that stalled once, but was acknowledged"] = { true, false, { "stalled" }, { ACK, ACK } },
    ["that stalled once, with flow control"] = { false, false, { "stalled", "no_ack" }, { PLAIN, PLAIN, PLAIN } },
    ["that failed otherwise"] = { true, false, { false, false }, { ACK, ACK, ACK } },
    ["without acknowledgements that the module does not accept"] = { false, false, { "parameters" }, { PLAIN, BARE } },
    ["without acknowledgements that stalled"] = { true, false, { "no_ack", "no_ack", "stalled" },
      { ACK, PLAIN, BARE, BARE } },
    ["that is the only one"] = { true, true, { "no_ack", "parameters" }, { ACK, ACK, ACK } },
    ["that is the last"] = { false, false, { "parameters", "parameters", "no_ack" }, { PLAIN, BARE, BARE, BARE } },
  } do
    it("is the right one after one " .. name, function()
      local forms = Forms.new(case[1], case[2])
      local seen = { command(forms) }
      for _, reason in ipairs(case[3]) do
        forms:advance(reason or nil)
        seen[#seen + 1] = command(forms)
      end
      assert.same(case[4], seen)
      assert.equal(seen[#seen] == ACK, forms:ack())
    end)
  end

  it("is reported if it failed", function()
    local forms = Forms.new(true, false)
    assert.is_nil(forms:tried())
    forms:advance "stalled"
    assert.is_nil(forms:tried())
    forms:advance "no_ack"
    assert.equal("with acknowledgements", forms:tried())
    forms:advance "parameters"
    forms:advance "parameters"
    assert.equal("with acknowledgements, without acknowledgements, with the size only", forms:tried())
  end)

  -- Kind and code of the error, whether it came instead of CONNECT.
  for _, case in ipairs {
    { "no_ack", nil, false, "no_ack" }, { "stalled", nil, false, "stalled" }, { "cme", 3765, true, "parameters" },
    { "cme", 4013, true, "parameters" }, { "cme", 53, true, "parameters" }, { "refused", nil, true, "parameters" },
    { "cme", nil, true, "parameters" }, { "cme", 3765, false, nil }, { "refused", nil, false, nil },
    { "cme", 4008, true, nil }, { "timeout", nil, true, nil }, { "upload", nil, false, nil },
    { "power", nil, true, nil },
  } do
    it(("is ruled out by %s %s %s CONNECT: %s"):format(case[1], case[2] or "", case[3] and "instead of" or "after",
      case[4] or "no"), function()
      assert.equal(case[4], Forms.reason(core.error(case[1], "x", case[2]), case[3]))
    end)
  end
end)
