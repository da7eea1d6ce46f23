--- Channel and modem over a scripted port.
--
--     local channel, port = scripted.channel { ["AT+CSQ"] = { "+CSQ: 25,0", "OK" } }
--     assert.same({ "+CSQ: 25,0" }, scripted.lines_of(assert(channel:command "AT+CSQ")))
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local ScriptedPort = require "support.scripted_port"
local settings = require "dfota.config.settings"

local scripted = {}

--- @param answers and options as of `support.scripted_port`
-- @return channel, port
function scripted.channel(answers, options)
  local port = ScriptedPort.new(answers, options)
  local channel = Channel.new(port)
  if options and options.echo == false then channel.echo = false end
  return channel, port
end

--- A modem with the default settings. @return modem, port
function scripted.modem(answers)
  local channel, port = scripted.channel(answers)
  return Modem.new(channel, assert(settings.load())), port
end

--- All unsolicited lines so far.
function scripted.unasked(channel)
  local lines = {}
  for line in function() return channel:listen(0) end do lines[#lines + 1] = line end
  return lines
end

--- The lines of a reply, without its final result code.
function scripted.lines_of(reply) return { table.unpack(reply) } end

return scripted
