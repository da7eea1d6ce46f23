--- A module that answers with lines printed by real ones: plays the files in spec/transcripts (their format is
-- in INDEX.md there). It is driven like the simulated module: on a pty by `dfota.sim.pty_driver`, or on a simulated
-- clock by `dfota.sim.virtual_port`.
--
--     local module = Transcript.start "spec/transcripts/mc65_a9g_boot.txt"   -- a process with a pty, `name`
--     local modem, player = Transcript.modem "spec/transcripts/mc65_a9g_boot.txt"
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local Process = require "support.process"
local SimPort = require "dfota.sim.virtual_port"
local settings = require "dfota.config.settings"
local folder = require "support.folder"

local Transcript = {}
Transcript.__index = Transcript

local BLOCK = 1024 -- bytes between two acknowledgements

local escapes = { r = "\r", n = "\n", t = "\t", ["0"] = "\0", ["\\"] = "\\" }

local function unescape(text)
  return (text:gsub("\\(x?)(.)(%x?)", function(hex, a, b)
    if hex == "x" then return string.char(tonumber(a .. b, 16)) end
    return (escapes[a] or a) .. b
  end))
end

-- "1|ATI" → 1, and a function that matches commands.
local function pattern(text)
  local phase, command = text:match("^(%d+)|(.*)$")
  command = command or text
  local prefix = command:match("^(.*)%*$")
  return tonumber(phase or 0), function(said)
    if prefix then return said:sub(1, #prefix) == prefix end
    return said == command
  end
end

local readers = {
  ["@"] = function(self, text)
    local key, value = text:match("^([%w_]+)%s*=(.*)$")
    self.options[assert(key, text)] = value
  end,
  [">"] = function(self, text)
    local phase, fits = pattern(text)
    self.entry = { phase = phase, fits = fits }
    table.insert(self.entries, self.entry)
  end,
  ["?"] = function(self, text) self.otherwise = { { say = unescape(text) } } end,
  ["<"] = function(self, text)
    local pause = text:match("^~(%d+)$")
    local step = pause and { pause_s = pause / 1000 / self.speed } or text:sub(1, 1) == "+" and { reboot = true }
    table.insert(self.entry, step or { say = unescape(text:sub(2)) })
  end,
}

--- @tparam string text of a transcript
-- @tparam[opt=1] number speed factor by which its pauses are shorter
function Transcript.new(text, speed)
  local self = setmetatable({
    options = {}, entries = {}, otherwise = {}, spec = { any_baud = true },
    t = 0, phase = 0, echoes = true, typed = "", speed = speed or 1,
    due = {}, heard = {}, splits = 0, out = "", busy_until = 0,
    link = { next_in = function() end },
  }, Transcript)
  for line in text:gmatch("[^\n]+") do
    local read = readers[line:sub(1, 1)]
    if read then read(self, line:sub(1, 1) == "<" and line:sub(2) or line:match("^.%s?(.*)$")) end
  end
  self.latency_s = (tonumber(self.options.latency_ms) or 0) / 1000 / self.speed
  self.boot = unescape(self.options.boot or "")
  local edge, urc = (self.options.echo or ""):match("^split:(%d+):(.*)$")
  self.split = edge and { at = tonumber(edge), urc = unescape(urc), times = tonumber(self.options.split_times) }
  return self
end

-- Of two at the same time the first comes first.
local function at(self, t, step)
  local i = #self.due
  while i > 0 and self.due[i].t > t do i = i - 1 end
  table.insert(self.due, i + 1, { t = t, step = step })
end

local function say(self, text) at(self, math.max(self.t, self.busy_until), { say = text }) end

-- The longest matching command of the latest phase.
local function answer_to(self, command)
  local best
  for _, entry in ipairs(self.entries) do
    local fits = entry.phase <= self.phase and entry.fits(command)
    if fits and (not best or entry.phase >= best.phase) then best = entry end
  end
  return best or self.otherwise
end

local function echo(self, command)
  local split = self.split
  local text = command .. "\r"
  local only = self.options.split_only
  local wanted = split and split.at <= #text and (not only or command:find(only, 1, true))
    and self.splits < (split.times or math.huge)
  if not wanted then return text end
  self.splits = self.splits + 1
  return text:sub(1, split.at) .. split.urc .. text:sub(split.at + 1)
end

-- What follows the first text is unsolicited: other commands are accepted meanwhile.
local function put(self, steps)
  local t, answered = self.busy_until, false
  for _, step in ipairs(steps) do
    t = t + (step.pause_s or 0)
    at(self, t, step)
    if not answered then self.busy_until = t end
    answered = answered or step.say ~= nil
  end
end

local function begin_upload(self, command)
  local size, ack = command:match('^AT%+QFUPL="[^"]*",(%d+),%d+,(%d)$')
  if not size then return false end
  local acks = ack == "1" and self.options.ack ~= "0" and self.options.ack ~= "off"
  say(self, unescape(self.options.connect or "\\r\\nCONNECT\\r\\n"))
  self.upload = { size = tonumber(size), got = {}, length = 0, acks = acks }
  return true
end

local function sum16(bytes)
  local sum = 0
  for i = 1, #bytes, 2 do sum = sum ~ (bytes:byte(i) << 8 | (bytes:byte(i + 1) or 0)) end
  return sum
end

-- Takes what belongs to the upload; returns the rest.
local function take_data(self, bytes)
  local up = self.upload
  local mine = bytes:sub(1, up.size - up.length)
  for _ = up.length // BLOCK + 1, up.acks and (up.length + #mine) // BLOCK or 0 do say(self, "A") end
  up.length = up.length + #mine
  table.insert(up.got, mine)
  if up.length == up.size then
    local result = unescape(self.options.qfupl or "\\r\\n+QFUPL: %d,%X\\r\\n\\r\\nOK\\r\\n")
    self.upload = nil
    say(self, result:format(up.size, sum16(table.concat(up.got))))
  end
  return bytes:sub(#mine + 1)
end

local function take_command(self, command)
  table.insert(self.heard, command)
  if self.echoes then say(self, echo(self, command)) end
  if command:upper() == "ATE0" or command:upper() == "ATE1" then self.echoes = command:sub(4) == "1" end
  self.busy_until = math.max(self.busy_until, self.t) + self.latency_s
  if not begin_upload(self, command) then put(self, answer_to(self, command)) end
end

--- Bytes that the client sent.
function Transcript:input(bytes, t)
  self:advance(t)
  if self.boot ~= "" then
    say(self, self.boot)
    self.boot = ""
  end
  while bytes ~= "" do
    if self.upload then
      bytes = take_data(self, bytes)
    else
      local first, rest = bytes:match("^([^\r]*\r?)(.*)$")
      self.typed, bytes = self.typed .. first, rest
      local command = self.typed:match("^\n?(.*)\r$")
      if command then
        self.typed = ""
        if command ~= "" then take_command(self, command) end
      end
    end
  end
  self:advance(t)
end

--- Advances the time.
function Transcript:advance(t)
  self.t = math.max(self.t, t)
  while self.due[1] and self.due[1].t <= self.t do
    local step = table.remove(self.due, 1).step
    if step.reboot then self.phase, self.echoes = self.phase + 1, true end
    self.out = self.out .. (step.say or "")
  end
end

--- The output since the last call.
function Transcript:output()
  local out = self.out
  self.out = ""
  return out
end

function Transcript:next_time() return self.due[1] and self.due[1].t end

-- Stand-ins for the simulated module's throttled line, rate and HTTP download.
function Transcript.room() return math.huge end
function Transcript.line() end
function Transcript.take_request() end

--- Plays a file on a pty, in its own process.
-- @tparam string path
-- @tparam[opt=1] number speed
-- @return a process; `name` is the port
function Transcript.start(path, speed)
  local self = Process.start(Process.lua, { "spec/support/play_transcript.lua", path, tostring(speed or 1) })
  self.name = self:await("out", "^([^\n]+)\n")
  return self
end

--- A modem that talks to a transcript on a simulated clock.
-- @return modem, player, port
function Transcript.modem(path)
  local player = Transcript.new(folder.read(path))
  local port = assert(SimPort.new(player))
  return Modem.new(Channel.new(port), assert(settings.load())), player, port
end

return Transcript
