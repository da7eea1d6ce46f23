--- Decodes the chunked transfer coding of a body, piece by piece (RFC 9112, 7.1).
local Chunked = {}
Chunked.__index = Chunked

local LONGEST_LINE = 1024 -- bytes of a line with a chunk's length
local MOST_DIGITS = 8 -- of that length, in hex

--- Makes a decoder.
function Chunked.new()
  return setmetatable({ rest = "", left = nil, done = false }, Chunked)
end

-- The line with a chunk's length; false if it is incomplete.
local function read_length(self)
  local line, rest = self.rest:match("^([^\n]*)\n(.*)$")
  if not line then return #self.rest > LONGEST_LINE and "broken" end
  local digits = line:match("^(%x+)[ \t;\r]") or line:match("^(%x+)$")
  if not digits or #digits > MOST_DIGITS then return "broken" end
  self.left, self.rest = tonumber(digits, 16), rest
  self.done = self.left == 0
  return true
end

local function read_end(self)
  if #self.rest < 2 then return false end
  if self.rest:sub(1, 2) ~= "\r\n" then return "broken" end
  self.left, self.rest = nil, self.rest:sub(3)
  return true
end

local function read_data(self, out)
  if self.rest == "" then return false end
  local data = self.rest:sub(1, self.left)
  out[#out + 1] = data
  self.left, self.rest = self.left - #data, self.rest:sub(#data + 1)
  return true
end

local function step(self, out)
  if not self.left then return read_length(self) end
  if self.left > 0 then return read_data(self, out) end
  return read_end(self)
end

--- Takes bytes as received.
-- @string bytes
-- @treturn ?string those of the body, or nil if the coding is invalid; `done` is true after the last chunk
function Chunked:feed(bytes)
  self.rest = self.rest .. bytes
  local out = {}
  while not self.done do
    local went = step(self, out)
    if went == "broken" then return nil end
    if not went then break end
  end
  return table.concat(out)
end

return Chunked
