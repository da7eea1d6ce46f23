--- How an exchange with a module fails, as errors that name the port and the command.
-- @module dfota.at.errors
local core = require "dfota.core"
local urc = require "dfota.at.urc"

local errors = {}

-- Busy or not ready yet, as a number or as CMEE=2 spells it. A real M26 said 3517 for seconds after power-on.
local TRANSIENT = {
  [14] = true, [3515] = true, [3517] = true, ["sim busy"] = true, ["ps busy"] = true, ["sms not ready"] = true,
}

local function is_transient(code)
  return TRANSIENT[type(code) == "string" and code:lower() or code] == true
end

-- Credentials stand behind the "=": the name of the command says enough.
local function shown(command)
  return command:match("^[^=?]+[=?]?%??") or command
end

--- The module answered with a final that means failure.
-- @param port the port it was said on
-- @tparam string command what was asked
-- @tparam string class of the final (`error`, `cme`, `cms`, …)
-- @param code the number or text behind `+CME ERROR:`
-- @tparam string text the final as it came
-- @treturn dfota.error kind `cme`, `cms` or `refused`; `text` where the module spelt the error out; `transient` where
--   the module says that it is not ready yet, `unanswered` where its AT engine says that nothing in it took the
--   command up
function errors.refused(port, command, class, code, text)
  local message = ("%s: %s was answered with %s"):format(port:name(), shown(command), text)
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

--- The module answered, and what was asked for is not in it: a line was lost or damaged, or it is another module's.
-- @param port
-- @tparam string command
-- @tparam string lacking what there should have been, such as "a number"
-- @treturn dfota.error kind `refused`, `transient`
function errors.unreadable(port, command, lacking)
  local err = core.error("refused", ("%s: %s was answered without %s"):format(port:name(), shown(command), lacking))
  err.transient = true
  return err
end

--- Is this the module's own no? Everything else (silence, a signal, a lost port) means that it was not heard.
-- @tparam dfota.error err
-- @treturn boolean
function errors.is_no(err)
  return err.kind == "refused" or err.kind == "cme"
end

--- The file that is being uploaded failed, not the port: it cannot be read any more, or is shorter than it was.
-- @tparam dfota.error err what `core.upload` or its `chunk` gave; a code is the system's errno
-- @treturn dfota.error kind `package_missing` or `package`
function errors.of_source(err)
  return core.error(err.code and "package_missing" or "package", err.message)
end

--- The module did not answer in time.
-- @param port
-- @tparam string command
-- @tparam number timeout_s
-- @tparam string stage what was missing: `echo` or `answer`
-- @treturn dfota.error kind `timeout`
function errors.timed_out(port, command, timeout_s, stage)
  return core.error("timeout", ("%s: no %s to %s within %g s"):format(
    port:name(), stage, shown(command), timeout_s))
end

--- Bytes come without a pause, and what was waited for is not among them.
-- @param port
-- @treturn dfota.error kind `timeout`
function errors.flooded(port)
  return core.error("timeout", port:name() .. ": time-out: bytes pour in, and no answer is among them")
end

--- An earlier command is not answered yet, nor is what was asked behind it.
-- @param port
-- @tparam string command the earlier one
-- @tparam number timeout_s
-- @treturn dfota.error kind `timeout`
function errors.still_pending(port, command, timeout_s)
  return core.error("timeout", ("%s: %s is still not answered, nor is anything asked behind it for %g s"):format(
    port:name(), shown(command), timeout_s))
end

--- What an unsolicited line says about a command that nobody will answer any more.
-- @param port
-- @tparam string command
-- @tparam string line
-- @treturn dfota.error|nil kind `power` or `reboot`; nil when the command may still be answered
function errors.broken_off(port, command, line)
  if urc.is_power(line) then
    local said = line:gsub("%s+$", "")
    return core.error("power", ("%s: the module said %s during %s"):format(port:name(), said, shown(command)))
  elseif line:find("^RDY%s*$") then
    return core.error("reboot", ("%s: the module rebooted during %s"):format(port:name(), shown(command)))
  end
end

return errors
