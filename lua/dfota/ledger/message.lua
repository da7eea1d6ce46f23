--- Messages between a ledger and its worker: a length, then a Lua value in Lua's own notation, which Lua parses faster
-- than any other, and behind it the long texts of that value. Both ends are this program.
-- @module dfota.ledger.message

local uv = require "luv"

local message = {}

local CHUNK = 65536

local function quoted(value) return ("%q"):format(value) end

-- A ledger's rows repeat the same few names a hundred thousand times.
local names = setmetatable({}, { __index = function(known, name)
  known[name] = "[" .. quoted(name) .. "]="
  return known[name]
end })

local function is_listed(key, count) return math.type(key) == "integer" and key >= 1 and key <= count end

local LONG = 4096 -- bytes: from here on a text is passed beside the notation, as it is

local function write(value, out, long)
  if type(value) ~= "table" then
    if type(value) == "string" and #value >= LONG then
      long[#long + 1] = value
      out[#out + 1] = ("l[%d]"):format(#long)
    else
      out[#out + 1] = quoted(value)
    end
    return
  end
  out[#out + 1] = "{"
  local count = #value
  for i = 1, count do
    write(value[i], out, long)
    out[#out + 1] = ","
  end
  for key, item in pairs(value) do
    if not is_listed(key, count) then
      out[#out + 1] = names[key]
      write(item, out, long)
      out[#out + 1] = ","
    end
  end
  out[#out + 1] = "}"
end

--- Packs values into a frame: nil, booleans, numbers, strings, and tables of them.
-- @treturn string
function message.pack(...)
  local out, long = {}, {}
  for i = 1, select("#", ...) do
    if i > 1 then out[#out + 1] = "," end
    write((select(i, ...)), out, long)
  end
  local parts = { string.pack("s4", table.concat(out)) }
  for i, value in ipairs(long) do parts[i + 1] = string.pack("s4", value) end
  return string.pack("s4", table.concat(parts))
end

--- Takes the first frame off the received bytes.
-- @tparam string bytes
-- @treturn[1] table the values, with `n`
-- @treturn[1] string the bytes after it
-- @treturn[2] nil if it is not complete yet
function message.take(bytes)
  if #bytes < 4 or #bytes < 4 + string.unpack("I4", bytes) then return nil end
  local size, at = string.unpack("I4", bytes)
  local text, after = string.unpack("s4", bytes, at)
  local long, last = {}, 4 + size
  while after <= last do long[#long + 1], after = string.unpack("s4", bytes, after) end
  return table.pack(assert(load("local l = ... return " .. text, "=ledger", "t", {}))(long)), bytes:sub(after)
end

--- Sends values as a frame, and waits until they are gone.
-- @tparam integer fd a descriptor that blocks
-- @treturn boolean false if the other end is gone
function message.send(fd, ...)
  local bytes = message.pack(...)
  while #bytes > 0 do
    local sent = uv.fs_write(fd, bytes)
    if not sent then return false end
    bytes = bytes:sub(sent + 1)
  end
  return true
end

--- Waits for a frame, where the other end sends the next one only when this one was answered.
-- @tparam integer fd a descriptor that blocks
-- @treturn table|nil the values, with `n`; nil if the other end is gone
function message.receive(fd)
  local bytes = ""
  while true do
    local frame = message.take(bytes)
    if frame then return frame end
    local more = uv.fs_read(fd, CHUNK)
    if not more or more == "" then return nil end
    bytes = bytes .. more
  end
end

return message
