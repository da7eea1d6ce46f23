--- Reads JSON that people write. dkjson alone takes the last of two equal keys, and a key in a list, in silence; who
-- wrote them meant something else.
-- @module dfota.base.strict_json

local json = require "dkjson"
local text = require "dfota.base.text"

local strict_json = {}

-- Notes what dkjson stores in the tables it makes: since it goes to `contents`, `__newindex` is called for each value,
-- a second one for a key as well.
local function watching()
  local contents, seen = {}, {}
  local function store(list, key, value, good_kind)
    local known = contents[list] or {}
    contents[list] = known
    if known[key] ~= nil then
      seen.fault = seen.fault or ("the key %s is there twice"):format(text.brief(tostring(key)))
    elseif math.type(key) ~= good_kind then
      seen.fault = seen.fault or good_kind and "has a key in a list" or "has a value without a key"
    end
    known[key] = value
  end
  local object = { __newindex = function(list, key, value) store(list, key, value, nil) end }
  local array = { __newindex = function(list, key, value) store(list, key, value, "integer") end }
  return object, array, seen, contents
end

-- The tables as the file says them: without a metatable that does anything.
local function filled(object, array, contents)
  object.__newindex, array.__newindex = nil, nil
  for list, known in pairs(contents) do
    setmetatable(list, nil)
    for key, value in pairs(known) do list[key] = value end
  end
end

--- Reads one JSON value.
-- @tparam string source
-- @treturn[1] any `dkjson.null` for null
-- @treturn[1] string "object", "list" or "value"
-- @treturn[2] nil
-- @treturn[2] string why not, without the file's name
function strict_json.decode(source)
  local object, array, seen, contents = watching()
  local ok, value, position, reason = pcall(json.decode, source, 1, json.null, object, array)
  if not ok then return nil, "is not JSON" end
  if reason then return nil, "is not JSON: " .. text.printable(reason) end
  if source:find("%S", position) then return nil, "contains more than one JSON value" end
  if seen.fault then return nil, seen.fault end
  local meta = type(value) == "table" and getmetatable(value)
  filled(object, array, contents)
  return value, meta == object and "object" or meta == array and "list" or "value"
end

return strict_json
