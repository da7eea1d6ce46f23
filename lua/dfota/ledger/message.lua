--- What a ledger and its worker say to each other: a length, then a value of Lua in Lua's own notation, which Lua
-- reads back faster than any other. Both ends are this program.
-- @module dfota.ledger.message

local message = {}

local function write(value, out)
  if type(value) ~= "table" then
    out[#out + 1] = ("%q"):format(value)
    return
  end
  out[#out + 1] = "{"
  for key, item in pairs(value) do
    out[#out + 1] = ("[%q]="):format(key)
    write(item, out)
    out[#out + 1] = ","
  end
  out[#out + 1] = "}"
end

--- A frame out of values: nil, booleans, numbers, strings, and tables of them.
-- @treturn string
function message.pack(...)
  local out = {}
  for i = 1, select("#", ...) do
    if i > 1 then out[#out + 1] = "," end
    write((select(i, ...)), out)
  end
  return string.pack("s4", table.concat(out))
end

--- Takes the first frame off what has come.
-- @tparam string bytes
-- @treturn[1] table the values, with `n`
-- @treturn[1] string the bytes behind it
-- @treturn[2] nil where it has not all come yet
function message.take(bytes)
  if #bytes < 4 or #bytes < 4 + string.unpack("I4", bytes) then return nil end
  local text, after = string.unpack("s4", bytes)
  return table.pack(assert(load("return " .. text, "=ledger", "t", {}))()), bytes:sub(after)
end

return message
