--- Repeats a step that is safe to repeat, as the table in scripts/retries.lua says.
-- @module dfota.update.retry

local blame = require "dfota.update.blame"
local core = require "dfota.core"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"

local retry = {}

-- The steps of the flows that come with dfota. A row for another one says `own = true`.
local STEPS = { "sync", "query", "register", "pdp", "upload" }
local KNOWN = {}
for _, step in ipairs(STEPS) do KNOWN[step] = true end

local FIELDS = { "times", "pause_s", "backoff", "own" }
local KNOWN_FIELDS = { times = true, pause_s = true, backoff = true, own = true }

-- Faults that may pass by themselves. A gate, an interruption or a lost port will not, nor will an APN that is
-- wrong or a file system that is full.
local MAY_PASS = {
  timeout = true, network = true, pdp = true, upload = true, cme = true, refused = true, reboot = true,
}

-- Only the search for the module is a search: anywhere else a module that went silent is not asked on and on.
local MAY_PASS_IN = { sync = { no_answer = true } }

-- A query changes nothing, so the same answer comes again, unless it said "not ready yet" or could not be read.
local function is_final_answer(step, err)
  return (step == "query" or step == "register") and (err.kind == "refused" or err.kind == "cme") and not err.transient
end

local function may_pass(step, err)
  if not core.is_error(err) or is_final_answer(step, err) then return false end
  local own = MAY_PASS_IN[step]
  return MAY_PASS[err.kind] or own ~= nil and own[err.kind] or false
end

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

-- A name that was mistyped would otherwise be a row that nothing reads.
local function check_names(step, entry)
  if not KNOWN[step] and entry.own ~= true then
    wrong("there is no step %s%s (a step of your own flow says own = true)", text.brief(step),
      suggest.hint(step, STEPS))
  end
  for field in pairs(entry) do
    if not KNOWN_FIELDS[field] then
      wrong("%s has no field %s%s", step, text.brief(field), suggest.hint(field, FIELDS))
    end
  end
end

local function check_entry(step, entry)
  if type(step) ~= "string" or type(entry) ~= "table" then wrong("every entry is name = { times = … }") end
  for _, word in ipairs(NEVER) do
    if step:lower():find(word, 1, true) then wrong("%s is never repeated; take it out of the table", step) end
  end
  check_names(step, entry)
  check_number(step, entry, "times", 1, 100)
  if not math.tointeger(entry.times) then wrong("%s.times must be a whole number", step) end
  if entry.pause_s ~= nil then check_number(step, entry, "pause_s", 0, 3600) end
  if entry.backoff ~= nil then check_number(step, entry, "backoff", 1, 10) end
end

--- Raises an err of kind "settings" where the table is wrong.
-- @tparam table steps
function retry.check(steps)
  if type(steps) ~= "table" then wrong("it does not return a table") end
  for step, entry in pairs(steps) do check_entry(step, entry) end
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

-- Told at the line that uses it, before the flow begins or, where its name is computed, when it comes to it.
local function refuse_step(steps, step, place)
  local message = ("the step %s has no row in scripts/retries.lua%s"):format(
    text.brief(step), suggest.hint(step, names_of(steps)))
  error(core.error("settings", place and place .. ": " .. message or message), 0)
end

--- Raises an err of kind "settings" where a flow uses a step that has no row in the table.
-- @tparam table steps
-- @tparam string source of the flow
-- @tparam string path of that
function retry.check_used(steps, source, path)
  for _, use in ipairs(retry.used_in(source)) do
    if not steps[use.step] and not KNOWN[use.step] then refuse_step(steps, use.step, path .. ":" .. use.line) end
  end
end

-- A table that lost a row keeps its flows going: without repetition, and it is told.
local function completed(steps)
  local all, missing = {}, {}
  for step, entry in pairs(steps) do all[step] = entry end
  for _, step in ipairs(STEPS) do
    if not all[step] then all[step], missing[#missing + 1] = { times = 1 }, step end
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
    if result[1] ~= nil or try == times or not may_pass(step, err) then
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
-- @treturn function of a step and `fn`: runs `fn` until it returns something else than nil, the tries are used up, or
--   the err is of a kind that does not pass by itself; returns what `fn` returned last. A step of an edited flow
--   that is not in the table raises an err of kind "settings".
-- @treturn {string,...} steps of dfota's own flows that have no row: they are tried once
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
