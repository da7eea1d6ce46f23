--- Finds a file in what a module sends: so many bytes after the CONNECT that announces it. Pure; for the trace, which
-- sees bytes before anything has read them.
-- A damaged CONNECT is not waited for: a byte that no reply contains begins the file as well.
-- @module dfota.at.received_file

local ReceivedFile = {}
ReceivedFile.__index = ReceivedFile

local MAX_LINE = 64 -- bytes of a line that are compared

--- @tparam integer size of the file in bytes
-- @treturn ReceivedFile
function ReceivedFile.new(size) return setmetatable({ left = size, skips_lf = true, line = "" }, ReceivedFile) end

-- Where the file begins in these bytes; nil if it does not yet.
local function begin_in(self, bytes)
  for at, byte in bytes:gmatch "()(.)" do
    if byte == "\r" then
      if self.line:find "^CONNECT%f[%s\0]" then return at + 1 end
      self.line = ""
    elseif byte:find "[^\n -~]" then
      self.skips_lf = false
      return at
    elseif byte ~= "\n" and #self.line < MAX_LINE then
      self.line = self.line .. byte
    end
  end
end

-- The LF behind the CR of the announcement is no part of the file.
local function skip_lf(self, bytes, from)
  if from > #bytes then return from end
  if self.skips_lf and bytes:byte(from) == 10 then from = from + 1 end
  self.skips_lf = false
  return from
end

--- Split what was received.
-- @tparam string bytes
-- @treturn string what came before the file
-- @treturn string of the file
-- @treturn string what came after it
function ReceivedFile:feed(bytes)
  local from = self.begun and 1 or begin_in(self, bytes)
  if not from then return bytes, "", "" end
  self.begun = true
  from = skip_lf(self, bytes, from)
  local last = math.min(from + self.left - 1, #bytes)
  local data = bytes:sub(from, last)
  self.left = self.left - #data
  return bytes:sub(1, from - 1), data, bytes:sub(last + 1)
end

return ReceivedFile
