--- The verdict on a run: what an error, or what was seen of an update, means as a result.
-- @module dfota.update.verdict
local codes = require "dfota.modem.codes"
local result = require "dfota.update.result"

local verdict = {}

--- The result for an error that ended the run.
-- @tparam dfota.error err
-- @tparam table known `before` the revision, if known; `phase` in which it occurred; `triggered`: after the trigger
-- @treturn table the fields of a `result` event
function verdict.of_error(err, known)
  if known.triggered then return verdict.unknown(err.message, known.before) end
  return result.of(result.exit_of(err, known.phase), {
    outcome = "not_started",
    changed = false,
    before = known.before,
    message = err.message,
    advice = err.advice,
    force = err.force, ports = err.ports, value = err.value,
    step = err.helps or err.force and "force" or err.ports and "ports" or nil,
  }, err.kind)
end

--- The result for a fault in the program.
-- @tparam string message
-- @tparam table known `before`, `triggered`
-- @treturn table
function verdict.of_fault(message, known)
  local fields = { outcome = known.triggered and "unknown" or "not_started", before = known.before, message = message }
  if not known.triggered then fields.changed = false end
  return result.of(1, fields)
end

--- Nothing had to be done, or nothing was meant to be done.
-- @tparam string outcome "already_current" or "checked"
-- @tparam string revision
-- @tparam string message
-- @treturn table
function verdict.unchanged(outcome, revision, message)
  return result.of(0, { outcome = outcome, changed = false, before = revision, after = revision, message = message })
end

--- What was asked for was looked at, and is not as it should be. The outcome `checked` stands for 0 alone: whoever asks
-- for it must not take a difference for a match.
-- @tparam string kind of error, for its exit code
-- @tparam string revision
-- @tparam string message
-- @treturn table
function verdict.found(kind, revision, message)
  return result.of(result.exit_code(kind), { outcome = "not_started", changed = false, before = revision,
    after = revision, message = message, found = true }, kind)
end

--- The end was not seen.
-- @tparam string message
-- @tparam[opt] string before
-- @treturn table
function verdict.unknown(message, before)
  return result.of(80, { outcome = "unknown", before = before, message = message })
end

--- Why the outcome of an update that is unknown cannot be settled by the revision alone: a stage was reported that is
-- not in the application note. Kept in the ledger.
verdict.UNKNOWN_STAGE = "unknown_stage"

local function told_code(facts) return codes.is_fota(facts.code) and facts.code or nil end

-- The module still runs the source after a failure. Only what can be nothing but a failed download is safe to run
-- again: an unknown stage may mean that an update is going on.
local function on_source(rc, facts, message, advice, step)
  if rc == 75 and facts.unknown then
    local unknown = verdict.unknown(message .. "; but it reported an unknown stage, "
      .. "and may still be updating itself", facts.before)
    unknown.after, unknown.code = facts.after, told_code(facts)
    return unknown
  end
  return result.of(rc, { outcome = "failed_on_source", changed = false, before = facts.before, after = facts.after,
    code = told_code(facts), message = message, advice = advice, step = step })
end

local DOWNLOAD_ENDS = { HTTPEND = true, HTTPSEND = true }

local NO_CODE = "it gave no code: see the trace for what it reported, and power-cycle the module"

-- A number after +CME ERROR with its meaning (manuals); DFOTA's own codes have theirs already.
local function reported(facts)
  if facts.where ~= "CME" or math.type(facts.code) ~= "integer" then return facts.said end
  return ("%s, %s"):format(facts.said, codes.meaning(facts.code))
end

local function failed(facts)
  local code = told_code(facts)
  local about = code and codes.fota(code) or nil
  local why = about and ("%d: %s"):format(code, about.meaning) or reported(facts) or "no code"
  local message = ("the module %s the update (%s) and runs its source firmware %s"):format(
    facts.where == "CME" and "refused" or "failed", why, facts.after)
  local download = DOWNLOAD_ENDS[facts.where] and code == 6503 and not facts.started
  local advice = about and about.advice or not facts.code and NO_CODE or nil
  if download then return on_source(75, facts, message, advice) end
  local fields = on_source(81, facts, message, advice, not (about and about.another) and "attempts" or nil)
  fields.says_all = true -- "run it again" alone would be refused: gate `attempts`
  return fields
end

local function has_failed(facts) return (facts.code or facts.said) ~= nil end

-- If the module reported a failure itself, only the target given by --to is a success.
local function is_target(facts)
  if facts.to then return facts.after == facts.to end
  return facts.before ~= nil and facts.after ~= facts.before and not has_failed(facts)
end

local function what_happened(facts)
  if has_failed(facts) then return ("the module reported a failure (%s)"):format(facts.said or facts.code) end
  return facts.not_begun and "the update was triggered but not seen to start"
    or facts.idle and "no update is under way" or "the update ended"
end

local function wrong_revision(facts)
  local what, before = what_happened(facts), facts.before
  if facts.after == before then return ("%s; the module still runs %s"):format(what, facts.after) end
  if facts.to then return ("%s; the module runs %s, not %s"):format(what, facts.after, facts.to) end
  if not before then return ("%s; the module runs %s"):format(what, facts.after) end
  return ("%s; the module ran %s before and now runs %s"):format(what, facts.after, before)
end

local function judge(facts)
  if not facts.after then
    return verdict.unknown(facts.silence or "the update was triggered, but its end was not seen", facts.before)
  end
  local changed
  if facts.before then changed = facts.after ~= facts.before end
  if is_target(facts) then
    return result.of(0, { outcome = "updated", changed = changed, before = facts.before, after = facts.after,
      message = ("the module now runs %s"):format(facts.after) })
  end
  if has_failed(facts) and (facts.before == nil or facts.after == facts.before) then return failed(facts) end
  if facts.downloading and facts.after == facts.before then
    return on_source(75, facts, ("the download did not finish (%s); the module runs its source firmware %s"):format(
      facts.why or "no END was reported", facts.after))
  end
  if not facts.before and not facts.to then
    local unknown = verdict.unknown(("the module runs %s, but the revision before is unknown: give --to")
      :format(facts.after))
    unknown.after = facts.after
    return unknown
  end
  return result.of(82, { outcome = "wrong_revision", changed = changed, before = facts.before, after = facts.after,
    code = told_code(facts), message = wrong_revision(facts) })
end

-- A power cut that the update has survived belongs in the result: the next one may come at a worse moment. One that
-- nobody has heard can only be concluded.
local function survived(facts)
  if facts.late_s and facts.restarts == 0 then
    return ("; the update began %.0f s after its trigger: it seems to have been interrupted before that (a power cut "
      .. "or a reset), and began again by itself"):format(facts.late_s)
  end
  local times = facts.restarts == 1 and "once" or facts.restarts .. " times"
  local where = facts.restarted_at and (", %sat %d %%"):format(facts.restarts > 1 and "the last time " or "",
    facts.restarted_at) or ""
  return ("; the update was interrupted %s%s (a power cut or a reset), and began again by itself"):format(times, where)
end

--- Judge an update by the revision that the module reports after it.
-- @tparam table facts `before`, `to`, `after` revisions, each read twice; `code` and `where` ("CME", "HTTPEND",
--   "HTTPSEND", "END") of a failure, `said` as reported; `downloading` if it ended before the download did; `started`
--   if the update was seen to start; `unknown` if an unknown stage was reported; `not_begun` if nothing was seen of the
--   update itself; `idle` if none was followed; `refused` if the module refused the trigger; `nobody` the message if
--   nothing was received from any module; `left` if the user stopped the run; `restarts` how often
--   the update was interrupted and began again, `restarted_at` the percentage before the last time; `late_s`
--   how long after its trigger it was heard to begin, if that is too long; `whose` outcome that is, if another module
--   answers by then: the IMEI of the first
-- @treturn table the fields of a `result` event, and `refused`, `left`, `whose` and `doubt` (`UNKNOWN_STAGE` or nil)
--   for the run itself
function verdict.of_update(facts)
  if facts.nobody then
    return verdict.of_error({ kind = "no_answer", message = facts.nobody }, { before = facts.before })
  end
  local fields = judge(facts)
  fields.refused, fields.left, fields.whose = facts.refused, facts.left, facts.whose
  fields.doubt = fields.outcome == "unknown" and facts.unknown and verdict.UNKNOWN_STAGE or nil
  if (facts.restarts or 0) > 0 or facts.late_s then fields.message = fields.message .. survived(facts) end
  return fields
end

--- An earlier run saw a stage that this program does not know, and not its end: the module may still be updating
-- itself, however long ago that was, and the source revision proves nothing. Only watch.lua settles it.
-- @tparam table facts `before`, `after`: the revision that runs
-- @treturn table the fields of a result
function verdict.of_doubt(facts)
  local fields = verdict.unknown(("an earlier run triggered an update, which reported an unknown stage and may still "
    .. "be going on; the module runs its source firmware %s"):format(facts.after), facts.before)
  fields.after = facts.after
  return fields
end

--- Judge the update of an earlier run, whose end was not seen, by what the module runs now.
-- A run that would update may go on: the trigger, or the download, may have been lost with the run that saw neither.
-- Where watch.lua has listened in vain to a module that had its package in a file, what it says is a verdict, and
-- recorded as it was said: the package is not tried there again by itself.
-- @tparam table facts `before`, `to`, `after`; `is_over`: by watch.lua, and no download can have failed
-- @treturn table the fields of a result; never "unknown", or the record would stay open forever
function verdict.of_earlier(facts)
  local fields = judge {
    before = facts.before, to = facts.to, after = facts.after, downloading = not facts.is_over,
    why = "the end of that run was not seen",
  }
  if fields.outcome == "unknown" then fields.outcome = "wrong_revision" end
  return fields
end

--- Judge a module that is not updating, for watch.lua.
-- @tparam table facts `before` the revision that runs; `from`, `to` as requested
-- @treturn table the fields of a result
function verdict.of_idle(facts)
  if facts.before == facts.to and not facts.from then return verdict.already_current(facts.before) end
  if facts.to or facts.from then
    return verdict.of_update { before = facts.from, to = facts.to, after = facts.before, idle = true }
  end
  return verdict.unchanged("checked", facts.before, "no update is under way")
end

--- There is nothing to do.
-- @tparam string revision the one that runs
-- @tparam[opt] string how this is known
-- @treturn table
function verdict.already_current(revision, how)
  return verdict.unchanged("already_current", revision, ("the module already runs %s%s"):format(revision,
    how and ", " .. how or ""))
end

--- A plan was shown, and is not carried out.
-- @tparam string kind of error: "interrupted" if the user does not want to, "usage" if nobody can be asked
-- @tparam string before
-- @tparam string message
-- @treturn table the fields of a result
function verdict.not_confirmed(kind, before, message)
  return result.of(result.exit_code(kind), { outcome = "not_started", changed = false, before = before,
    message = message, advice = kind == "usage" and "--yes carries the plan out without a question" or nil })
end

--- A flow ended without a decision.
-- @tparam table known `before` the revision, if known; `met`: the module was found even if not; `check`: a run with
--   --check; `looks` what the script does, in words, if it only reads
-- @treturn table the fields of a result
function verdict.of_end(known)
  if known.looks then return verdict.unchanged("checked", known.before, known.looks) end
  local met = known.met or known.before ~= nil
  if known.check and met then
    return verdict.unchanged("checked", known.before, "all gates passed; nothing was changed")
  end
  return verdict.of_error({ kind = "settings", message = met
    and "the flow ended without a trigger; nothing was changed in the firmware"
    or "the flow ended before job:connect(); nothing was changed",
    advice = "fix the script: an update ends with job:trigger()" }, { before = known.before })
end

-- PDP context states in which no download is possible (GSM TCPIP application note).
local DOWN = { ["IP INITIAL"] = true, ["PDP DEACT"] = true }

--- Is a silent download over for certain? Only if its PDP context is deactivated or, if its state is unknown, if the
-- module rebooted.
-- @tparam string|nil context its state as AT+QISTAT reports it
-- @tparam boolean rebooted
-- @treturn boolean
function verdict.download_is_over(context, rebooted)
  if context then return DOWN[context] == true end
  return rebooted == true
end

--- Should the run restore the session and deactivate its PDP context? Yes if the module still runs its source firmware
-- after the update, and so stays in use.
-- @tparam table fields of the result
-- @treturn boolean
function verdict.takes_back(fields)
  return not fields.ok and fields.after ~= nil and fields.after == fields.before
end

return verdict
