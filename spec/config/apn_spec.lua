local apn = require "dfota.config.apn"
local folder = require "support.folder"
local DATABASE = require "support.providers"

describe("an APN", function()
  local dir, cleanup, database
  setup(function()
    dir, cleanup = folder.new()
    database = folder.write(dir .. "/providers.xml", DATABASE)
  end)
  teardown(function() cleanup() end)

  local function choose(imsi, own, path)
    return apn.choose { networks = apn.networks(imsi), table = own, database = path or database }
  end

  it("comes from the engineer's own table before any database", function()
    local own = { ["26201"] = { apn = "mine", user = "me", password = "pw", name = "My fleet" } }
    assert.same({ apn = "mine", user = "me", password = "pw", name = "My fleet", source = "apns.lua" },
      choose("262011234567890", own))
  end)

  it("comes from the database: of the network's owner, and for internet access", function()
    local expected = {
      apn = "web", user = "u", password = "p", name = "Host & Co", source = "mobile-broadband-provider-info",
    }
    assert.same(expected, choose "262011234567890")
    assert.same(expected, choose("262061234567890", {}))
  end)

  it("is looked up with a three-digit MNC before a two-digit one", function()
    assert.equal("three", choose("310260123456789").apn)
    assert.equal("two", choose("310261123456789").apn)
    local own = { ["310260"] = { apn = "six" }, ["31026"] = { apn = "five" } }
    assert.equal("six", choose("310260123456789", own).apn)
    assert.equal("five", choose("310261123456789", own).apn)
  end)

  it("is unknown for a network in neither, and for anything that is not an IMSI", function()
    for _, imsi in ipairs { "999991234567890", "262991234567890", "", "26201", "26201x1234567890", ("2"):rep(16) } do
      assert.is_nil(choose(imsi))
    end
    assert.is_nil(choose(nil))
  end)

  it("is unknown if the database is missing, damaged or not XML", function()
    assert.is_nil(choose("262011234567890", nil, dir .. "/none.xml"))
    assert.is_nil(choose("262011234567890", nil, dir))
    assert.is_nil(choose("262011234567890", nil, folder.write(dir .. "/x", "\0\1<<<")))
    assert.is_nil(choose("262011234567890", nil, folder.write(dir .. "/y", DATABASE:sub(1, 200))))
    assert.is_nil(apn.choose { networks = { "26201" }, database = false })
  end)

  it("can be sent for every entry of the table that comes with the scripts", function()
    for network, entry in pairs(dofile "scripts/apns.lua") do
      assert.matches("^%d%d%d%d%d%d?$", network)
      assert.truthy(apn.check(entry.apn, entry.user, entry.password))
    end
  end)

  it("that is wrong in the engineer's table is reported as an error in the table", function()
    local wrong = { {}, 5, "internet", { apn = 5 }, { apn = "" }, { apn = 'a"b' }, { apn = "a", user = "\r" },
      { apn = "a", pasword = "p" }, { apn = "a", name = 5 } }
    for _, entry in ipairs(wrong) do
      local ok, err = pcall(choose, "262011234567890", { ["26201"] = entry })
      assert.is_false(ok)
      assert.equal("settings", err.kind)
      assert.matches("^scripts/apns.lua: 26201: ", err.message)
    end
  end)

  it("table is checked completely before it is used", function()
    local good = { apn = "a" }
    for _, own in ipairs { { [26201] = good }, { ["262"] = good }, { good }, { ["26201"] = 5 } } do
      local ok, err = pcall(apn.check_table, own)
      assert.is_false(ok)
      assert.equal("settings", err.kind)
    end
    apn.check_table { ["26201"] = { apn = "a", user = "u", password = "p", name = "n" } }
  end)

  it("that cannot be sent is not taken from the database", function()
    local damaged = DATABASE:gsub('value="web"', 'value="w&quot;b"')
    assert.equal("second", choose("262061234567890", nil, folder.write(dir .. "/damaged.xml", damaged)).apn)
  end)

  it("has candidates from the table and the database, each once, with their source", function()
    local own = { ["26201"] = { apn = "second", name = "ours" } }
    local found = apn.candidates { networks = { "26201" }, table = own, database = database }
    local told = {}
    for i, one in ipairs(found) do told[i] = ("%s, %s, %s"):format(one.apn, one.name, one.source) end
    assert.same({ "second, ours, apns.lua", "web, Host & Co, mobile-broadband-provider-info",
      "guest, Guest, mobile-broadband-provider-info" }, told)
  end)

  it("is looked up for one network alone where the length of the MNC is known", function()
    assert.same({ "310260" }, apn.networks("310260123456789", 3))
    assert.same({ "31026" }, apn.networks("310260123456789", 2))
    assert.same({ "310260", "31026" }, apn.networks "310260123456789")
  end)

  it("is valid as long as it fits into a command", function()
    for _, good in ipairs {
      { "CMNET" }, { "internet.example.com", "user", "p,w;d =?'\\" }, { ("a"):rep(100), ("u"):rep(32), ("p"):rep(32) },
      { "a", "", "" }, {}, { nil, "user" },
    } do
      assert.is_true((apn.check(good[1], good[2], good[3])))
    end
  end)

  local secret = "s3cr3t"
  local bad = {
    { "a\r" }, { "a\n" }, { 'a"b' }, { "a\0b" }, { "a\127" }, { "caf\u{E9}" }, { "a\x1A" }, { "\xFF" }, { "" },
    { "a\tb" },
    { ("a"):rep(101) }, { "a", ("u"):rep(33) }, { "a", 'u"' }, { "a", "u\r\nAT+QPOWD=1" }, { "a", "u", ("p"):rep(33) },
    { "a", "u", secret .. '"' }, { "a", "u", secret .. "\r" }, { "a", "u", secret .. "\u{20AC}" }, { 5 }, { "a", true },
  }
  for i, case in ipairs(bad) do
    it(("that cannot be sent is refused without showing the password: case %d"):format(i), function()
      local ok, err = apn.check(case[1], case[2], case[3])
      assert.is_nil(ok)
      assert.equal("usage", err.kind)
      assert.is_nil(err.message:find("%c"))
      assert.is_nil(err.message:find(secret, 1, true))
    end)
  end
end)

describe("the APN of a request", function()
  local OWN = { ["00101"] = { apn = "internet", user = "u", password = "p", name = "Test" } }

  it("has the user and the password that are named, whoever names the APN", function()
    local named = { apn = "net", user = "a", password = "b" }
    assert.same(named, apn.requested(named))
    assert.same({ apn = "internet", user = "a", password = "p" },
      apn.requested({ apn = "auto", user = "a" }, { "00101" }, OWN))
  end)

  it("tells whose it is where the SIM decides", function()
    assert.equal("APN internet of Test (apns.lua)",
      select(2, apn.requested({ apn = "auto" }, { "00101" }, OWN)))
    assert.same({ nil, "usage" }, { (apn.requested({ apn = "auto" }, nil, OWN)),
      select(2, apn.requested({ apn = "auto" }, nil, OWN)).kind })
  end)
end)
