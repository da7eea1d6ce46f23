--- A module that answers with lines printed by real ones: plays the files in spec/transcripts (docs/traces.md describes
-- their format).
--
--     local modem, player = Transcript.modem "spec/transcripts/mc65_a9g_boot.txt"
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local Player = require "dfota.sim.player"
local SimPort = require "dfota.sim.virtual_port"
local folder = require "support.folder"
local settings = require "dfota.config.settings"
local transcript = require "dfota.sim.transcript"

local Transcript = {}

--- What plays a file.
-- @tparam string path
-- @tparam[opt] table opts as of `dfota.sim.player`
-- @treturn Player
function Transcript.player(path, opts) return Player.new(assert(transcript.parse(folder.read(path))), opts) end

--- A modem that talks to a transcript on a simulated clock.
-- @return modem, player, port
function Transcript.modem(path)
  local player = Transcript.player(path)
  local port = assert(SimPort.new(player))
  return Modem.new(Channel.new(port), assert(settings.load())), player, port
end

return Transcript
