--- The module's power, only if it was asked for (--power-cycle): a pulse on a line of the port that is wired to PWRKEY
-- or RESET, or a program that switches a supply.
--
-- It is cycled before the module is met, and at no other time: never under --check, never once an update was triggered
-- or may be under way, since that needs its power.
-- @module dfota.update.power
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local shell = require "dfota.base.shell"
local text = require "dfota.base.text"
local urc = require "dfota.at.urc"

local Power = {}
Power.__index = Power

local function usage(message) return nil, core.error("usage", "--power-cycle: " .. message) end

--- Can this call do what it asks for?
-- @tparam table options `power_cycle`, `check`
-- @tparam table settings
-- @treturn boolean|nil true; nil, err of kind `usage`, or `settings` for a command that cannot be read
function Power.check(options, settings)
  if not options.power_cycle then return true end
  local line, command = settings.power_line ~= "none", settings.power_command ~= ""
  if options.check then return usage "it would switch the module, and --check changes nothing: give one of them" end
  if line and command then return usage "power_line and power_command are both set: unset one" end
  if not (line or command) then
    return usage("it is not known how: --set power_line=dtr (or rts) if that line is wired to PWRKEY or RESET, "
      .. "or --set power_command=PROGRAM")
  end
  if settings.power_line == "rts" and settings.rtscts == "on" then
    return usage "RTS cannot be both power_line and flow control (rtscts=on)"
  end
  local words, why = nil, nil
  if command then words, why = shell.words(settings.power_command) end
  if why then return nil, core.error("settings", "power_command: " .. why) end
  return line or words ~= nil
end

--- @tparam table opts `channel`; `settings`; `request` with `power_cycle` and `check`; `record` and `finder` of the
--   run; `note` function(level, text); `host` its `now` and `wait`; `run` in place of `dfota.base.process.run`
-- @treturn Power with `pulses`: how often the key was pressed
function Power.new(opts)
  local self = setmetatable(opts, Power)
  self.pulses = 0
  return self
end

-- The module's lines are heard meanwhile. Returns what the last one of its power was; raises if the port is lost or a
-- signal arrives.
local function listen(self, seconds, until_power_line)
  local deadline = self.host.now() + seconds
  while self.host.now() < deadline do
    local line, err = self.channel:listen(deadline - self.host.now())
    if line and until_power_line and urc.is_power(line) then return line end
    if not line and err.kind ~= "timeout" then error(err, 0) end
  end
end

local SETTLE_S = 0.1 -- for a key that was pressed by opening the port

local function set_line(self, is_pressed)
  local asserted = is_pressed == (self.settings.power_active == "asserted")
  return self.channel.port:lines { [self.settings.power_line] = asserted }
end

-- The key is released whatever happens meanwhile.
local function press(self)
  assert(set_line(self, false))
  listen(self, SETTLE_S)
  assert(set_line(self, true))
  local held, raised = pcall(listen, self, self.settings.power_pulse_s)
  local released, lost = set_line(self, false)
  if not held then error(raised, 0) end
  assert(released, lost)
  self.pulses = self.pulses + 1
end

-- Below every flow: nothing may come here at another time.
local function check_time(self)
  local may_need_it = self.is_met or self.record.triggered or self.record.committed
  if not self.request.power_cycle or self.request.check or may_need_it then
    error(blame.fault "the module's power is cycled only with --power-cycle, and only before the module is met", 0)
  end
end

local function pulse(self)
  check_time(self)
  local set = self.settings
  self.note("info", ("power-cycling the module: %s for %s s"):format(set.power_line:upper(),
    text.seconds(set.power_pulse_s)))
  press(self)
  if not listen(self, set.power_wait_s, true) then return end
  self.note("info", ("the module switches off: waiting %s s before it is switched on again"):format(
    text.seconds(set.power_off_s)))
  listen(self, set.power_off_s)
  press(self)
end

local function run_command(self)
  check_time(self)
  local set = self.settings
  self.note("info", "power-cycling the module: " .. set.power_command)
  local run_program = self.run or require("dfota.base.process").run
  local done, err = run_program(assert(shell.words(set.power_command)), set.power_command_s, self.host.wait)
  if done then return listen(self, set.power_wait_s) end
  if err.kind == "settings" then err = core.error("settings", "power_command: " .. err.message) end
  error(err, 0)
end

-- An update may be under way: by the ledger, or because it is heard.
local function may_be_updating(self)
  if self.record:open_row() then
    self.note("warning",
      "the module is not power-cycled: an earlier run triggered an update here whose end was not seen")
    return true
  end
  if not self.finder:is_heard() then return false end
  self.note("warning", "the module is not power-cycled: it is updating itself")
  return true, { updating = true }
end

--- Cycle the power, unless nobody asked for it, or an update may be under way. Before the module is looked for.
-- @treturn table|nil `updating` if the module was heard to update itself; raises if it cannot be done
function Power:cycle()
  if not self.request.power_cycle or self.request.check or self.cycled or self.is_met then return nil end
  self.cycled = true
  local is_updating, found = may_be_updating(self)
  if is_updating then return found end
  if self.settings.power_line == "none" then run_command(self) else pulse(self) end
end

--- The module was met: from here on it keeps its power.
function Power:leave() self.is_met = true end

--- No module answers after the pulse: it may have been on, so that the pulse switched it off. Once in a run.
-- @treturn boolean whether the key was pressed a second time
function Power:press_again()
  if self.pulses ~= 1 or self.is_met then return false end
  check_time(self)
  self.note("info", "no module answers: pressing its key again, since the first pulse may have switched it off")
  press(self)
  listen(self, self.settings.power_wait_s)
  return true
end

return Power
