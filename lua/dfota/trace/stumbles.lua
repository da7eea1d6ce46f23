--- Where an update stumbled: it began again, its percentage fell, or nothing was heard of it for long, as after a power
-- cut that it survived. Pure.
-- @module dfota.trace.stumbles

local finding_of = require "dfota.trace.finding"
local phases = require "dfota.trace.phases"
local text = require "dfota.base.text"

local NAMES = { UPDATING = "update", DOWNLOADING = "download" }
local BEGINS = { START = true, UPDATING = true, DOWNLOADING = true, HTTPSTART = true }
local ENDS = { END = true, HTTPEND = true }

local function finding(list, ...) list[#list + 1] = finding_of(...) end

local function at(state) return state.percent and (" at %d %%"):format(state.percent) or "" end

local function standstill(list, state, t, longest_s)
  local last = state.last
  if not last or t - last.t < longest_s then return end
  finding(list, last, "standstill", ("the %s stood still%s: nothing was heard of it for %s, until %.3f s"):format(
    NAMES[state.stage] or "update", at(state), text.duration(t - last.t), t))
end

local function restart(list, item, state)
  if not (state.started or state.stage == "UPDATING") then return end
  local after = state.ended and " after its end" or state.percent and (" after %d %%"):format(state.percent) or ""
  finding(list, item, "restart", ("the update began again%s: START came once more"):format(after))
end

local function fell(list, item, state, stage, percent)
  if state.stage ~= stage or not state.percent or percent >= state.percent then return end
  finding(list, item, "fell", ("the %s went back from %d %% to %d %%"):format(NAMES[stage], state.percent, percent))
end

local function take(list, item, state, longest_s)
  local stage = phases.stage(item.text)
  if not stage then return state end
  standstill(list, state, item.t, longest_s)
  if ENDS[stage] then return { started = stage == "END", ended = true } end
  if stage == "START" then
    restart(list, item, state)
    return { last = item, started = true }
  end
  local counted, percent = phases.percent(item.text)
  if counted then
    fell(list, item, state, counted, percent)
    state.stage, state.percent = counted, percent
  end
  if BEGINS[stage] or state.last then state.last = item end
  return state
end

local function is_trigger(item)
  return item.kind == "command" and item.text:upper():find "^AT%+QFOTADL=[^?]" ~= nil
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam number duration_s the time of the last byte
-- @tparam number longest_s how long a silence is told
-- @treturn {table,...} findings as of `dfota.trace.finding`: `restart`, `fell`, `standstill`
return function(items, duration_s, longest_s)
  local list, state = {}, {}
  for _, item in ipairs(items) do
    if item.kind == "unsolicited" then state = take(list, item, state, longest_s) end
    if is_trigger(item) then state = {} end -- another update
  end
  standstill(list, state, duration_s, longest_s)
  return list
end
