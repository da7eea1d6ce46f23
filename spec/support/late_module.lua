--- An unreliable module behind a scripted port: it answers in order, but late, and some of its output is lost.
--
-- Every answer contains the number of its command (`+Q3: 17`, `+CME ERROR: 17`), so that one given
-- to another command is noticed. The true answer to each command is kept in `said`.
local ScriptedPort = require "support.scripted_port"

local Module = {}
Module.__index = Module

local UNASKED = { "RING", "+CREG: 1", "+CGREG: 5", "+PDP DEACT", '+QIND: "FOTA","UPDATING",2%', "Call Ready" }

--- @param random a `dfota.sim.random`
-- @param options `echo`; `early_echo` the echo comes when a command is received, not when it is processed
function Module.new(random, options)
  local self = setmetatable({ random = random, options = options, free_at = 0, said = {} }, Module)
  self.port = ScriptedPort.new(function(_, command) self:hear(command) end, { echo = false })
  return self
end

-- Mostly fast, often too late, and sometimes so late that more commands are queued behind it.
local function delay(random)
  local kind = random:integer(1, 10)
  if kind <= 6 then return random:integer(1, 20) / 1000 end
  return random:integer(50, kind <= 8 and 900 or 5000) / 1000
end

local function put(self, t, bytes)
  local random, port = self.random, self.port
  local after_s = t - port.t
  if #bytes < 2 or not random:chance(0.1) then return port:say(after_s, bytes) end
  local edge = random:integer(1, #bytes - 1)
  port:say(after_s, bytes:sub(1, edge))
  port:say(after_s, bytes:sub(edge + 1))
end

local function frame(text) return "\r\n" .. text .. "\r\n" end

-- Near the beginning, so that it is no longer the same line.
local function garbled(self, text)
  local i = self.random:integer(1, math.min(#text, 4))
  return text:sub(1, i - 1) .. "\127" .. text:sub(i + 1)
end

local function send_echo(self, command, now, begin)
  if not self.options.echo then return end
  local fate = self.random:integer(1, 30)
  if fate == 1 then return end
  put(self, self.options.early_echo and now or begin, (fate == 2 and garbled(self, command) or command) .. "\r")
end

local function unasked(self, t)
  if self.random:chance(0.15) then put(self, t, frame(UNASKED[self.random:integer(1, #UNASKED)])) end
end

-- Sends a line, or loses it.
local function say(self, t, text, chance)
  if self.random:chance(chance) then
    if self.random:chance(0.5) then put(self, t, frame(garbled(self, text))) end
    return false
  end
  put(self, t, frame(text))
  return true
end

-- The lines and the final result code of one command, by its name.
local function answer_to(self, command, number)
  local lines = {}
  for part in command:sub(3):gmatch("[^;]+") do
    local name = part:match("^%+(%u+%d*)%?$")
    if name then lines[#lines + 1] = name:find("^Q") and ("+%s: %d"):format(name, number) or ("+%s: 1"):format(name) end
  end
  local kind = command:find("^AT%+Q") and self.random:integer(1, 4) or 1
  if kind <= 2 then return lines, "ok", "OK" end
  if kind == 3 then return {}, "refused", "ERROR" end
  return {}, "cme", "+CME ERROR: " .. number
end

--- A command was received.
function Module:hear(command)
  local random, now = self.random, self.port.t
  local said = { command = command, number = #self.said + 1, lines = {} }
  self.said[said.number] = said
  if random:chance(0.02) then return end -- lost on its way to the module
  local begin = math.max(now, self.free_at)
  local done = begin + delay(random)
  self.free_at = done
  send_echo(self, command, now, begin)
  unasked(self, begin)
  local lines, kind, final = answer_to(self, command, said.number)
  for _, line in ipairs(lines) do
    if say(self, done, line, 0.03) then said.lines[#said.lines + 1] = line end
    unasked(self, done)
  end
  if say(self, done, final, 0.03) then said.kind, said.at = kind, done end
  unasked(self, done)
end

--- The answer to the last command of that text, if it was sent since command number `since`.
function Module:truth(command, since)
  for i = #self.said, since + 1, -1 do
    if self.said[i].command == command then return self.said[i] end
  end
end

return Module
