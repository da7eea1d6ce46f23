--- Repeats a step that is safe to repeat, as the table in scripts/retries.lua says.
-- @module dfota.retry

local core = require "dfota.core"

local retry = {}

-- Faults that may pass by themselves. A gate, an interruption or a lost port will not.
local MAY_PASS = {
  timeout = true, network = true, pdp = true, upload = true, cme = true, refused = true, reboot = true,
}

-- What wears flash or starts an update is never repeated, whatever a table says.
local NEVER = { "trigger", "fotadl", "update", "commit" }

local function wrong(message, ...)
  error(core.error("settings", "scripts/retries.lua: " .. message:format(...)), 0)
end

local function check_number(step, entry, field, least, most)
  local value = entry[field]
  local ok = math.type(value) and value >= least and value <= most
  if not ok then wrong("%s.%s must be a number from %d to %d", step, field, least, most) end
end

local function check_entry(step, entry)
  if type(step) ~= "string" or type(entry) ~= "table" then wrong("every entry is name = { times = … }") end
  for _, word in ipairs(NEVER) do
    if step:lower():find(word, 1, true) then wrong("%s is never repeated; take it out of the table", step) end
  end
  check_number(step, entry, "times", 1, 100)
  if not math.tointeger(entry.times) then wrong("%s.times must be a whole number", step) end
  if entry.pause_s ~= nil then check_number(step, entry, "pause_s", 0, 3600) end
  if entry.backoff ~= nil then check_number(step, entry, "backoff", 1, 10) end
end

local function check(steps)
  if type(steps) ~= "table" then wrong("it does not return a table") end
  for step, entry in pairs(steps) do check_entry(step, entry) end
end

local MAX_PAUSE_S = 3600

local function pause_after(entry, try)
  return math.min((entry.pause_s or 0) * (entry.backoff or 1) ^ (try - 1), MAX_PAUSE_S)
end

local function attempt(entry, times, step, fn, options)
  for try = 1, times do
    local result = table.pack(fn())
    local err = result[2]
    if result[1] ~= nil or try == times or not (core.is_error(err) and MAY_PASS[err.kind]) then
      return table.unpack(result, 1, result.n)
    end
    local pause_s = pause_after(entry, try)
    if options.note then options.note(step, try, times, err, pause_s) end
    local ok, stopped = options.wait(pause_s)
    if not ok then return nil, stopped end
  end
end

--- Makes the function that repeats steps.
-- @tparam table steps what scripts/retries.lua returns: step → {times=, pause_s=, backoff=}; a mistake in it
--   raises an err of kind "settings"
-- @tparam table options `wait(seconds)` → true | nil, err does the pause, so that no sleep is hidden;
--   `repeats` overrides how often every step is repeated (--retries), 0 for never;
--   `note(step, try, times, err, pause_s)` is told before each pause
-- @treturn function(step, fn) runs `fn` until it returns something else than nil, the tries are used up, or
--   the err is of a kind that does not pass by itself; returns what `fn` returned last. A step that is not
--   in the table raises.
function retry.new(steps, options)
  check(steps)
  assert(type(options.wait) == "function", "retry.new needs a wait function")
  return function(step, fn)
    local entry = steps[step]
    if not entry then wrong("there is no step named %s in the table", step) end
    local times = options.repeats and options.repeats + 1 or entry.times
    return attempt(entry, times, step, fn, options)
  end
end

return retry
