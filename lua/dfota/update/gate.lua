--- A gate: what was found against what must hold before anything is changed. Pure.
--
--     { "supply", value = 3900, at_least = 3500, unit = "mV" }
--
-- A value that is not known is no refusal: the gate is not checked then, and that is told.
-- @module dfota.update.gate
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"

local gate = {}

--- The fields that a gate may have; docs/flows.md tells them.
gate.FIELDS = {
  "name", "value", "limit", "at_least", "at_most", "below", "equals", "one_of", "ok", "unless", "needed", "failed",
  "unit", "message", "unknown", "no_limit", "warn_from", "warning", "kind", "advice", "may_force",
}
local KNOWN = { [1] = true }
for _, field in ipairs(gate.FIELDS) do KNOWN[field] = true end

local function is_in(value, list)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

-- Each condition: does it hold, and how is what it demands said?
local CONDITIONS = {
  { "at_least", function(value, limit) return value >= limit end, "at least %s" },
  { "at_most", function(value, limit) return value <= limit end, "at most %s" },
  { "below", function(value, limit) return value < limit end, "less than %s" },
  { "equals", function(value, limit) return value == limit end, "%s" },
  { "one_of", is_in, "one of %s" },
}

local function limit_of(spec, name, limit)
  if name ~= "one_of" then return limit end
  if type(limit) ~= "table" then error(("gate %s: one_of is a list"):format(spec.name), 0) end
  local words = {}
  for i, one in ipairs(limit) do words[i] = tostring(one) end
  return table.concat(words, ", ")
end

local COMPARES = { at_least = true, at_most = true, below = true }

local function compare(spec, condition, limit)
  local name, holds = condition[1], condition[2]
  if COMPARES[name] and not (math.type(spec.value) and math.type(limit)) then
    error(("gate %s: %s compares numbers"):format(spec.name, name), 0)
  end
  return holds(spec.value, limit)
end

-- true, false, or nil where there is nothing to compare; the limit; what is demanded, in words.
local function compare_all(spec)
  if spec.ok ~= nil then return spec.ok and true or false, spec.limit end
  if spec.unless ~= nil then return not spec.unless, spec.limit end
  local ok, limit, wanted = nil, spec.limit, nil
  for _, condition in ipairs(CONDITIONS) do
    local demanded = spec[condition[1]]
    if demanded ~= nil then
      local shown = limit_of(spec, condition[1], demanded)
      limit, wanted = shown, condition[3]:format(text.printable(shown))
      if spec.value == nil then return nil, limit, wanted end
      ok = compare(spec, condition, demanded)
      if not ok then return false, limit, wanted end
    end
  end
  return ok, limit, wanted
end

-- Where a value is needed, not to know it is no; where it says that it is not, that is yes.
local function judge(spec)
  local ok, limit, wanted = compare_all(spec)
  if ok == nil and spec.needed ~= nil then ok = spec.value ~= nil or not spec.needed end
  return ok, limit, wanted
end

local function with_unit(value, unit) return text.printable(value) .. (unit and " " .. unit or "") end

local function filled(message, spec, limit)
  local function shown(value) return value == nil and "unknown" or with_unit(value, spec.unit) end
  return (message:gsub("{value}", function() return shown(spec.value) end)
    :gsub("{limit}", function() return shown(limit) end))
end

local function refusal(spec, limit, wanted)
  if spec.message then return filled(spec.message, spec, limit) end
  if spec.failed then return spec.failed.message end
  if spec.value == nil and spec.needed then return spec.name .. " is not known" end
  if spec.value == nil then return ("the gate %s does not hold"):format(spec.name) end
  if not wanted then return ("%s is %s"):format(spec.name, with_unit(spec.value, spec.unit)) end
  return ("%s is %s; it must be %s%s"):format(spec.name, with_unit(spec.value, spec.unit), wanted,
    spec.unit and " " .. spec.unit or "")
end

-- What is told where the gate is not checked: nothing where nothing was demanded, unless there are words for it.
local function doubt(spec, wanted)
  if not wanted and spec.no_limit then return spec.no_limit end
  if spec.unknown ~= nil then return spec.unknown or nil end
  if spec.value == nil and (wanted or spec.message) then
    return spec.message and filled(spec.message, spec) or spec.name .. " is not known"
  end
end

-- It holds, but not by much.
local function warning(spec, limit)
  if spec.warn_from == nil or spec.value == nil then return nil end
  if not (math.type(spec.value) and math.type(spec.warn_from) and spec.warning) then
    error(("gate %s: warn_from is a number, and has a warning beside it"):format(spec.name), 0)
  end
  return spec.value >= spec.warn_from and filled(spec.warning, spec, limit) or nil
end

local function check_fields(spec)
  for field in pairs(spec) do
    if not KNOWN[field] then
      error(("a gate has no field %s%s"):format(text.brief(field), suggest.hint(field, gate.FIELDS)), 0)
    end
  end
end

local function value_of(spec)
  if spec.value == nil and spec.failed then return spec.failed.state end
  return spec.value
end

--- Judge a gate. Raises, as a string, where it is put wrongly.
-- @tparam table spec `[1]` or `name`, as `--force` takes it; `value` that was found, nil where it is not known; what
--   must hold: `at_least`, `at_most`, `below`, `equals`, `one_of` (a list), several of them, or for anything else `ok`,
--   nil where it cannot be told, or the opposite, `unless`; `needed`: true where a value that is not known does not
--   hold, false where it does; `failed` the error that came instead of the value, with its message and perhaps the
--   `state` that was found; `limit` to show beside these two; `unit`; `message` where
--   it does not hold, `{value}` and `{limit}` in it; `unknown` what is said where it cannot be told, false for
--   nothing; `no_limit` what is said where nothing is demanded; `warn_from` a value from which on there is a
--   `warning`, `{value}` and `{limit}` in it; `kind` of the error; `may_force` false where --force is of no use, and
--   then `advice`, the way out
-- @treturn table `name`, `ok` (nil: not checked), `value`, `limit`, `unit`, `message` where it does not hold,
--   `doubt` where it was not checked and that is to be told, `warning`, `kind`, `may_force`, `advice`
function gate.judge(spec)
  if type(spec) ~= "table" then error("a gate is a table: job:gate { \"supply\", value = …, at_least = … }", 0) end
  check_fields(spec)
  spec = setmetatable({ name = spec.name or spec[1] }, { __index = spec })
  if type(spec.name) ~= "string" then error("a gate has a name: job:gate { \"supply\", … }", 0) end
  local ok, limit, wanted = judge(spec)
  return {
    name = spec.name, ok = ok, value = value_of(spec), limit = limit, unit = spec.unit, kind = spec.kind or "gate",
    message = ok == false and refusal(spec, limit, wanted) or nil,
    doubt = ok == nil and doubt(spec, wanted) or nil, warning = warning(spec, limit),
    may_force = spec.may_force ~= false, advice = spec.advice,
  }
end

return gate
