local kit = require "support.kit"

describe("apn.lua", function()
  for _, profile in ipairs { "default", "rda" } do
    local function play(args, more)
      local spec = { profile = profile, apn = "internet" }
      for name, value in pairs(more or {}) do spec[name] = value end
      return kit.play("apn", args, spec)
    end

    describe("on a module of profile " .. profile, function()
      it("shows what is configured, the home network, and what is known for it, and changes nothing", function()
        local done = play {}
        local facts = done.events.facts
        assert.equal(0, done.rc)
        assert.same({ "CMNET", false, "IP INITIAL", "00101**********", 2, "EF_AD" }, { facts.apn, facts.has_password,
          facts.state, facts.imsi, facts.mnc_digits, facts.mnc_source })
        assert.same({ { apn = "internet", has_password = false, name = "test network", source = "apns.lua" } },
          facts.candidates)
        for _, sent in ipairs(done.host.sent) do assert.is_nil(sent:find "=[^?]*$" and not sent:find "CRSM" or nil) end
      end)

      it("tries an APN and puts it down again", function()
        for _, name in ipairs { "internet", "auto" } do
          local done = play { "--try", name }
          assert.equal(0, done.rc)
          assert.matches("internet works: the network gave the address 10%.61%.2%.17", done.result.message)
          assert.same({ "IP INITIAL", "CMNET" }, { done.m.pdp.state, done.m.pdp.apn })
        end
      end)

      it("says that one does not work, and puts that down, too", function()
        local done = play { "--try", "wrong" }
        assert.equal(75, done.rc)
        assert.same({ "IP INITIAL", "CMNET" }, { done.m.pdp.state, done.m.pdp.apn })
        assert.equal(1, done.host:count "AT+QIACT")
      end)
    end)
  end

  it("tries what the module has configured", function()
    local done = kit.play("apn", { "--try", "module" }, {})
    assert.equal(0, done.rc)
    assert.equal(0, done.host:count 'AT+QICSGP=1,"module"')
  end)

  it("shows no number of the SIM and no password to anybody", function()
    local function secret(host)
      host.m.pdp.apn, host.m.pdp.user, host.m.pdp.password = "own", "me", "hush"
    end
    for _, args in ipairs { {}, { "--try", "auto", "--user", "u", "--password", "hush" } } do
      local done = kit.play("apn", args, {}, secret)
      assert.equal(0, done.rc)
      for _, text in ipairs { done.json, done.text } do
        assert.is_nil(text:find("001010123456789", 1, true))
        assert.is_nil(text:find("hush", 1, true))
      end
    end
  end)

  it("shows no password that the module repeats in an error", function()
    local done = kit.play("apn", { "--try", "net.example", "--password", "s3cretpw", "-vv" },
      { apn = "net.example", reply = "QIACT:+CME ERROR: bad s3cretpw" })
    assert.equal(75, done.rc)
    for _, text in ipairs { done.json, done.text } do
      assert.truthy(text:find("+CME ERROR: bad ****", 1, true))
      assert.is_nil(text:find("s3cretpw", 1, true))
    end
  end)

  it("says where the length of the MNC is not known", function()
    local done = kit.play("apn", {}, { ef_ad = "none" })
    assert.equal(0, done.rc)
    assert.is_truthy(done.text:find("001-010 or 001-01", 1, true))
    assert.is_truthy(done.text:find("status words 94 04", 1, true))
  end)

  it("does not put a context down that is in use", function()
    local done = kit.play("apn", { "--try", "internet" }, { busy_context = "0" })
    assert.equal(84, done.rc)
    assert.equal("IP GPRSACT", done.m.pdp.state)
  end)

  it("refuses a bad call in one line, before the port is opened", function()
    for _, args in ipairs {
      { "--try", 'a"b' }, { "--try", "" }, { "--user", "u" }, { "--try", "module", "--user", "u" },
      { "--try", "a", "--password", "@/none" }, { "internet" },
    } do
      local done = kit.play("apn", args, {})
      assert.equal(2, done.rc, table.concat(args, " "))
      assert.same({}, done.host.opened)
    end
  end)
end)
