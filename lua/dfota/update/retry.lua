--- Repeats a step that is safe to repeat, as the table in scripts/retries.lua says.
-- @module dfota.update.retry

local blame = require "dfota.update.blame"
local core = require "dfota.core"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"

local retry = {}

-- The steps of the flows that come with dfota. A row for another one says `own = true`.
local STEPS = { "sync", "query", "register", "pdp", "upload", "read" }
local KNOWN = {}
for _, step in ipairs(STEPS) do KNOWN[step] = true end

local FIELDS = { "times", "pause_s", "backoff", "own" }
local KNOWN_FIELDS = { times = true, pause_s = true, backoff = true, own = true }

-- Errors that may be transient. A gate, an interruption or a lost port is not, nor is a wrong APN or a full file
-- system.
local TRANSIENT = {
  timeout = true, network = true, pdp = true, upload = true, cme = true, refused = true, reboot = true,
}

-- Only the search for the module is repeated without an answer; elsewhere a silent module is not asked again.
local TRANSIENT_IN = { sync = { no_answer = true } }

-- Repeating a query gives the same answer, unless that was "not ready yet" or unreadable.
local function is_final_answer(step, err)
  return (step == "query" or step == "register") and (err.kind == "refused" or err.kind == "cme") and not err.transient
end

local function is_transient(step, err)
  if not core.is_error(err) or is_final_answer(step, err) then return false end
  local own = TRANSIENT_IN[step]
  return TRANSIENT[err.kind] or own ~= nil and own[err.kind] or false
end

-- What wears flash or starts an update is never repeated, whatever a table says.
local NEVER = { "trigger", "fotadl", "update", "commit" }

local function wrong(message, ...)
  error(core.error("settings", message:format(...)), 0)
end

local function check_number(step, entry, field, least, most)
  local value = entry[field]
  local ok = math.type(value) and value >= least and value <= most
  if not ok then wrong("%s.%s must be a number from %d to %d", step, field, least, most) end
end

-- Otherwise a mistyped name would be a row that nothing uses.
local function check_names(step, entry)
  if not KNOWN[step] and entry.own ~= true then
    wrong("there is no step %s%s (a step of your own flow needs own = true)", text.brief(step),
      suggest.hint(step, STEPS))
  end
  for field in pairs(entry) do
    if not KNOWN_FIELDS[field] then
      wrong("%s has no field %s%s", step, text.brief(field), suggest.hint(field, FIELDS))
    end
  end
end

local function check_entry(step, entry)
  if type(step) ~= "string" or type(entry) ~= "table" then wrong("every entry must be name = { times = … }") end
  for _, word in ipairs(NEVER) do
    if step:lower():find(word, 1, true) then wrong("%s is never repeated; remove it from the table", step) end
  end
  check_names(step, entry)
  check_number(step, entry, "times", 1, 100)
  if not math.tointeger(entry.times) then wrong("%s.times must be a whole number", step) end
  if entry.pause_s ~= nil then check_number(step, entry, "pause_s", 0, 3600) end
  if entry.backoff ~= nil then check_number(step, entry, "backoff", 1, 10) end
end

local function check_all(steps)
  if type(steps) ~= "table" then wrong("it does not return a table") end
  for step, entry in pairs(steps) do check_entry(step, entry) end
end

--- Raises an error of kind "settings" if the table is wrong.
-- @tparam table steps
-- @tparam[opt="scripts/retries.lua"] string path of the table, for the message
function retry.check(steps, path)
  local ok, err = pcall(check_all, steps)
  if ok then return end
  if not core.is_error(err) then error(err, 0) end
  error(core.error(err.kind, ("%s: %s"):format(text.printable(path or "scripts/retries.lua"), err.message)), 0)
end

--- The steps that a flow's source names.
-- @tparam string source
-- @treturn {table,...} each `step` and `line`
function retry.used_in(source)
  local used, number = {}, 0
  for line in (source .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local code = line:gsub("%-%-.*$", "")
    for step in code:gmatch ":retry%s*%(%s*[\"']([^\"']+)[\"']" do used[#used + 1] = { step = step, line = number } end
  end
  return used
end

local function names_of(steps)
  local names = table.move(STEPS, 1, #STEPS, 1, {})
  for step in pairs(steps) do
    if not KNOWN[step] then names[#names + 1] = step end
  end
  return names
end

-- Reported with the line that uses it: before the flow starts or, if the name is computed, when it gets there.
local function refuse_step(steps, step, place)
  local message = ("the step %s has no row in retries.lua%s"):format(
    text.brief(step), suggest.hint(step, names_of(steps)))
  error(core.error("settings", place and place .. ": " .. message or message), 0)
end

--- Raises an error of kind "settings" if a flow uses a step that has no row in the table.
-- @tparam table steps
-- @tparam string source of the flow
-- @tparam string path of the flow
function retry.check_used(steps, source, path)
  for _, use in ipairs(retry.used_in(source)) do
    if not steps[use.step] and not KNOWN[use.step] then refuse_step(steps, use.step, path .. ":" .. use.line) end
  end
end

-- A table that lacks a standard row still works: that step is tried once, with a warning. Reading back is like
-- uploading, and tables from before it had a row of its own need none.
local function completed(steps)
  local all, missing = {}, {}
  for step, entry in pairs(steps) do all[step] = entry end
  for _, step in ipairs(STEPS) do
    if not all[step] and step == "read" then
      all.read = all.upload
    elseif not all[step] then
      all[step], missing[#missing + 1] = { times = 1 }, step
    end
  end
  return all, missing
end

local MAX_PAUSE_S = 3600

local function pause_after(entry, try)
  return math.min((entry.pause_s or 0) * (entry.backoff or 1) ^ (try - 1), MAX_PAUSE_S)
end

local function attempt(entry, times, step, fn, options)
  for try = 1, times do
    local result = table.pack(fn())
    local err = result[2]
    if result[1] ~= nil or try == times or not is_transient(step, err) then
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
--   raises an error of kind "settings"
-- @tparam table options `wait(seconds)` → true | nil, err does the pause, so that there is no hidden sleep;
--   `repeats` overrides how often every step is repeated (--retries), 0 for never;
--   `note(step, try, times, err, pause_s)` is called before each pause
-- @treturn function(step, fn): runs `fn` until it returns something other than nil, the tries are used up, or the error
--   is not transient; returns what `fn` returned last. A step of an edited flow that is not in the table raises an
--   error of kind "settings".
-- @treturn {string,...} standard steps that have no row: they are tried once
function retry.new(steps, options)
  retry.check(steps)
  assert(type(options.wait) == "function", "retry.new needs a wait function")
  local all, missing = completed(steps)
  return function(step, fn)
    local entry = all[step] or refuse_step(all, step, blame.place())
    local times = options.repeats and options.repeats + 1 or entry.times
    return attempt(entry, times, step, fn, options)
  end, missing
end

return retry
