--- The echo of one command, recognised although the line is not perfect.
--
-- The echo is the fence before a reply, so what is taken for it must show the whole command. Two things happen to
-- echoes all the same: noise in front (a byte or two, or a few more before the whole command), as the opening of a port
-- makes it, and an unsolicited line inside. RDA's AT engine echoes what it has read so far each time it looks, every
-- 15 ms; what the module says in between stands inside the echo (RDA8955 SDK W17.44). Pure: lines in, what they are
-- out.
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

-- How many bytes of the command, from the one behind `from` on, this line is; noise in front is none of them.
local function bytes_of(command, from, line)
  for noise = 0, from == 0 and math.min(MAX_NOISE, #line - 1) or 0 do
    local part = line:sub(noise + 1)
    if command:sub(from + 1, from + #part) == part then return #part end
  end
end

-- The whole command behind more noise. Of AT and ATI a line of text may be the end by chance; one that has bytes that
-- are no text is no line of the module's.
local function is_behind_noise(command, line)
  local noise = line:sub(1, -#command - 1)
  if #noise > MAX_NOISY or noise .. command ~= line then return false end
  return command:find("+", 1, true) ~= nil or noise:find("[^\32-\126]") ~= nil
end

-- The same for a line whose end is an unsolicited line that no line end stood in front of.
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

--- Look at a line that is no final result code.
-- @tparam string line
-- @treturn boolean|nil true: the echo is complete; false: perhaps a piece of it, kept; nil: none of it
-- @treturn ?string an unsolicited line that was behind the piece
function Echo:take(line)
  local command = self.command
  if line == command then return true end
  if self.length == 0 and is_behind_noise(command, line) then return keep(self, 0, #command, line) end
  for _, from in ipairs(self.length > 0 and { self.length, 0 } or { 0 }) do
    local n = bytes_of(command, from, line)
    if n then return keep(self, from, n, line) end
    n = bytes_before_urc(command, from, line)
    if n then return keep(self, from, n, line:sub(1, n)), line:sub(n + 1) end
  end
end

--- Give up the pieces kept so far: a final result code came, or nothing more.
-- @treturn {string,...} those lines
function Echo:drop()
  local pieces = self.pieces
  self.length, self.pieces = 0, {}
  return pieces
end

return Echo
