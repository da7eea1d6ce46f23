--- A module that answers with lines printed by real ones: plays the files in spec/transcripts (docs/traces.md describes
-- their format).
--
--     local module = Transcript.start "spec/transcripts/mc65_a9g_boot.txt"   -- a process with a pty, `name`
--     local modem, player = Transcript.modem "spec/transcripts/mc65_a9g_boot.txt"
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local Player = require "dfota.sim.player"
local Process = require "support.process"
local SimPort = require "dfota.sim.virtual_port"
local folder = require "support.folder"
local settings = require "dfota.config.settings"
local transcript = require "dfota.sim.transcript"

local Transcript = {}

--- Plays a file on a pty, in its own process.
-- @tparam string path
-- @tparam[opt=1] number speed
-- @return a process; `name` is the port
function Transcript.start(path, speed)
  local self = Process.start(Process.lua, { "scripts/replay.lua", "--speed", tostring(speed or 1), path })
  self.name = self:await("out", "^([^\n]+)\n")
  return self
end

--- A modem that talks to a transcript on a simulated clock.
-- @return modem, player, port
function Transcript.modem(path)
  local player = Player.new(assert(transcript.parse(folder.read(path))))
  local port = assert(SimPort.new(player))
  return Modem.new(Channel.new(port), assert(settings.load())), player, port
end

return Transcript
