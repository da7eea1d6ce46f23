--- A gate: compares what was found with what must hold before anything is changed. Pure.
--
--     { "supply", value = 3900, at_least = 3500, unit = "mV" }
--
-- An unknown value does not refuse: the gate counts as not checked, with a warning.
-- @module dfota.update.gate
local suggest = require "dfota.base.suggest"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"

local gate = {}

--- The fields that a gate may have; docs/flows.md explains them.
gate.FIELDS = {
  "name", "value", "limit", "at_least", "at_most", "below", "equals", "one_of", "ok", "unless", "needed", "failed",
  "unit", "message", "unknown", "no_limit", "warn_from", "warning", "kind", "advice", "may_force",
  "helps",
}
local KNOWN = { [1] = true }
for _, field in ipairs(gate.FIELDS) do KNOWN[field] = true end

-- Each condition: its test, and the wording of what it requires.
local CONDITIONS = {
  { "at_least", function(value, limit) return value >= limit end, "at least %s" },
  { "at_most", function(value, limit) return value <= limit end, "at most %s" },
  { "below", function(value, limit) return value < limit end, "less than %s" },
  { "equals", function(value, limit) return value == limit end, "%s" },
  { "one_of", tables.is_in, "one of %s" },
}

local function limit_of(spec, name, limit)
  if name ~= "one_of" then return limit end
  if type(limit) ~= "table" then error(("gate %s: one_of must be a list"):format(spec.name), 0) end
  local words = {}
  for i, one in ipairs(limit) do words[i] = tostring(one) end
  return table.concat(words, ", ")
end

local COMPARES = { at_least = true, at_most = true, below = true }

local function compare(spec, condition, limit)
  local name, holds = condition[1], condition[2]
  if COMPARES[name] and not (math.type(spec.value) and math.type(limit)) then
    error(("gate %s: %s needs two numbers"):format(spec.name, name), 0)
  end
  return holds(spec.value, limit)
end

-- `ok` and `unless` are conditions of their own: beside another one it would be unclear which counts.
local function check_conditions(spec)
  local count = 0
  for _, condition in ipairs(CONDITIONS) do
    if spec[condition[1]] ~= nil then count = 1 end
  end
  for _, name in ipairs { "ok", "unless" } do
    local value = spec[name]
    if value ~= nil and type(value) ~= "boolean" then
      error(("gate %s: %s must be true, false or nil (unknown), not a %s"):format(spec.name, name, type(value)), 0)
    end
    if value ~= nil then count = count + 1 end
  end
  if count > 1 then error(("gate %s: ok and unless stand alone, without another condition"):format(spec.name), 0) end
end

-- Returns true, false, or nil if there is nothing to compare; the limit; the requirement in words.
local function compare_all(spec)
  if spec.ok ~= nil then return spec.ok, spec.limit end
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

-- With needed = true an unknown value fails the gate, with needed = false it passes.
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
  if spec.value == nil then return ("gate %s does not hold"):format(spec.name) end
  if not wanted then return ("%s is %s"):format(spec.name, with_unit(spec.value, spec.unit)) end
  return ("%s is %s; it must be %s%s"):format(spec.name, with_unit(spec.value, spec.unit), wanted,
    spec.unit and " " .. spec.unit or "")
end

-- The warning for a gate that was not checked: none if nothing was required, unless the gate has a text for it.
local function doubt(spec, wanted)
  if not wanted and spec.no_limit then return spec.no_limit end
  if spec.unknown ~= nil then return spec.unknown or nil end
  if spec.value == nil then
    return spec.message and filled(spec.message, spec) or spec.name .. " is not known"
  end
end

-- The gate may hold by a small margin only.
local function warning(spec, limit)
  if spec.warn_from == nil or spec.value == nil then return nil end
  if not (math.type(spec.value) and math.type(spec.warn_from) and spec.warning) then
    error(("gate %s: warn_from must be a number, and needs a warning"):format(spec.name), 0)
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

--- Judge a gate. Raises a string if the gate is malformed.
-- @tparam table spec `[1]` or `name`, as `--force` takes it; `value` that was found, nil if unknown; what must hold:
--   one or more of `at_least`, `at_most`, `below`, `equals`, `one_of` (a list), or for anything else `ok` (nil:
--   unknown) or its opposite, `unless`; `needed`: whether an unknown value fails the gate (true) or passes it
--   (false); `failed` the error that was returned instead of the value, with its message and perhaps the `state` that
--   was found; `limit` to show with `ok` and `unless`; `unit`; `message` if it does not hold, with `{value}` and
--   `{limit}` in it; `unknown` the warning if it cannot be checked, false for none; `no_limit` the warning if nothing
--   is required; `warn_from` a value from which on `warning` is shown, with `{value}` and `{limit}` in it; `kind` of
--   the error; `may_force` false if --force cannot help, with `advice` on what can; `helps` the script that can, such
--   as "files"
-- @treturn table `name`, `ok` (nil: not checked), `value`, `limit`, `unit`, `message` if it does not hold,
--   `doubt` the warning if it was not checked, `warning`, `kind`, `may_force`, `advice`, `helps`
function gate.judge(spec)
  if type(spec) ~= "table" then error("a gate must be a table: job:gate { \"supply\", value = …, at_least = … }", 0) end
  check_fields(spec)
  spec = setmetatable({ name = spec.name or spec[1] }, { __index = spec })
  if type(spec.name) ~= "string" then error("a gate needs a name: job:gate { \"supply\", … }", 0) end
  if not spec.name:find "^[%w_][%w_.-]*$" then
    error(("a gate's name has letters, digits, _ . and - only, for --force: %s"):format(text.brief(spec.name)), 0)
  end
  check_conditions(spec)
  local ok, limit, wanted = judge(spec)
  return {
    name = spec.name, ok = ok, value = value_of(spec), limit = limit, unit = spec.unit, kind = spec.kind or "gate",
    message = ok == false and refusal(spec, limit, wanted) or nil,
    doubt = ok == nil and doubt(spec, wanted) or nil, warning = warning(spec, limit),
    may_force = spec.may_force ~= false, advice = spec.advice, helps = spec.helps,
  }
end

return gate
