--- What a flow sees of an object: its methods and some fields, and one clear line for a slip.
--
-- Behind a face nobody sets a field by accident, calls `job.gate(…)` where `job:gate(…)` is meant, or gets nil for a
-- name that is misspelt.
-- @module dfota.update.face
local blame = require "dfota.update.blame"
local suggest = require "dfota.base.suggest"

local face = {}

local function raise(message) error(blame.fault(message), 0) end

local function names_of(target, opts)
  local names = {}
  for name in pairs(opts.fields or {}) do names[#names + 1] = name end
  local methods = opts.methods
  if not methods then
    methods = {}
    for name, value in pairs(getmetatable(target).__index) do
      if type(value) == "function" then methods[#methods + 1] = name end
    end
  end
  for _, name in ipairs(methods) do
    if not (opts.hidden and opts.hidden[name]) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Called with a dot, the first argument is another one.
local function method_of(self, owner, name, target)
  return function(first, ...)
    if first ~= self then raise(("write %s:%s(…), with a colon"):format(owner, name)) end
    return target[name](target, ...)
  end
end

local function unknown(owner, key, names, opts)
  local why = opts.hidden and opts.hidden[key]
  if why then raise(("%s:%s is not for flows: %s"):format(owner, key, why)) end
  raise(("%s has no %s%s"):format(owner, tostring(key), suggest.hint(key, names)))
end

--- A face of an object.
-- @tparam string owner its name in flows, such as "job.modem"
-- @tparam table target the object
-- @tparam[opt] table opts `methods` list of names (all of its class if left out); `fields` name → function() → value;
--   `hidden` name → why it is not for flows
-- @treturn table
function face.new(owner, target, opts)
  opts = opts or {}
  local self, methods = {}, {}
  local names = names_of(target, opts)
  for _, name in ipairs(names) do
    if not (opts.fields and opts.fields[name]) then methods[name] = method_of(self, owner, name, target) end
  end
  return setmetatable(self, {
    __index = function(_, key)
      local field = opts.fields and opts.fields[key]
      if field then return field() end
      return methods[key] or unknown(owner, key, names, opts)
    end,
    __newindex = function(_, key) raise(("%s.%s is not set by flows"):format(owner, tostring(key))) end,
    __name = owner,
    __tostring = function() return owner end,
  })
end

--- A table of values that is only read, and knows its names.
-- @tparam string owner
-- @tparam table values
-- @tparam {string,...} names that may be asked for, also where there is no value
-- @treturn table
function face.values(owner, values, names)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  return setmetatable({}, {
    __index = function(_, key)
      if not known[key] then unknown(owner, key, names, {}) end
      return values[key]
    end,
    __newindex = function(_, key) raise(("%s.%s is not set by flows"):format(owner, tostring(key))) end,
    __name = owner,
  })
end

return face
