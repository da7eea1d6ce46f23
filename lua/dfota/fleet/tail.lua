--- The lines of a file that another process is writing.
-- @module dfota.fleet.tail

local text = require "dfota.base.text"
local uv = require "luv"

local BLOCK = 64 * 1024
local LONGEST = 1 << 20 -- a line of events is never that long

local Tail = {}
Tail.__index = Tail
Tail.__name = "dfota.fleet.tail"

local tail = {}

--- @tparam string path
-- @tparam function on_line called with each line, without its end
-- @treturn Tail|nil nil, and the reason why it cannot be read
function tail.new(path, on_line)
  local fd, message = uv.fs_open(path, "r", 0)
  if not fd then return nil, text.reason(message) end
  return setmetatable({ fd = fd, at = 0, rest = "", on_line = on_line }, Tail)
end

local function take(self, bytes)
  local from, last = 1, bytes:find("\n", 1, true)
  while last do
    self.on_line(self.rest .. bytes:sub(from, last - 1))
    self.rest, from = "", last + 1
    last = bytes:find("\n", from, true)
  end
  self.rest = #self.rest < LONGEST and self.rest .. bytes:sub(from) or ""
end

--- Gives the lines that were completed since the last time.
function Tail:read()
  while self.fd do
    local bytes = uv.fs_read(self.fd, BLOCK, self.at)
    if not bytes or bytes == "" then return end
    self.at = self.at + #bytes
    take(self, bytes)
  end
end

--- Gives what is left, and closes the file. What is no whole line was never finished: it is dropped.
function Tail:close()
  self:read()
  if self.fd then uv.fs_close(self.fd) end
  self.fd = nil
end

return tail
