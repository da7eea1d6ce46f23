local Channel = require "dfota.at.channel"
local Echo = require "dfota.at.echo"
local ScriptedPort = require "support.scripted_port"
local scripted = require "support.scripted"

local COMMANDS = { "AT", "ATI", "AT+CSQ", "AT+CMEE=1", 'AT+QFLST="*"', "AT+QFOTADL=1" }
local UNASKED = "\r\n+CREG: 1\r\n"

-- Feeds lines to the echo of a command; returns what each was taken for, "echo", "piece" or "other".
local function taken(command, lines)
  local echo, kinds = Echo.new(command), {}
  for i, line in ipairs(lines) do
    local found = echo:take(line)
    kinds[i] = found and "echo" or found == false and "piece" or "other"
  end
  return kinds, echo
end

describe("An echo", function()
  it("is the command itself", function()
    for _, command in ipairs(COMMANDS) do assert.same({ "echo" }, (taken(command, { command }))) end
  end)

  it("is recognised after one or two odd bytes, but not after more", function()
    for _, noise in ipairs { "\248", "x", "\0\248", "??" } do
      assert.same({ "echo" }, (taken("AT+CSQ", { noise .. "AT+CSQ" })))
    end
    assert.same({ "other", "other" }, (taken("AT+CSQ", { "xyzAT+CS", "Q" })))
    assert.same({ "other" }, (taken("AT", { "FORMAT" })))
    assert.same({ "other" }, (taken("ATI", { "xyzATI" })))
  end)

  it("is recognised after a few more bytes if it is long or they cannot be text", function()
    assert.same({ "echo" }, (taken("AT+CSQ", { "xyzAT+CSQ" })))
    for _, command in ipairs(COMMANDS) do
      for _, noise in ipairs { "\248\0\255", "a\248b", "\255\255\255\255", "\1234567\248" } do
        assert.same({ "echo" }, (taken(command, { noise .. command })))
      end
      assert.same({ "other" }, (taken(command, { ("\248"):rep(9) .. command })))
    end
  end)

  it("is recognised around other lines, wherever they split it, with or without noise in front", function()
    for _, command in ipairs(COMMANDS) do
      for edge = 1, #command - 1 do
        for _, noise in ipairs { "", "\248", "\0\248" } do
          local lines = { noise .. command:sub(1, edge), "+CREG: 1", "RING", command:sub(edge + 1) }
          assert.same({ "piece", "other", "other", "echo" }, (taken(command, lines)))
        end
      end
    end
  end)

  it("may be split more than once", function()
    assert.same({ "piece", "other", "piece", "other", "echo" },
      (taken("AT+CSQ", { "A", "RING", "T+C", "+CREG: 1", "SQ" })))
  end)

  it("returns an unsolicited line that directly follows the piece before it", function()
    local command = "AT+CGREG?"
    for edge = 1, #command - 1 do
      local echo = Echo.new(command)
      local found, unasked = echo:take(command:sub(1, edge) .. "+CREG: 1")
      assert.same({ false, "+CREG: 1" }, { found, unasked })
      assert.is_true(echo:take(command:sub(edge + 1)))
    end
  end)

  it("is recognised if such a line follows the whole of it, before its CR", function()
    local found, unasked = Echo.new("AT+CBC"):take("AT+CBC+CREG: 1")
    assert.same({ true, "+CREG: 1" }, { found, unasked })
    assert.is_nil((Echo.new("AT+CBC"):take("AT+CBC+XYZ: 1")))
  end)

  it("is never assembled from pieces that do not make up the whole command", function()
    for _, lines in ipairs {
      { "AT+C", "Q" }, { "AT+C", "CSQ" }, { "T+CSQ" }, { "AT+CSQ?" }, { "AT+CSQ: 1" }, { "+CSQ: 1,0" },
      { "AT+CS", "AT+CS" }, { "at+csq" }, { "AT+CSQ " }, { "AT+CS", "+CSQ: 25,0" },
    } do
      for _, kind in ipairs((taken("AT+CSQ", lines))) do assert.are_not.equal("echo", kind) end
    end
  end)

  it("starts over if the earlier pieces belonged to another echo", function()
    assert.same({ "piece", "piece", "other", "echo" }, (taken("AT+CSQ", { "AT", "AT+C", "RING", "SQ" })))
  end)

  it("returns its pieces if it is never completed", function()
    local _, echo = taken("AT+CSQ", { "AT+", "RING", "CS" })
    assert.same({ "AT+", "CS" }, echo:drop())
    assert.same({}, echo:drop())
    assert.is_nil(echo:take "Q")
  end)
end)

-- A port that echoes with something inside, as `cut` says, and answers.
local function port_with(cut, answers)
  return ScriptedPort.new(function(port, command)
    port:say(0, cut(command .. "\r"))
    port:say_lines(0, answers[command] or "OK")
  end, { echo = false })
end

local function cut_at(edge)
  return function(echo) return echo:sub(1, edge) .. UNASKED .. echo:sub(edge + 1) end
end

local unasked = scripted.unasked

describe("A command with an imperfect echo", function()
  local ANSWERS = { ["AT+CSQ"] = { "+CSQ: 25,0", "OK" }, ATI = { "X", "OK" } }

  it("is answered at once, with the unsolicited line passed on once and nothing of the echo", function()
    for edge = 0, 8 do
      local port = port_with(cut_at(edge), ANSWERS)
      local channel = Channel.new(port)
      for _, command in ipairs { "AT+CSQ", "ATI" } do
        local reply = assert(channel:command(command))
        assert.equal(ANSWERS[command][1], reply[1])
        assert.same({ "+CREG: 1" }, unasked(channel))
      end
      assert.is_true(port.t < 0.5)
      assert.is_true(channel.echo)
    end
  end)

  it("is not refused because of noise in front", function()
    local channel = Channel.new(port_with(function(echo) return "\248" .. echo end, ANSWERS))
    assert.equal("X", assert(channel:command "ATI")[1])
    assert.same({}, unasked(channel))
  end)

  it("does not keep the module from being found, nor its echo from being seen", function()
    for edge = 0, 3 do
      local port = port_with(cut_at(edge), ANSWERS)
      local channel = Channel.new(port)
      assert.is_true(assert(channel:sync { timeout_s = 5 }).answered)
      assert.is_true(channel.echo)
      assert.is_true(port.t < 0.5)
      assert.equal("+CREG: 1", unasked(channel)[1])
    end
  end)

  it("does not keep a fence from passing", function()
    for edge = 0, 12 do
      local slow = true
      local port = ScriptedPort.new(function(self, command)
        self:say(0, cut_at(edge)(command .. "\r"))
        local answer = {}
        for query in command:gmatch "%+%u+%?" do answer[#answer + 1] = query:gsub("%?", ": 1") end
        answer[#answer + 1] = "OK"
        self:say_lines(slow and 3 or 0, answer)
        slow = false
      end, { echo = false })
      local channel = Channel.new(port)
      assert.equal("timeout", select(2, channel:command("AT+CSQ", { timeout_s = 1 })).kind)
      assert(channel:fence(5))
      assert.is_nil(channel:pending())
      for _, line in ipairs(unasked(channel)) do assert.is_nil(line:find("AT", 1, true), line) end
    end
  end)

  it("is found to echo even if noise in front hid the first echo", function()
    local first = true
    local channel = Channel.new(port_with(function(echo)
      local noise = first and "\255\253x\255\254\252" or ""
      first = false
      return noise .. echo
    end, ANSWERS))
    assert(channel:sync { timeout_s = 5 })
    assert.is_true(channel.echo)
  end)

  it("drops the pieces of an echo that starts over or comes whole, and passes on the others as received", function()
    local echo = Echo.new "AT+CSQ"
    assert.same({ false, false, true, {} }, { echo:take "AT", echo:take "+C", (echo:take "SQ"), echo:drop() })
    assert.same({ false, false, true, {} }, { echo:take "AT+C", (echo:take "AT"), (echo:take "+CSQ"), echo:drop() })
    assert.same({ false, { "AT+C" } }, { (echo:take "AT+C"), echo:drop() })
    assert.same({ false, false, { "AT" } }, { (echo:take "AT+C"), (echo:take "AT"), echo:drop() })
    assert.same({ false, "+CREG: 1" }, { echo:take "AT+C+CREG: 1" })
    assert.same({ "AT+C" }, echo:drop())
    assert.same({ {}, nil }, { echo:drop(), (echo:take "RING") })
  end)

  it("is never answered by its own text if no echo was expected", function()
    local channel = Channel.new(port_with(function(echo) return echo end, ANSWERS))
    channel.echo = false
    local reply = assert(channel:command "ATI")
    assert.same({ "X" }, { table.unpack(reply) })
    assert.is_true(channel.echo)
  end)
end)
