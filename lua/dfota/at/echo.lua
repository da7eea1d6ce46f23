--- The echo of one command, recognised even on an imperfect line.
--
-- A reply begins after the echo, so only the whole command counts as one. Still, two things happen to echoes: noise in
-- front (a byte or two, or a few more before the whole command), such as opening a port causes, and an unsolicited line
-- inside. RDA's AT engine polls every 15 ms and echoes what it has read so far; unsolicited lines sent in between end
-- up inside the echo (RDA8955 SDK W17.44). Pure: takes lines, says what they are.
-- @module dfota.at.echo
local urc = require "dfota.at.urc"

local Echo = {}
Echo.__index = Echo

local MAX_NOISE = 2 -- bytes
local MAX_NOISY = 8 -- bytes, before the whole command

--- @tparam string command as it was sent, without its line end
-- @treturn Echo
function Echo.new(command)
  return setmetatable({ command = command, length = 0, pieces = {} }, Echo)
end

-- How many bytes of the command, starting after `from`, this line contains; noise in front does not count.
local function bytes_of(command, from, line)
  for noise = 0, from == 0 and math.min(MAX_NOISE, #line - 1) or 0 do
    local part = line:sub(noise + 1)
    if command:sub(from + 1, from + #part) == part then return #part end
  end
end

-- The whole command after more noise. A line of text may end in AT or ATI by chance; one that contains non-text bytes
-- was not sent by the module.
local function is_behind_noise(command, line)
  local noise = line:sub(1, -#command - 1)
  if #noise > MAX_NOISY or noise .. command ~= line then return false end
  return command:find("+", 1, true) ~= nil or noise:find("[^\32-\126]") ~= nil
end

-- The same for a line that ends in an unsolicited line with no line end before it.
local function bytes_before_urc(command, from, line)
  for n = math.min(#line - 1, #command - from), 1, -1 do
    if line:sub(1, n) == command:sub(from + 1, from + n) and urc.is_known(line:sub(n + 1)) then return n end
  end
end

local function keep(self, from, n, line)
  if from == 0 then self.pieces = {} end
  self.pieces[#self.pieces + 1] = line
  self.length = from + n
  if self.length < #self.command then return false end
  self.length, self.pieces = 0, {}
  return true
end

--- Look at a line that is not a final result code.
-- @tparam string line
-- @treturn boolean|nil true: the echo is complete; false: perhaps a piece of it, kept; nil: not part of it
-- @treturn ?string an unsolicited line that followed the piece
function Echo:take(line)
  local command = self.command
  if self.length == 0 and is_behind_noise(command, line) then return keep(self, 0, #command, line) end
  for _, from in ipairs(self.length > 0 and { self.length, 0 } or { 0 }) do
    local n = bytes_of(command, from, line)
    if n then return keep(self, from, n, line) end
    n = bytes_before_urc(command, from, line)
    if n then return keep(self, from, n, line:sub(1, n)), line:sub(n + 1) end
  end
end

--- Give up the pieces kept so far, on a final result code or a time-out.
-- @treturn {string,...} those lines
function Echo:drop()
  local pieces = self.pieces
  self.length, self.pieces = 0, {}
  return pieces
end

return Echo
