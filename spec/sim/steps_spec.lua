local Steps = require "dfota.sim.steps"
local core = require "dfota.core"
local digest = require "openssl.digest"

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function advanced(steps, t)
  steps:advance(t, function() end)
  return steps:output()
end

describe("The steps of an answer", function()
  it("are done in their order, with their pauses", function()
    local steps = Steps.new {}
    steps:begin { t = 1, command = "AT", steps = { { echo = true }, { pause_s = 0.5 }, { say = "A" }, { pause_s = 1 },
      { say = "B" } } }
    assert.equal(1, steps:next_time())
    assert.equal("AT\r", advanced(steps, 1.4))
    assert.equal(1.5, steps:next_time())
    assert.equal("A", advanced(steps, 1.6))
    assert.equal("B", advanced(steps, 9))
    assert.is_nil(steps:next_time())
    assert.equal(2.5, steps.said_t)
  end)

  it("of two answers are told by time, and of two at the same time the older first", function()
    local steps = Steps.new {}
    steps:begin { t = 1, steps = { { pause_s = 1 }, { say = "late" } } }
    steps:begin { t = 1, steps = { { say = "early " }, { pause_s = 1 }, { say = "last" } } }
    assert.equal("early late" .. "last", advanced(steps, 5))
  end)

  it("have pauses that are shorter by the speed, and none if it has no end", function()
    local steps = Steps.new { speed = 10 }
    steps:begin { t = 0, steps = { { pause_s = 5 }, { say = "x" } } }
    assert.equal(0.5, steps:next_time())
    steps = Steps.new { speed = math.huge }
    steps:begin { t = 0, steps = { { pause_s = 5 }, { say = "x" } } }
    assert.equal(0, steps:next_time())
  end)

  it("hold up later answers until their first word, unless they are free", function()
    local steps = Steps.new {}
    steps:begin { t = 0, free = true, steps = { { pause_s = 5 }, { say = "x" } } }
    assert.equal(0, steps.busy_until)
    steps:begin { t = 0, steps = { { pause_s = 3 }, { say = "x" }, { pause_s = 3 }, { say = "y" } } }
    assert.equal(3, steps.busy_until)
  end)

  it("wait for data, at each place and to its end, and give back what is none", function()
    local steps = Steps.new {}
    steps:begin { t = 0, steps = { { data = 5 }, { at = 3 }, { say = "A" }, { at = 5 }, { result = "%d,%X" } } }
    assert.equal("", advanced(steps, 0))
    assert.is_true(steps:takes_data "ab")
    assert.equal("", steps:take_data("ab", 1))
    assert.is_nil(steps:next_time())
    steps:take_data("c", 2)
    assert.equal("A", advanced(steps, 2))
    assert.equal("AT\r", steps:take_data("deAT\r", 3))
    assert.equal(("5,%X"):format(core.sum16 "abcde"), advanced(steps, 3))
    assert.is_false(steps:takes_data "AT\r")
  end)

  it("let an upload go that was broken off: at a command, or at the escape sequence", function()
    for last, data in pairs { ["AT\r"] = true, ["+++"] = true } do
      local steps = Steps.new {}
      steps:begin { t = 0, steps = { { data = 2, open = data } } }
      steps:advance(0, function() end)
      assert.is_true(steps:takes_data "abc")
      assert.equal("", steps:take_data("abc", 1))
      assert.is_true(steps:takes_data "more")
      assert.is_false(steps:takes_data(last))
    end
  end)

  it("tell if other data came, by its hash", function()
    local told = {}
    for _, bytes in ipairs { "abc", "abd" } do
      local steps = Steps.new({}, function(...) told[#told + 1] = { ... } end)
      steps:begin { t = 0, steps = { { data = 3, sha256 = hex(digest.new("sha256"):final "abc") } } }
      steps:advance(0, function() end)
      steps:take_data(bytes, 7)
    end
    assert.same({ { hex(digest.new("sha256"):final "abd"), hex(digest.new("sha256"):final "abc"), 7 } }, told)
  end)

  it("confirm other data with its own checksum if any will do, and else as recorded", function()
    for any, sum in pairs { [true] = ("%X"):format(core.sum16 "abd"), [false] = "AE93" } do
      local steps = Steps.new { any_package = any }
      steps:begin { t = 0, steps = {
        { data = 3, sha256 = ("ab"):rep(32) }, { at = 3 }, { say = "+QFUPL: 3,AE93\r\n" } } }
      steps:advance(0, function() end)
      steps:take_data("abd", 1)
      assert.equal("+QFUPL: 3," .. sum .. "\r\n", advanced(steps, 1))
    end
  end)

  it("put a command's secrets where its masked echo has stars, however many they were", function()
    local steps = Steps.new {}
    steps:begin { t = 0, command = "AT+X=1,secret", steps = {
      { say = "\xF8X=**", secret = 6 }, { say = "*\r\n+CREG: 1\r\n**\r", secret = 6 }, { say = "*" } } }
    assert.equal("\xF8X=1,s\r\n+CREG: 1\r\necret\r*", advanced(steps, 1))
  end)

  it("tell the reboot, and which entry still has something to say", function()
    local steps, reboots, entry = Steps.new {}, 0, {}
    steps:begin { t = 0, entry = entry, steps = { { reboot = true }, { pause_s = 1 }, { say = "RDY" } } }
    steps:advance(0.5, function() reboots = reboots + 1 end)
    assert.is_true(steps:waits(entry))
    steps:advance(1, function() reboots = reboots + 1 end)
    assert.same({ 1, false }, { reboots, steps:waits(entry) })
    steps:begin { t = 1, entry = entry, steps = {} }
    assert.is_false(steps:waits(entry))
  end)
end)
