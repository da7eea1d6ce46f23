local Dialogue = require "support.dialogue"
local Package = require "dfota.sim.package"
local Options = require "dfota.sim.options"
local profiles = require "dfota.sim.profiles"

local function rda(some)
  local spec = { profile = "rda", echo_chatter = 0 }
  for name, value in pairs(some or {}) do spec[name] = value end
  return Dialogue.new(spec)
end

describe("The profile rda of the simulated module", function()
  it("sets existing switches to valid values, and is overridden by other switches", function()
    for _, profile in pairs(profiles) do assert.truthy(Options.new(profile)) end
    assert.equal(31, assert(Options.parse("profile=rda")).name_limit)
    assert.equal(7, assert(Options.parse("name_limit=7,profile=rda")).name_limit)
    assert.is_nil(Options.parse("profile=none"))
  end)

  local answers = {
    ["AT+QFLDS=\"UFS\""] = { "+QFLDS: 417792,417792", "OK" },
    ["ATI"] = { "Quectel_Ltd", "Quectel_MC65", "MC65FAR01A01", "OK" },
    ["AT+CGMR"] = { "MC65FAR01A01", "OK" },
    ["AT+CBC"] = { "+CBC: 1, 100", "OK" },
    ["AT+CPIN?"] = { "+CPIN:READY", "OK" },
    ["AT+CMEE?"] = { "+CMEE: 1", "OK" },
    ["AT+IFC?"] = { "+IFC: 0,0", "OK" },
    ["AT+IPR?"] = { "+IPR: 115200", "OK" },
    ["AT+IPR=1200"] = { "+CME ERROR:53" },
    ["AT+IPR=921600"] = { "OK" },
    ["AT+NONE"] = { "+CME ERROR:58" },
    ["AT+GSN?"] = { "+CME ERROR:49" },
    ["AT+QILOCIP"] = { "+CME ERROR:50" },
    ['AT+QFUPL="' .. ("n"):rep(32) .. '",5'] = { "+CME ERROR:3920" },
    ['AT+QFUPL="' .. ("n"):rep(31) .. '",5'] = { "CONNECT" },
  }
  for command, expected in pairs(answers) do
    it("answers " .. command, function() assert.same(expected, rda():lines(command)) end)
  end

  it("accepts 5 KiB of a command line, and silently truncates the rest", function()
    assert.same({ "OK" }, rda():lines("AT" .. (" "):rep(5118)))
    assert.same({ "+CSQ: 25,0", "OK" }, rda():lines("AT" .. (" "):rep(5114) .. "+CSQ+NONE"))
  end)

  it("ends a command that takes 40 s with COMMAND NO RESPONSE!, and answers the next", function()
    local talk = rda { slow = "CSQ:50" }
    assert.equal("", talk:ask("AT+CSQ", 39.9))
    assert.equal("\r\nCOMMAND NO RESPONSE!\r\n", talk:listen(0.2))
    assert.same({ "OK" }, talk:lines("AT", 20))
  end)

  it("refuses a damaged package, one for another revision and one without RDAOTA01 at the command", function()
    local function refusal(package)
      local talk = rda()
      talk:upload(package)
      return talk:lines("AT+QFOTADL=1", 5)
    end
    local good = assert(Package.make("MC65FAR01A01", "B", 1500))
    for _, package in ipairs {
      good:sub(1, -2) .. "x", assert(Package.make("C", "B", 1500)),
      assert(Package.make("MC65FAR01A01", "B", 1500, 1, { magic = false })),
    } do
      assert.same({ "+CME ERROR:6507" }, refusal(package))
    end
    assert.same({ "OK" }, refusal(good))
  end)

  it("updates silently, and starts with the boot text of its family", function()
    local talk = rda()
    local lines = talk:update(30)
    assert.equal("OK", lines[1])
    assert.equal("Init...", lines[2])
    assert.truthy(table.concat(lines, "\n"):find("^CINIT: 8, 2048, 1\n^STN: 37\nDST: 1\n+CTZV: ", 1, true))
    assert.same({ "B", "OK" }, talk:lines("AT+CGMR"))
  end)

  it("retries forever what does not work", function()
    local talk = rda { fail = "end:6508", lost = "" }
    talk:upload(talk:package())
    assert.truthy(select(2, talk:ask("AT+QFOTADL=1", 300):gsub('"START"', "")) > 10)
    assert.equal("MC65FAR01A01", talk.m.revision)
  end)
end)
