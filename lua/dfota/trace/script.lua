--- From a trace to a script that `dfota.sim.player` plays, or that is written as a transcript: each command with what
-- came between it and the next one. Pure.
--
-- What a trace does not hold is put back: the echo of a masked command is that of the command that comes, a number of
-- the SIM is a test number (3GPP's test network 001 01), and of a package any bytes of its size are taken.
-- @module dfota.trace.script

local redact = require "dfota.at.redact"
local trace = require "dfota.at.trace"

local Script = {}
Script.__index = Script

local BLOCK = 1024 -- bytes between two acknowledgements, where a trace does not say (GSM FILE manual, QFUPL)
local IMSI, ICCID = "001010123456789", "8900100000000000000"

-- Up to the first byte that is masked; the rest may be anything.
local function head_of(command) return redact.is_masked(command) and command:match "^(.-)%*" or nil end

-- A text at a prompt is a command that is its last byte alone: see `dfota.sim.player`.
local function named(bytes) return bytes:match "[\26\27]$" or bytes end

local function add_entry(self, command, event)
  self.at = nil
  local head = head_of(command)
  local entry = {
    phase = 0, command = head or named(command), prefix = head ~= nil, steps = {}, line = event.line, text = command,
    half = "\n",
    declared = command:match '^[Aa][Tt]%+QFUPL="[^"]*",(%d+)', awaits_echo = command:find "^[Aa][Tt]" and "" or nil,
  }
  self.entries[#self.entries + 1] = entry
  self.entry, self.latest, self.t = entry, entry.declared and entry or self.latest, event.t
end

local function add(self, step)
  local steps = self.entry.steps
  steps[#steps + 1] = step
end

local function pause(self, t)
  if t > self.t then add(self, { pause_s = t - self.t }) end
  self.t = t
end

-- Is this the beginning of the command's echo? A masked byte may be any.
local function may_be_echo(bytes, command)
  local echo = command .. "\r"
  if #bytes > #echo then return false end
  for i = 1, #bytes do
    local byte = bytes:byte(i)
    if byte ~= echo:byte(i) and not (byte == 42 and i < #echo) then return false end
  end
  return true
end

-- Numbers that were masked, as digits of a test number.
local function with_numbers(entry, bytes)
  local upper = entry.text:upper()
  local number = upper:find("CIMI", 1, true) and IMSI or upper:find("CCID", 1, true) and ICCID
  if not number then return bytes end
  return (bytes:gsub("%*%*%*%*%*%*+", function(run) return (number .. ("0"):rep(#run)):sub(1, #run) end))
end

local FINAL = { "OK", "ERROR", "CONNECT", "DEACT OK", "SHUT OK" }

-- Does a reply end in these bytes? (The lexer's own finals: 3GPP TS 27.007; a chunk that also has what came after it
-- counts as its end.)
local function has_final(bytes)
  for line in bytes:gmatch "([^\r\n]+)[\r\n]" do
    for _, final in ipairs(FINAL) do
      if line == final then return true end
    end
    if line:find "^%+CM[ES] ERROR:" then return true end
  end
  return false
end

local function begin_data(self, bytes)
  local entry = self.entry
  if not entry.declared or entry.data or not bytes:find "[\r\n]CONNECT[^\r\n]*[\r\n]" then return end
  entry.data = { data = math.tointeger(tonumber(entry.declared)) or 0, acks = 0 }
  add(self, entry.data)
end

-- Acknowledgements of a trace that does not say where they came.
local function place_acks(self, bytes)
  local data = self.entry.data
  if not data or data.placed or not bytes:find "^A+$" then return end
  data.acks = data.acks + #bytes
  add(self, { at = math.min(data.acks * BLOCK, data.data) })
end

local function mark_end(self)
  if self.entry.replied then return end
  self.entry.replied = true
  if not self.entry.declared then add(self, { done = true }) end
end

-- Of an echo that is not whole: once a byte of it is masked, all that follow are.
local function count_stars(entry, bytes)
  if not entry.prefix or entry.replied then return nil end
  local _, stars = bytes:gsub("%*", "")
  entry.stars = (entry.stars or 0) + stars
  return stars > 0 or nil
end

local function say(self, bytes)
  if bytes == "" then return end
  place_acks(self, bytes)
  add(self, { say = with_numbers(self.entry, bytes), secret = count_stars(self.entry, bytes) })
  local lines = self.entry.half .. bytes -- a line may come in pieces
  begin_data(self, lines)
  if has_final(lines) then mark_end(self) end
  self.entry.half = lines:match "[\r\n]?[^\r\n]*$"
end

-- The echo may come in pieces: it is whole at its CR. What looked like one, and is none, is said as it is.
local function take_echo(self, bytes)
  local entry = self.entry
  local so_far = entry.awaits_echo .. bytes
  local head = so_far:sub(1, #entry.text + 1)
  if not may_be_echo(head, entry.text) then
    entry.awaits_echo = nil
    return so_far
  end
  if #head <= #entry.text then
    entry.awaits_echo = so_far
    return ""
  end
  entry.awaits_echo = nil
  add(self, { echo = true })
  return so_far:sub(#head + 1)
end

local function take_received(self, event)
  local entry = self.entry
  if not entry then
    self.boot[#self.boot + 1] = event.bytes
    return
  end
  pause(self, event.t)
  if self.at and entry == self.latest then add(self, { at = self.at }) end -- what was sent meanwhile took its time
  self.at = nil
  say(self, entry.awaits_echo and take_echo(self, event.bytes) or event.bytes)
end

-- An echo that never came to its end.
local function close_entry(self)
  local entry = self.entry
  if not entry then return end
  local half = entry.awaits_echo
  entry.awaits_echo = nil
  if half then say(self, half) end
end

-- Data of a trace that has it (--trace-data).
local function take_data(self, event)
  local data = self.entry and self.entry.data
  if not data or data.summed_up or event.bytes == "+++" then return false end
  if not data.got and event.bytes:find "^[Aa][Tt][^\r]*\r$" then return false end
  data.got, data.placed = (data.got or 0) + #event.bytes, true
  add(self, { at = data.got })
  self.t = event.t
  return true
end

local function take_sent(self, event)
  if take_data(self, event) then return end
  local sent = self.typed .. event.bytes
  self.typed = ""
  for part, ending in sent:gmatch "([^\r\26\27]*)([\r\26\27]?)" do
    local text = part .. (ending ~= "\r" and ending or "")
    if ending == "" and part:find "^[Aa][Tt]?" then
      self.typed = part
    elseif text ~= "" then
      close_entry(self)
      add_entry(self, text, event)
    end
  end
end

local MOST = 16 << 20 -- bytes of a file that is read back

-- Of a file that the module sent only size and hash are known: zeros take its place.
local function take_read_back(self, event)
  local digits = event.note:match "^read%-back of (%d+) bytes,"
  if digits and self.entry then add(self, { say = ("\0"):rep(math.min(tonumber(digits), MOST) // 1 | 0) }) end
end

-- How much of the data was sent, and its hash, stand in the file where they are known: the data began before.
local function take_note(self, event)
  take_read_back(self, event)
  local entry = self.latest
  local data = entry and entry.data
  if not data then return end
  local at = event.note:match "^data (%d+)$"
  if at then data.placed, self.at = true, math.tointeger(tonumber(at)) end
  local size, sha256 = event.note:match "^upload of (%d+) bytes, sha256 (%x+),"
  if not size then return end
  data.open = tonumber(size) < data.data or nil
  data.data, data.sha256, data.summed_up = math.tointeger(tonumber(size)), sha256, true
  self.at = data.data
end

-- Nothing waits for more data than comes.
local function check_places(entry)
  if not entry.data then return end
  local data = entry.data
  if not data.summed_up and not data.got then data.data = 0 end
  if data.got and data.got < data.data then data.data, data.open = data.got, true end
  for _, step in ipairs(entry.steps) do
    if step.at then step.at = math.min(step.at, data.data) end
  end
end

-- Where in the command its first masked byte is, by how many of its echo were.
local function place_secrets(entry)
  for _, step in ipairs(entry.steps) do
    if step.secret then step.secret = math.max(#entry.text - entry.stars + 1, 1) end
  end
end

local function finished(entry)
  check_places(entry)
  place_secrets(entry)
  return { phase = 0, command = entry.command, prefix = entry.prefix, steps = entry.steps, line = entry.line }
end

--- @tparam {table,...} entries of `dfota.trace.reader`
-- @treturn table a script, see `dfota.sim.transcript`; its entries also have `line` (in the trace)
return function(entries)
  local self = setmetatable({ entries = {}, boot = {}, typed = "", t = 0 }, Script)
  for _, event in ipairs(entries) do
    if event.note then take_note(self, event)
    elseif event.direction == "tx" then take_sent(self, event)
    else take_received(self, event) end
  end
  close_entry(self)
  local list = {}
  for i, entry in ipairs(self.entries) do list[i] = finished(entry) end
  local boot = #self.boot > 0 and trace.escape(table.concat(self.boot)) or nil
  return { options = { order = "trace", echo = "none", boot = boot }, entries = list }
end
