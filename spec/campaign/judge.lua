--- Is what the tool said true? Every check looks at what the simulated module knows of itself, never at what the
-- tool believes. A check returns nothing when all is well, and a sentence when it is not.
local Stage = require "campaign.stage"
local bound = require "campaign.bound"

local judge = {}

local MOST_STEPS = 100000
local LAST_LOOK_S = 10 -- what comes back within the last look for it comes too late

local SECRETS = { "s3cret.word", "us3r.name", "001010123456789" }

local OUTCOMES = {
  [0] = { updated = true, already_current = true, checked = true },
  [75] = { failed_on_source = true, not_started = true }, [80] = { unknown = true },
  [81] = { failed_on_source = true }, [82] = { wrong_revision = true },
}

local checks = {}

function checks.it_says_one_result_and_nothing_behind_it(run)
  local results = 0
  for _, event in ipairs(run.report.events) do
    if event.event == "result" then results = results + 1 end
  end
  if results ~= 1 or not run.result then return ("%d results, the last event is another one"):format(results) end
  if run.result.rc ~= run.rc then return ("the exit code is %s, the result says %s"):format(run.rc, run.result.rc) end
  if run.result.ok ~= (run.rc == 0) then return "ok and the exit code differ" end
  local outcomes = OUTCOMES[run.rc] or { not_started = true }
  local outcome = run.result.outcome
  if not outcomes[outcome] then return ("outcome %s with exit code %d"):format(outcome, run.rc) end
end

function checks.programs_get_the_result_last(run)
  local lines = run.report:lines()
  if not lines then return end
  for i, line in ipairs(lines) do
    if (line:find('"event":"result"', 1, true) ~= nil) ~= (i == #lines) then return "JSON Lines: " .. line end
  end
end

function checks.it_triggers_once_at_most(run)
  if run.tx_triggers > 1 then return ("AT+QFOTADL was sent %d times"):format(run.tx_triggers) end
end

-- From its beginning, or from the last sign of life of an update; what a lost port takes is counted on its own.
function checks.it_does_not_hang(run, _, case)
  if run.steps > MOST_STEPS then return ("it waited %d times"):format(run.steps) end
  local limit_s = bound.before(run.set, run.retries, case.way)
  local begun_s = run.began
  if run.triggered_at or run.follows then
    limit_s = limit_s + bound.after(run.set)
    begun_s = math.max(begun_s, run.last_sign or 0)
  end
  local followed_s = run.ended - (run.triggered_at or run.ended)
  if followed_s > run.set.follow_s + bound.after(run.set) then return ("it followed for %.0f s"):format(followed_s) end
  local seconds = run.ended - begun_s - math.min(run.gone_s, run.set.recover_s)
  if seconds > limit_s then return ("it took %.0f virtual seconds, %.0f are its bound"):format(seconds, limit_s) end
end

function checks.a_failure_has_advice(run)
  local advice = run.result.advice
  if run.rc ~= 0 and not (type(advice) == "string" and advice ~= "") then return "there is no advice" end
end

local RETRIES = { none = true, safe = true, after_fix = true, never = true }

-- Safe to run again is only what cannot be updating itself, nor about to.
function checks.it_is_safe_only_where_that_is_true(run)
  local retry = run.result.retry
  if not RETRIES[retry] then return ("retry is %s"):format(retry) end
  if retry ~= "safe" then return end
  if run.tx_triggers > 0 and run.odd_stage then return ("safe, though it said %s"):format(run.odd_stage) end
  -- What an earlier run triggered is followed by the next, not triggered again.
  if run.went_on and run.tx_triggers > 0 then return "safe, and the module updates itself" end
end

function checks.a_revision_was_read_twice(run)
  local result = run.result
  if not result.after or run.other or not (run.tx_triggers > 0 or result.outcome == "already_current") then return end
  if run.readings < 2 then return ("after is %s, which the module said %d times"):format(result.after, run.readings) end
end

function checks.a_failure_the_module_told_is_no_success(run)
  if run.rc == 0 and run.failure and not run.want.to then return "0, though the module said " .. run.failure end
end

function checks.it_tells_the_revision_that_runs(run, truth)
  local after = run.result and run.result.after
  if after and after ~= truth.revision then return ("after is %s, the module runs %s"):format(after, truth.revision) end
end

local function came_after_trigger(run, name)
  local n = 0
  for _, signal in ipairs(run.signalled) do
    if signal.name == name and signal.triggered then n = n + signal.times end
  end
  return n
end

-- A loader that cannot go on and has no END for it begins again for ever.
local function never_ends(spec) return spec.profile == "rda" and (spec.fail or ""):find "^end" ~= nil end

-- Not back within recover_s, as the contract has it: what comes later nobody waits for.
local function was_silent_too_long(run)
  local silent_s = run.ended - math.max(run.began, run.triggered_at or 0, run.last_word or 0)
  return run.state ~= "ready" and silent_s >= run.set.update_silence_s + run.set.recover_s
end

-- What a tool that does its best could not have known.
local function unknowable(run, case)
  if was_silent_too_long(run) then return true end
  if never_ends(case.spec or {}) or run.odd_stage then return true end
  if run.changed_at and run.ended - run.changed_at < LAST_LOOK_S then return true end
  return run.state == "off" or run.state == "hung" or came_after_trigger(run, "INT") >= 3
    or run.gone_s > 500 or run.other or case.honest or (case.spec or {}).mute ~= nil
end

local rule = {}

rule[0] = function(run, truth)
  if run.result.outcome == "checked" then return end
  if truth.revision ~= Stage.TARGET then return ("0, but the module runs %s"):format(truth.revision) end
  if run.result.outcome == "already_current" and run.tx_triggers > 0 then return "already current, and triggered" end
end

rule[69] = function(run)
  if run.tx_triggers > 0 then return "69 after the trigger" end
end

rule[74] = function(run)
  if run.tx_triggers > 0 then return "74 after the trigger" end
  if run.gone_s == 0 then return "74, but the port was there" end
end

rule[75] = function(run, truth)
  if run.book_failed and run.tx_triggers == 0 then return end -- it never looked at the module
  if truth.revision ~= run.source then return ("75, but the module runs %s"):format(truth.revision) end
end

rule[80] = function(run, _, case)
  if not unknowable(run, case) then return "80, but the module could be asked" end
end

rule[81] = function(run, truth)
  if truth.revision ~= run.source then return ("81, but the module runs %s"):format(truth.revision) end
  if not truth.refusal then return "81, but the module said no code" end
end

-- A line that came garbled may tell a failure that there was none of, and then nothing but --to tells success.
rule[82] = function(run, truth, case)
  if case.honest and not run.want.to and run.result.after == truth.revision then return end
  if truth.revision == Stage.TARGET then return "82, but the module runs the target" end
end

rule[130] = function(run)
  if run.tx_triggers > 0 then return "130 after the trigger" end
  if #run.signalled == 0 then return "130 without a signal" end
end

rule[78] = function(run)
  if run.tx_triggers > 0 then return "78 after the trigger" end
  if not run.book_failed then return "78, but the ledger did not fail" end
end

-- Without an echo a command that was spoilt on its way cannot be told from one that the module refuses.
local function was_spoilt(case)
  for _, accident in ipairs(case.accidents or {}) do
    if accident.kind == "command" then return true end
  end
  local spec = case.spec or {}
  return spec.garble_at or spec.ati_wrong
end

-- A number or a revision that came garbled is not what a gate wants to see; nothing is lost by asking again.
rule[84] = function(run, _, case)
  if run.tx_triggers > 0 then return "84 after the trigger" end
  local at_the_target = not run.want.to and run.result.before == Stage.TARGET -- not what --from asks for
  if run.named or case.honest or case.force or at_the_target or was_spoilt(case) then return end
  return "84, but no gate was in the way"
end

local ONLY_IF_NAMED = { [1] = true, [2] = true, [65] = true, [66] = true, [77] = true, [83] = true }

function checks.its_exit_code_is_the_truth(run, truth, case, allowed)
  for _, rc in pairs(allowed or {}) do
    run.named = true -- the case says why
    if rc == run.rc then return rule[rc] and rule[rc](run, truth, case) end
  end
  if run.rc == 80 and was_silent_too_long(run) then return end -- whatever the case expects of a quicker module
  if allowed then return ("exit code %d"):format(run.rc) end
  if ONLY_IF_NAMED[run.rc] or not rule[run.rc] then return ("exit code %d"):format(run.rc) end
  return rule[run.rc](run, truth, case)
end

function checks.a_failure_has_the_code_the_module_said(run, truth, case)
  if run.rc == 81 and case.code and run.result.code ~= case.code and not truth.wordless then
    return ("code %s, the module said %d"):format(run.result.code, case.code)
  end
end

function checks.a_signal_before_the_trigger_ends_it(run)
  if run.tx_triggers == 0 then return end
  for _, signal in ipairs(run.signalled) do
    if not signal.triggered then return signal.name .. " came before the trigger, and it was triggered" end
  end
end

function checks.it_saves_nothing_in_the_module(run)
  for _, bytes in ipairs(run.sent) do
    if bytes:find("&W", 1, true) then return "sent " .. bytes end
  end
end

local function row_of(run, rows)
  for _, row in ipairs(rows) do
    if row.id == run.row then return row end
  end
end

function checks.the_ledger_agrees(run, truth, case)
  local row = row_of(run, truth.rows)
  if run.tx_triggers > 0 and not (row and row.triggered) then return "triggered without a record of this module" end
  if not row or run.killed or run.result.recorded == false then return end
  for _, gate in ipairs(case.force or {}) do
    if not (row.forced or ""):find(gate, 1, true) then
      return "the ledger does not say that " .. gate .. " was forced"
    end
  end
  for ours, theirs in pairs { outcome = "outcome", after = "after", code = "code" } do
    if row[theirs] ~= run.result[ours] then
      return ("the ledger says %s %s, the result %s"):format(ours, row[theirs], run.result[ours])
    end
  end
  if not row.finished then return "the record has no end" end
end

-- `recorded` is what became of the record, and only a ledger that failed is told of.
function checks.it_knows_what_was_recorded(run, truth)
  local recorded, row = run.result.recorded, row_of(run, truth.rows)
  if recorded == nil then return row and "there is a record, and the result does not tell" or nil end
  if recorded == false and not run.book_failed then return "not recorded, though the ledger did not fail" end
  local ended = row and row.finished and row.outcome == run.result.outcome
  if recorded and run.row and not ended then return "recorded, says the result, and the record has no such end" end
end

local function has_secret(text)
  for _, secret in ipairs(SECRETS) do
    if text:find(secret, 1, true) then return secret end
  end
end

function checks.it_keeps_secrets(run, truth)
  for _, event in ipairs(run.report.events) do
    for key, value in pairs(event) do
      local secret = type(value) == "string" and has_secret(value)
      if secret then return ("event %s: %s says %s: %s"):format(event.event, key, secret, value) end
    end
  end
  for _, row in ipairs(truth.rows) do
    for key, value in pairs(row) do
      if has_secret(tostring(value)) then return "the ledger: " .. key end
    end
  end
  local secret = truth.trace and has_secret(truth.trace)
  if secret then return "the trace says " .. secret end
end

-- The settings of the module when it was asked are those it still has; nobody sets any behind the verdict.
function checks.it_tells_the_settings_the_module_has(run, _, case)
  if case.honest or run.other or not (run.facts and run.session) then return end
  local session, told = run.session, run.facts
  for name, has in pairs { ipr = session.ipr, cmee = session.cmee } do
    local says = told[name .. "_after"]
    if says and says ~= has then return ("it tells %s %s, the module has %s"):format(name, says, has) end
  end
end

function checks.before_the_trigger_all_is_taken_back(run, truth, case)
  if case.clean and run.tx_triggers == 0 and truth.left and run.rc ~= 0 then return truth.left end
end

--- What of an unfinished job is left in the module, as a sentence; nil where there is nothing.
function judge.left_behind(world)
  local m = world.m
  if m.data then return "the module is still in data mode" end
  if m.files["fota.pack"] and m.spec.stale_pack == 0 then return "a fota.pack is left behind" end
  if m.pdp.state ~= "IP INITIAL" then return "the PDP context is left in " .. m.pdp.state end
  for _, name in ipairs { "echo", "verbose", "cmee", "ifc" } do
    if m.session[name] ~= m.profile[name] then return ("%s is left at %s"):format(name, m.session[name]) end
  end
end

local function sorted_names()
  local names = {}
  for name in pairs(checks) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local NAMES = sorted_names()

--- Judges one run.
-- @tparam table run see `campaign.world`
-- @tparam table truth `revision` at rest, `rows`, `trace`, `left`, `refusal`
-- @tparam table case
-- @tparam ?table allowed exit codes
-- @treturn {string,...} what is wrong
function judge.run(run, truth, case, allowed)
  if run.fault then return { "it raised: " .. run.fault } end
  if run.killed then
    local wrong = checks.it_triggers_once_at_most(run) or checks.the_ledger_agrees(run, truth, case)
      or checks.it_keeps_secrets(run, truth)
    return { wrong }
  end
  local wrong = {}
  for _, name in ipairs(NAMES) do
    local why = checks[name](run, truth, case, allowed)
    if why then wrong[#wrong + 1] = ("%s: %s"):format(name:gsub("_", " "), why) end
  end
  return wrong
end

--- Judges the records when all is over.
function judge.records(rows)
  local wrong = {}
  for _, row in ipairs(rows) do
    if row.triggered and not row.finished then wrong[#wrong + 1] = "a triggered update has no end in the ledger" end
    if row.outcome == "updated" and row.after ~= Stage.TARGET then
      wrong[#wrong + 1] = ("the ledger says updated to %s"):format(row.after)
    end
  end
  return wrong
end

return judge
