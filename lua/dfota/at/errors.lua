--- How an exchange with a module fails, as errors that name the port and the command.
-- @module dfota.at.errors
local core = require "dfota.core"
local urc = require "dfota.at.urc"
local words = require "dfota.base.text"

local errors = {}

-- Busy or not ready yet, as a number or as text (CMEE=2). A real M26 reported 3517 for seconds after power-on.
local TRANSIENT = {
  [14] = true, [3515] = true, [3517] = true, ["sim busy"] = true, ["ps busy"] = true, ["sms not ready"] = true,
}

local function is_transient(code)
  return TRANSIENT[type(code) == "string" and code:lower() or code] == true
end

-- Credentials follow the "=": the name of the command says enough.
local function shown(command)
  return command:match("^[^=?]+[=?]?%??") or command
end

--- The module answered with a final result code that means failure.
-- @param port the port it was received on
-- @tparam string command the command sent
-- @tparam string class of the final result code (`error`, `cme`, `cms`, …)
-- @param code the number or text after `+CME ERROR:`
-- @tparam string text the final result code as received
-- @treturn dfota.error kind `cme`, `cms` or `refused`; `text` if the module sent the error as text; `transient` if
--   the module is not ready yet; `unanswered` if its AT engine reports that nothing in the module handled the command
function errors.refused(port, command, class, code, text)
  local message = ("%s: %s was answered with %s"):format(port:name(), shown(command), words.received(text))
  if class == "cme" or class == "cms" then
    local err = core.error(class, message, math.type(code) == "integer" and code or nil)
    err.transient = class == "cme" and is_transient(code) or nil
    err.text = math.type(code) ~= "integer" and code or nil
    return err
  end
  local err = core.error("refused", message)
  err.unanswered = class == "no_response" or nil
  return err
end

--- The module answered, but the answer lacks what was asked for: a line was lost or damaged, or belongs to another
-- module.
-- @param port
-- @tparam string command
-- @tparam string lacking what is missing, such as "a number"
-- @treturn dfota.error kind `refused`, `transient`
function errors.unreadable(port, command, lacking)
  local err = core.error("refused", ("%s: %s was answered without %s"):format(port:name(), shown(command), lacking))
  err.transient = true
  return err
end

--- Did the module itself refuse? Anything else (silence, a signal, a lost port) means that there was no answer.
-- @tparam dfota.error err
-- @treturn boolean
function errors.is_no(err)
  return err.kind == "refused" or err.kind == "cme"
end

--- The file being uploaded is another than the run began with.
-- @tparam string what its path, and how it differs if that is known
-- @treturn dfota.error kind `package`
function errors.package_changed(what)
  return core.error("package",
    what .. ": the package changed while it was uploaded; make sure that it is complete, and run it again")
end

--- The file being uploaded failed, not the port: it can no longer be read, or has become shorter.
-- @tparam dfota.error err what `core.upload` or its `chunk` returned; a code is the system's errno
-- @treturn dfota.error kind `package_missing` or `package`
function errors.of_source(err)
  if err.code then return core.error("package_missing", err.message) end
  return errors.package_changed(err.message)
end

--- The module did not answer in time.
-- @param port
-- @tparam string command
-- @tparam number timeout_s
-- @tparam string stage what is missing: `echo` or `answer`
-- @treturn dfota.error kind `timeout`
function errors.timed_out(port, command, timeout_s, stage)
  return core.error("timeout", ("%s: no %s to %s within %s s"):format(
    port:name(), stage, shown(command), words.seconds(timeout_s)))
end

--- Bytes keep arriving without a pause, but not what was waited for.
-- @param port
-- @treturn dfota.error kind `timeout`
function errors.flooded(port)
  return core.error("timeout", port:name() .. ": timed out: data keeps arriving, but no answer")
end

--- An earlier command is still pending, and the query sent after it was not answered either.
-- @param port
-- @tparam string command the earlier one
-- @tparam number timeout_s
-- @treturn dfota.error kind `timeout`
function errors.still_pending(port, command, timeout_s)
  return core.error("timeout", ("%s: %s is still pending, and the query sent after it timed out after %s s"):format(
    port:name(), shown(command), words.seconds(timeout_s)))
end

--- The error if an unsolicited line means that a pending command will never be answered.
-- @param port
-- @tparam string command
-- @tparam string line
-- @treturn dfota.error|nil kind `power` or `reboot`; nil if the command may still be answered
function errors.broken_off(port, command, line)
  if urc.is_power(line) then
    local reported = line:gsub("%s+$", "")
    return core.error("power", ("%s: the module reported %s during %s"):format(port:name(), reported, shown(command)))
  elseif line:find("^RDY%s*$") then
    return core.error("reboot", ("%s: the module rebooted during %s"):format(port:name(), shown(command)))
  end
end

return errors
