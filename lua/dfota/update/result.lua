--- The fields that every result has: exit code, "run it again?", what to do first.
-- The one place where `err.kind` becomes a number (contract: exit codes).
-- @module dfota.update.result
local result = {}

local exit_of_kind = {
  usage = 2,
  package = 65, url = 65, plan = 65, trace = 65, differs = 65,
  package_missing = 66, absent = 66, trace_missing = 66, plan_missing = 66,
  no_answer = 69,
  port_missing = 74, pty_gone = 74, port_busy = 74, not_a_port = 74, hangup = 74, io = 74, unsupported = 74,
  no_room = 74,
  network = 75, pdp = 75, upload = 75, timeout = 75, refused = 75, cme = 75, cms = 75, power = 75, reboot = 75,
  apn = 75, ledger_locked = 75, central = 75,
  port_permission = 77,
  settings = 78, ledger = 78, run = 78, central_refused = 78,
  wear = 83,
  gate = 84, room = 84, unable = 84,
  interrupted = 130,
}

-- Exit code → may it be run again, what to do first (contract: exit codes), and which command helps
-- (`dfota.update.advice`).
local after_exit = {
  [0] = { "none" },
  [1] = { "none", "a fault in an edited script, or in dfota itself: then please report it, with the trace" },
  [2] = { "after_fix", "fix the call; --help shows the options" },
  [65] = { "after_fix", "fix the package, its manifest or the URL" },
  [66] = { "after_fix", "check the package's path" },
  [69] = { "after_fix", "check wiring, power and baud rate; a module that a killed upload left waiting for data "
    .. "answers again after a minute" },
  [74] = { "after_fix", "check the port" },
  [75] = { "safe", "nothing was changed in the firmware", "again" },
  [77] = { "after_fix", "get permission to use the port" },
  [78] = { "after_fix", "fix the settings" },
  [80] = { "never", "keep the module powered and run watch.lua, which follows it and asks for its revision",
    "watch" },
  [81] = { "after_fix", "read the code before trying again" },
  [82] = { "after_fix", "compare both revisions with the package's: it may be the wrong package", "info" },
  [83] = { "never", "the flash may be worn out (the ledger's count is a lower bound): plan to replace the module" },
  [84] = { "after_fix", "fix what the gate names" },
  [130] = { "safe", "nothing was changed", "again" },
}

-- Kinds that are not transient, although others with the same exit code are.
local retry_of_kind = {
  ledger = { "after_fix", "fix the ledger, or run without a record: --ledger none" },
  apn = { "after_fix", "check APN, user and password with the SIM's operator" },
  differs = { "after_fix", "upload it again, or delete it" },
  unable = { "after_fix", "nothing was changed; files.lua list shows the sizes, which are all that can be compared" },
  room = { "after_fix", "delete files that are not needed in the module's UFS", "files" },
}

--- Completes a result by what its exit code means. Advice of its own stays.
-- @tparam integer rc exit code
-- @tparam table fields of a `result` event
-- @tparam[opt] string kind of the error that ended the run
-- @treturn table `fields`, with `rc`, `ok`, `retry`, `advice` and `step`
function result.of(rc, fields, kind)
  local retry, advice, step = table.unpack(retry_of_kind[kind] or after_exit[rc])
  fields.rc, fields.ok, fields.retry = rc, rc == 0, retry
  fields.has_own_advice = fields.advice and true
  fields.advice, fields.step = fields.advice or advice, fields.step or step
  return fields
end

--- The exit code of an error in a run with a module.
-- A time-out while only queries are sent means that the module does not answer; later, that the step failed.
-- @tparam dfota.error err
-- @tparam ?string phase in which it occurred
-- @treturn integer
function result.exit_of(err, phase)
  local only_asked = phase == nil or phase == "prepare"
  if err.kind == "timeout" and only_asked then return 69 end
  return exit_of_kind[err.kind] or 1
end

--- The exit code of an error that ended a program which talks to no module.
-- @tparam string kind
-- @treturn integer
function result.exit_code(kind) return exit_of_kind[kind] or 1 end

--- Does a result advise nothing but to run it again?
-- @tparam table fields of a result
-- @treturn boolean
function result.only_says_again(fields)
  return fields.retry == "safe" and (fields.prose or fields.advice) == after_exit[fields.rc][2]
end

return result
