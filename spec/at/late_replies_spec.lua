local Channel = require "dfota.at.channel"
local LateModule = require "support.late_module"
local Random = require "dfota.sim.random"

local SCHEDULES = 3000
local COMMANDS = 6 -- in each

local commands = {
  { "AT+Q1?", expect = "+Q1:" },
  { "AT+Q1?", expect = "+Q1:" },
  { "AT+Q2?", expect = { "+Q2:", "+QX:" } },
  { "AT+Q3?", expect = "+Q3:" },
  { "AT+Q4?" },
  { "AT+Q5=1" },
}

local function tagged(reply)
  local lines = {}
  for _, line in ipairs(reply) do
    if line:find("^%+Q%d: %d+$") then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

-- Is this what the module really sent in reply to this very command, and by now?
local function is_own(truth, reply, err, now)
  if not reply and err.kind == "timeout" then return true end
  if not (truth and truth.at and truth.at <= now) then return false end
  if reply then return truth.kind == "ok" and tagged(reply) == table.concat(truth.lines, "\n") end
  return truth.kind == err.kind and (err.kind ~= "cme" or err.code == truth.number)
end

local function pause(random, channel)
  local kind = random:integer(1, 4)
  if kind == 1 then
    channel:quiet(random:integer(1, 300) / 1000)
  elseif kind == 2 then
    channel:listen(random:integer(1, 2000) / 1000)
  end
end

local function schedule(seed, options, count)
  local random = Random.new(seed)
  local module = LateModule.new(random, options)
  local channel = Channel.new(module.port)
  channel.echo = options.echo
  if options.break_channel then options.break_channel(channel) end
  for _ = 1, COMMANDS do
    local command = commands[random:integer(1, #commands)]
    local since = #module.said
    local reply, err = channel:command(command[1], {
      expect = command.expect, timeout_s = random:integer(100, 900) / 1000,
    })
    local own = is_own(module:truth(command[1], since), reply, err, module.port.t)
    count.commands = count.commands + 1
    count.wrong = count.wrong + (own and 0 or 1)
    if not reply and err.kind == "timeout" then count.timeouts = count.timeouts + 1 end
    if not own then count.example = count.example or seed end
    pause(random, channel)
  end
end

local function run(first, last, options)
  local count = { commands = 0, wrong = 0, timeouts = 0 }
  for seed = first, last do
    options.early_echo = seed % 2 == 0
    schedule(seed, options, count)
  end
  return count
end

local function tell(what, schedules, count)
  print(("late replies, %s: %d schedules, %d commands, %d answered, %d timed out, %d replies to the wrong command%s")
    :format(what, schedules, count.commands, count.commands - count.timeouts, count.timeouts, count.wrong,
      count.example and " (first: seed " .. count.example .. ")" or ""))
end

describe("A command that timed out", function()
  it("never has its late reply given to another command, with the echo on", function()
    local count = run(1, SCHEDULES, { echo = true })
    tell("echo on", SCHEDULES, count)
    assert.equal(0, count.wrong)
    assert.is_true(count.timeouts > SCHEDULES and count.commands - count.timeouts > SCHEDULES)
  end)

  it("never has its late reply given to another command, with the echo off", function()
    local count = run(1, SCHEDULES // 4, { echo = false })
    tell("echo off", SCHEDULES // 4, count)
    assert.equal(0, count.wrong)
  end)

  it("would lose its reply to others if the channel forgot what is pending", function()
    local count = run(1, 200, { echo = false, break_channel = function(channel)
      channel.fence = function() return true end
    end })
    assert.is_true(count.wrong > 0)
  end)
end)
