--- What a flow sees of an object: its methods and some fields, and one clear line for a mistake.
--
-- A face catches what Lua lets pass: setting a field by accident, `job.gate(…)` instead of `job:gate(…)`, and nil for
-- a misspelt name.
-- @module dfota.update.face
local blame = require "dfota.update.blame"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"

local face = {}

-- The real table behind a face of values, for methods that take one.
local behind = setmetatable({}, { __mode = "k" })

local function raise(message) error(blame.fault(message), 0) end

local function names_of(opts)
  local names = {}
  for name in pairs(opts.fields or {}) do names[#names + 1] = name end
  for _, name in ipairs(opts.methods) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function unwrapped(...)
  local list = table.pack(...)
  for i = 1, list.n do list[i] = behind[list[i]] or list[i] end
  return table.unpack(list, 1, list.n)
end

-- Called with a dot, the first argument is not the object.
local function method_of(self, owner, name, target, opts)
  return function(first, ...)
    if first ~= self then raise(("call %s:%s(…) with a colon"):format(owner, name)) end
    local why = opts.refuses and opts.refuses(name, ...)
    if why then raise(("%s:%s is refused: %s"):format(owner, name, why)) end
    if opts.before then opts.before() end
    local results = table.pack(target[name](target, unwrapped(...)))
    if opts.after then opts.after(results[2]) end
    return table.unpack(results, 1, results.n)
  end
end

local function unknown(owner, key, names, hidden)
  local why = hidden and hidden[key]
  if why then raise(("%s:%s is not available to flows: %s"):format(owner, key, why)) end
  raise(("%s has no %s%s"):format(owner, text.brief(key), suggest.hint(key, names)))
end

--- Makes the face of an object.
-- @tparam string owner its name in flows, such as "job.modem"
-- @tparam table target the object
-- @tparam table opts `methods` list of names; `fields` name → function() → value; `hidden` name → why it is not
--   available to flows; `refuses` function(name, …) → why this call is not allowed now, nil if it is; `before`
--   function() and `after` function(err), called around each call, which may raise
-- @treturn table
function face.new(owner, target, opts)
  local self, methods = {}, {}
  local names = names_of(opts)
  for _, name in ipairs(opts.methods) do methods[name] = method_of(self, owner, name, target, opts) end
  return setmetatable(self, {
    __index = function(_, key)
      local field = opts.fields and opts.fields[key]
      if field then return field() end
      return methods[key] or unknown(owner, key, names, opts.hidden)
    end,
    __newindex = function(_, key) raise(("%s.%s cannot be set by a flow"):format(owner, text.brief(key))) end,
    __name = owner,
    __tostring = function() return owner end,
  })
end

--- A read-only table of values that knows its names.
-- @tparam string owner
-- @tparam table values
-- @tparam {string,...} names that may be read, even if their value is nil
-- @tparam[opt] string instead how to set one instead
-- @treturn table
function face.values(owner, values, names, instead)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  local self = setmetatable({}, {
    __index = function(_, key)
      if not known[key] then unknown(owner, key, names) end
      return values[key]
    end,
    __newindex = function(_, key)
      raise(("%s.%s cannot be set by a flow%s"):format(owner, text.brief(key), instead and ": " .. instead or ""))
    end,
    __name = owner,
    __tostring = function() return owner end,
  })
  behind[self] = values
  return self
end

return face
