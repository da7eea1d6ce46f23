local Dialogue = require "support.dialogue"

local function count(text, what) return select(2, text:gsub(what:gsub("%p", "%%%0"), "")) end

local function update(spec, seconds)
  local talk = Dialogue.new(spec)
  talk:upload(talk:package())
  return talk:ask("AT+QFOTADL=1", seconds or 60), talk
end

local function revision(talk) return talk:ask("AT+CGMR"):match("Revision: (%w+)") end

describe("The old application after END,0", function()
  it("answers for a while, and then the new one starts", function()
    local answer, talk = update({ stale_s = 5 }, 7)
    assert.equal(1, count(answer, '"END",0'))
    assert.equal("MC65FAR01A01", revision(talk))
    assert.equal(1, count(talk:listen(10), "RDY"))
    assert.equal("B", revision(talk))
    assert.equal(1, talk.m.updates)
  end)

  it("is in the module's log with the revision that it was replaced by", function()
    local _, talk = update {}
    local logged
    for _, entry in ipairs(talk.m.log) do
      if entry.what == "updated" then logged = entry.detail end
    end
    assert.equal("B", logged)
  end)

  it("answers for a while, and then is silent until power is cycled, which ends the update", function()
    local _, talk = update { stale_s = 1, stale_then = "gone" }
    assert.equal("", talk:ask("AT", 100))
    assert.equal(0, talk.m.updates)
    talk.m:power(false, talk.t)
    talk.m:power(true, talk.t)
    talk.m.spec.stale_s = 0
    assert.equal(1, count(talk:listen(30), '"END",0'))
    assert.equal("B", revision(talk))
  end)
end)

describe("A boot loader that starts over", function()
  it("does so as often as set, from START and a low percentage on, and then succeeds", function()
    local answer, talk = update { restarts = 3, restart_percent = 14 }
    assert.equal(4, count(answer, '"START"'))
    assert.equal(3 * 7 + 50, count(answer, "UPDATING"))
    assert.equal(1, count(answer, '"END",0'))
    assert.equal("B", talk.m.revision)
  end)

  it("does so forever", function()
    local answer, talk = update({ restarts = "forever" }, 3600)
    assert.truthy(count(answer, '"START"') > 1000)
    assert.equal(0, count(answer, '"END"'))
    assert.equal("MC65FAR01A01", talk.m.revision)
  end)

  it("does so instead of reporting that it failed, if set", function()
    local answer = update({ fail = "end:6508", loader_fails = "again" }, 60)
    assert.truthy(count(answer, '"START"') > 10)
    assert.equal(0, count(answer, '"END"'))
  end)
end)

describe("A failure reported before any reboot", function()
  it("comes at the current rate, and the application continues", function()
    local talk = Dialogue.new { ipr = 0, fail = "end:6507", end_early = true }
    talk.m:line(9600)
    talk:ask("AT")
    talk:upload(talk:package())
    assert.same({ "OK", '+QIND: "FOTA","END",6507' }, talk:lines("AT+QFOTADL=1", 30))
    assert.equal("MC65FAR01A01", revision(talk))
  end)
end)

describe("The new firmware", function()
  it("may start at another rate", function()
    local _, talk = update { new_ipr = "9600" }
    assert.equal(9600, talk.m.rate)
    talk = select(2, update { new_ipr = "0" })
    assert.is_nil(talk.m.rate)
  end)

  it("may start with factory settings", function()
    local talk = select(2, update { profile_lost = true, cmee = 2, ifc = "2+2" })
    assert.equal("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n", talk:ask("AT+CMEE?"))
  end)
end)

describe("A rate that was never saved", function()
  it("is used at the start, and lost after a reboot", function()
    local talk = Dialogue.new { active_ipr = 115200, ipr = 9600 }
    assert.equal(115200, talk.m.rate)
    assert.same({ "+IPR: 115200", "OK" }, talk:lines("AT+IPR?"))
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal(9600, talk.m.rate)
  end)
end)
