--- One command line at a time: runs its commands in order, prints one final result code, then any held URCs.
local Transmitter = require "dfota.sim.transmitter"
local files = require "dfota.sim.commands.files"
local fota = require "dfota.sim.commands.fota"
local general = require "dfota.sim.commands.general"
local identity = require "dfota.sim.commands.identity"
local command_parser = require "dfota.sim.command_parser"
local pdp = require "dfota.sim.commands.pdp"
local radio = require "dfota.sim.commands.radio"
local sms = require "dfota.sim.commands.sms"

local CommandLine = {}

local commands = {}
for _, family in ipairs { general, identity, radio, sms, pdp, files, fota } do
  for name, command in pairs(family) do commands[name] = command end
end

-- Codes of the RDA engine; if `errors` is plain they become ERROR.
local NOT_SUPPORTED, FAILED, BAD_PARAMETER, BAD_LINE = 49, 50, 53, 58

local final_text = {
  ok = function() return "OK" end,
  error = function(m, code) return m.spec.errors == "rda" and Transmitter.cme(m, code or FAILED) or "ERROR" end,
  parameter = function(m) return Transmitter.cme(m, m.spec.errors == "rda" and BAD_PARAMETER or 3765) end,
  cme = Transmitter.cme,
  final = function(_, text) return text end,
}

local function print_result(m, kind, value)
  if kind == "canned" then return Transmitter.as_written(m, value) end
  if kind ~= "silent" then Transmitter.result(m, final_text[kind](m, value)) end
end

local CHATTER = { "+CREG: 1", "+CGREG: 1", "RING", "+QNITZ: off" }

local function print_final(m, kind, value)
  local busy = m.busy
  print_result(m, kind, value)
  m.busy, m.muted, m.ignores_input = nil, false, false
  if busy.after then busy.after() end
  Transmitter.flush(m)
  if m.random:chance(m.spec.chatter) then Transmitter.line(m, CHATTER[m.random:integer(1, #CHATTER)]) end
  m:fault("reply", busy.name)
  m:resume_input()
end

local function unknown() return "error", BAD_LINE end

local function not_supported() return "error", NOT_SUPPORTED end

local SUFFIX = { read = "?", test = "=?" }

-- The command as received, without AT and its plus sign.
local function written(item, name)
  return name .. (item.text and "=" .. item.text or SUFFIX[item.form] or item.number or "")
end

local function handler_of(m, item)
  local name = item.name:gsub("^%+", "")
  local answer = m.canned:take(name, written(item, name))
  if answer then
    return function() return "canned", answer end
  end
  local command = commands[item.name]
  if not command or item.args and item.args.rest ~= "" then return unknown end
  return command[item.form] or not_supported
end

local function delay_of(m, item)
  local command = commands[item.name]
  local slow = m.slow[item.name:gsub("^%+", "")]
  local own = command and command.takes and command.takes[item.form]
  return slow or own and m.spec[own] or m.spec.reply_s
end

-- The engine's own time-out for a command; data mode has another one.
local function give_up_after(m, seconds)
  local busy, index = m.busy, m.busy.index
  if seconds <= 0 then return end
  m:after(seconds, function()
    if m.busy ~= busy or busy.index ~= index or m.data then return end
    m.muted = false
    print_final(m, "final", "COMMAND NO RESPONSE!")
  end)
end

-- Carries out one command after its delay, unless the line has ended by then.
local function carry_out(m, item)
  local busy, handler = m.busy, handler_of(m, item)
  m:after(delay_of(m, item), function()
    if m.busy ~= busy then return end
    local kind, value = handler(m, item.args or item, item)
    if kind ~= "wait" then CommandLine.done(m, kind, value) end
  end)
  local command = commands[item.name]
  m.ignores_input = command and command.ignores_input and item.form == "write"
end

local function next_command(m)
  local busy = m.busy
  busy.index = busy.index + 1
  local item = busy.list[busy.index]
  if not item then return print_final(m, "ok") end
  busy.name = item.name:gsub("^%+", "")
  m:note("command", item.name .. (item.text and "=" .. item.text or item.form == "read" and "?" or ""))
  m.muted = m.mute[busy.name]
  m:fault("command", busy.name)
  if m.acting ~= m.life then return end
  if m.no_response[busy.name] then return give_up_after(m, m.spec.no_response_s) end
  give_up_after(m, m.spec.command_limit_s)
  carry_out(m, item)
end

--- Begins a line.
-- @string text what follows AT
-- @number wait seconds before it is processed
function CommandLine.begin(m, text, wait)
  m.busy = { list = command_parser.line(text), index = 0, name = "", done = CommandLine.done }
  if wait <= 0 then return next_command(m) end
  m:after(wait, function() next_command(m) end)
end

--- Ends the running command.
-- @tparam[opt="ok"] string kind "ok", "error", "cme" (value: number), "final" (value: text), "silent"
-- @param value
function CommandLine.done(m, kind, value)
  if m.acting ~= m.life then return end
  if kind and kind ~= "ok" then return print_final(m, kind, value) end
  next_command(m)
end

--- Answers the line with ERROR, whatever was in it.
function CommandLine.refuse(m)
  m.busy = { list = {}, index = 0, name = "" }
  m:after(m.spec.reply_s, function() print_final(m, "error") end)
end

return CommandLine
