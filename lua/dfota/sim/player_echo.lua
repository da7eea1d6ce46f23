--- How a player echoes commands: the option `echo` of a transcript. Pure.
--
-- `line`, `char` and `chunk` (the default) echo the command as it is; `none` leaves it to the answers (`<&`);
-- `split:N:TEXT` puts an unsolicited line inside, after N characters, as RDA's AT engine does. `split_only` names the
-- commands that this happens to, `split_times` how often.
-- @module dfota.sim.player_echo

local transcript = require "dfota.sim.transcript"

local Echo = {}
Echo.__index = Echo

--- @tparam table options of a transcript
-- @treturn Echo
function Echo.new(options)
  local edge, urc = (options.echo or ""):match "^split:(%d+):(.*)$"
  return setmetatable({
    none = options.echo == "none", at = tonumber(edge), urc = urc and transcript.unescape(urc),
    only = options.split_only, left = tonumber(options.split_times) or math.huge,
  }, Echo)
end

local function is_split(self, command, text)
  return self.at and self.at <= #text and self.left > 0
    and (not self.only or command:find(self.only, 1, true) ~= nil)
end

--- The echo of a command.
-- @tparam string command
-- @treturn string|nil nil if the answers contain it
function Echo:of(command)
  if self.none then return nil end
  local text = command .. "\r"
  if not is_split(self, command, text) then return text end
  self.left = self.left - 1
  return text:sub(1, self.at) .. self.urc .. text:sub(self.at + 1)
end

return Echo
