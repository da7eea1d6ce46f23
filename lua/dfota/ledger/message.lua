--- Messages between a ledger and its worker: a length, then a Lua value in Lua's own notation, which Lua parses faster
-- than any other. Both ends are this program.
-- @module dfota.ledger.message

local message = {}

local function quoted(value) return ("%q"):format(value) end

-- A ledger's rows repeat the same few names a hundred thousand times.
local names = setmetatable({}, { __index = function(known, name)
  known[name] = "[" .. quoted(name) .. "]="
  return known[name]
end })

local function is_listed(key, count) return math.type(key) == "integer" and key >= 1 and key <= count end

local function write(value, out)
  if type(value) ~= "table" then
    out[#out + 1] = quoted(value)
    return
  end
  out[#out + 1] = "{"
  local count = #value
  for i = 1, count do
    write(value[i], out)
    out[#out + 1] = ","
  end
  for key, item in pairs(value) do
    if not is_listed(key, count) then
      out[#out + 1] = names[key]
      write(item, out)
      out[#out + 1] = ","
    end
  end
  out[#out + 1] = "}"
end

--- Packs values into a frame: nil, booleans, numbers, strings, and tables of them.
-- @treturn string
function message.pack(...)
  local out = {}
  for i = 1, select("#", ...) do
    if i > 1 then out[#out + 1] = "," end
    write((select(i, ...)), out)
  end
  return string.pack("s4", table.concat(out))
end

--- Takes the first frame off the received bytes.
-- @tparam string bytes
-- @treturn[1] table the values, with `n`
-- @treturn[1] string the bytes after it
-- @treturn[2] nil if it is not complete yet
function message.take(bytes)
  if #bytes < 4 or #bytes < 4 + string.unpack("I4", bytes) then return nil end
  local text, after = string.unpack("s4", bytes)
  return table.pack(assert(load("return " .. text, "=ledger", "t", {}))()), bytes:sub(after)
end

return message
