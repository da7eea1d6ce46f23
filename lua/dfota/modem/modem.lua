--- The module's commands as functions, named after the application note.
--
-- Every function returns the module's reply, or `nil, err`. Deadlines are the
-- manuals' maximum response times (GSM AT manuals; note, chapter 3).
-- @module dfota.modem.modem
local Commands = require "dfota.modem.commands"
local Files = require "dfota.modem.files"
local Pdp = require "dfota.modem.pdp"
local Session = require "dfota.modem.session"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local identity = require "dfota.modem.identity"
local sim_card = require "dfota.modem.sim_card"
local sms = require "dfota.modem.sms"
local text = require "dfota.base.text"
local urc = require "dfota.at.urc"

local Modem = {}
Modem.__index = Modem

--- The module behind a channel.
-- @param channel a `dfota.at.channel`
-- @param set settings, see `dfota.config.settings`
-- @treturn Modem
function Modem.new(channel, set)
  local commands = Commands.new(channel, set)
  return setmetatable({
    channel = channel, set = set, commands = commands,
    files = Files.new(commands), pdp = Pdp.new(commands), session = Session.new(commands),
  }, Modem)
end

-- Two readings that agree. The check digit is no help: not every module has an IMEI with a valid one.
local function read_imei(self, command)
  local imei, err = self.commands:line(command, identity.imei, "an IMEI")
  if not imei then return nil, err end
  local again, why = self.commands:line(command, identity.imei, "an IMEI")
  if again == imei then return imei end
  return nil, why or self.commands:unreadable(command, "the same IMEI twice")
end

-- The ledger identifies modules by IMEI: a lost line is queried again, and only a refusal means "not known".
-- Some firmwares know only one of the two commands, and some do not answer the other at all.
local function ask_imei(self)
  local lost
  for _, command in ipairs { "AT+GSN", "AT+CGSN" } do
    local imei, err = read_imei(self, command)
    if imei then return imei end
    local silent = err.kind == "timeout"
    if not (silent or errors.is_no(err)) then return nil, err end
    if silent or err.transient then lost = err end
  end
  return nil, lost
end

-- ATI's lines. A module that refuses even ATI may still report its revision by another command.
local function ask_ati(self)
  local reply, err = self.commands:query "ATI"
  if reply then return reply end
  if errors.is_no(err) and not err.transient then return {} end
  return nil, err
end

-- AT+GMI and AT+CGMI are not used: a real M35 reports "Revision: MTK 0828" there.
local function ask_revision_elsewhere(self)
  for _, command in ipairs { "AT+CGMR", "AT+GMR" } do
    local reply, err = self.commands:query(command)
    local revision = reply and identity.any_revision(reply)
    if revision then return revision end
    if not reply and not errors.is_no(err) then return nil, err end
  end
  return nil, self.commands:unreadable("ATI", "a revision, and AT+CGMR and AT+GMR give none")
end

-- The revision from ATI, or else from another command. If ATI has reported it before, a reply without it was damaged,
-- and another command might spell it differently: only the second such reply in a row is believed.
local function find_revision(self, lines)
  local revision = identity.labelled_revision(lines)
  if revision then
    self.ati_tells, self.ati_missed = true, false
    return revision
  end
  if self.ati_tells and not self.ati_missed then
    self.ati_missed = true
    return nil, self.commands:unreadable("ATI", "a revision")
  end
  return ask_revision_elsewhere(self)
end

--- The module's identity: ATI, or AT+CGMR and AT+GMR if that has no revision, and the IMEI.
-- @treturn table|nil `model` (nil if ATI names none), `revision`, `imei` (nil if the module does not report it)
-- @treturn dfota.error
function Modem:identity()
  local lines, err = ask_ati(self)
  if not lines then return nil, err end
  local who = { model = identity.model(lines) }
  who.revision, err = find_revision(self, lines)
  if not who.revision then return nil, err end
  who.imei, err = ask_imei(self)
  if err then return nil, err end
  return who
end

--- The model's name in ATI, for a module whose revision cannot be read.
-- @treturn string|nil model
-- @treturn dfota.error
function Modem:model()
  local lines, err = ask_ati(self)
  if not lines then return nil, err end
  return identity.model(lines)
end

--- The IMEI alone.
-- @treturn string|nil fifteen digits
-- @treturn dfota.error nil if the module refuses to report it
function Modem:imei() return ask_imei(self) end

--- The revision alone, for polling after a reboot.
-- @treturn string|nil revision
-- @treturn dfota.error
function Modem:revision()
  local lines, err = ask_ati(self)
  if not lines then return nil, err end
  return find_revision(self, lines)
end

--- Supply voltage (CBC: the first two fields mean nothing on these modules).
-- @treturn integer|nil millivolts; nil, err
function Modem:supply_mv()
  local fields, err = self.commands:fields("AT+CBC", "+CBC:")
  if not fields then return nil, err end
  return math.type(fields[3]) == "integer" and fields[3] or nil
end

--- Signal quality.
-- @treturn integer|nil csq 0 to 31; nil if the module reports 99, not known
-- @treturn integer|dfota.error dBm (-113 + 2·csq), or the error
function Modem:signal()
  local fields, err = self.commands:fields("AT+CSQ", "+CSQ:")
  if not fields then return nil, err end
  local csq = fields[1]
  if math.type(csq) ~= "integer" then return nil, self.commands:unreadable("AT+CSQ", "a number") end
  if csq < 0 or csq > 31 then return nil end
  return csq, 2 * csq - 113
end

--- State of the SIM: "READY", "SIM PIN", "SIM PUK", …, or "NOT INSERTED" (CME 10), "FAILURE" (CME 13),
-- "BUSY" (CME 14), "unknown" if the module does not report it.
-- @treturn string|nil state
-- @treturn dfota.error
function Modem:sim_state() return sim_card.state(self.commands) end

--- Wait for a SIM that is still starting (TCPIP "Recommended Process" note: ready within 10 s).
-- @tparam number ready_s how long
-- @treturn string|nil state as `sim_state`; nil, err
function Modem:wait_sim(ready_s) return sim_card.wait(self.commands, ready_s) end

--- IMSI of the SIM.
-- @treturn string|nil digits; nil, err
function Modem:imsi() return sim_card.imsi(self.commands) end

--- How many digits the MNC in the IMSI has, as the SIM itself says (EF_AD).
-- @treturn integer|nil 2 or 3
-- @treturn dfota.error kind `refused` if the SIM does not say
function Modem:mnc_digits() return sim_card.mnc_digits(self.commands) end

--- The SIM card's number (QCCID, or CCID if the firmware knows only that).
-- @treturn string|nil 18 to 20 digits, on some cards with a letter at the end
-- @treturn dfota.error
function Modem:ccid() return sim_card.number(self.commands) end

--- Send an SMS: once, whatever happens.
-- @tparam string number
-- @tparam string message
-- @treturn boolean|nil true; nil, err
-- @see dfota.modem.sms
function Modem:sms(number, message) return sms(self.commands, number, message) end

local registration_words = { [0] = "not searching", "home", "searching", "denied", "unknown", "roaming" }

-- Two numbers; the URC has only one, perhaps followed by the cell in quotes.
local function is_registration(line) return line:find("^%+CGREG:%s*%d+%s*,%s*%d+%s*%f[,\0]") ~= nil end

--- Registration in the packet domain (the note uses CGREG, chapter 2.1.3).
-- @treturn integer|nil stat as in CGREG: 1 home, 5 roaming
-- @treturn string|dfota.error the stat in words, or the error
function Modem:registration()
  local fields, err = self.commands:fields("AT+CGREG?", "+CGREG:", is_registration)
  if not fields then return nil, err end
  local stat = fields[2]
  return stat, registration_words[stat] or "unknown"
end

local function not_registered(port, register_s, stat, word)
  local err = core.error("network", ("%s: not registered on a network within %s s (%s): "
    .. "check the SIM, the antenna and the coverage"):format(port, text.seconds(register_s), word))
  err.state = stat and word or nil
  return err
end

--- Wait until the module is registered.
-- @tparam number register_s how long
-- @tparam[opt] function waiting called with the state in words after each query
-- @treturn string|nil "home" or "roaming"
-- @treturn dfota.error kind `network`, with the `state` in words if the module reported one
function Modem:wait_registered(register_s, waiting)
  local clock = self.channel.port
  local deadline = clock:now() + register_s
  while true do
    local stat, word = self:registration()
    if stat == 1 or stat == 5 then return word end
    if not stat and not word.transient and word.kind ~= "timeout" then return nil, word end
    if stat == nil then word = tostring(word) end
    if clock:now() >= deadline then return nil, not_registered(clock:name(), register_s, stat, word) end
    if waiting then waiting(word) end
    local _, lost = self:pause(math.min(2, deadline - clock:now()))
    if lost then return nil, lost end
  end
end

--- Wait until the module knows its signal: for some seconds after power-on it reports 99.
-- @tparam number register_s how long
-- @treturn integer|nil csq as `signal`; nil if still unknown after that
-- @treturn integer|dfota.error dBm, or the error of the last query
function Modem:wait_signal(register_s)
  local clock = self.channel.port
  local deadline = clock:now() + register_s
  while true do
    local csq, more = self:signal()
    local waits = csq == nil and (more == nil or more.transient)
    if not waits or clock:now() >= deadline then return csq, more end
    local _, lost = self:pause(math.min(2, deadline - clock:now()))
    if lost then return nil, lost end
  end
end

--- Wait while still receiving: unsolicited lines are queued.
-- @tparam number seconds
-- @treturn boolean true; nil, err if the port is lost or a signal arrived
function Modem:pause(seconds) return self.commands:pause(seconds) end

--- The rate the module is set to: 0 is adaptive mode (GSM AT manuals, IPR).
-- @treturn integer|nil baud; nil, err
function Modem:ipr()
  local fields, err = self.commands:fields("AT+IPR?", "+IPR:")
  if not fields then return nil, err end
  if math.type(fields[1]) ~= "integer" then return nil, self.commands:unreadable("AT+IPR?", "a number") end
  return fields[1]
end

--- Does the module support firmware updates at all? (`AT+QFOTADL=?`, note, chapter 3)
-- @treturn boolean|nil
-- @treturn dfota.error
function Modem:knows_dfota()
  local reply, err = self.commands:query "AT+QFOTADL=?"
  if reply then return true end
  if errors.is_no(err) and not (err.transient or err.unanswered) then return false end
  return nil, err
end

--- Start the update: `AT+QFOTADL`. Called once in a run, by the flow, after the record is on disk.
-- @tparam table package with its `transport`
-- @treturn table `taken` (OK, or a line that only follows an OK), or `refused` with `code`, `said`;
--   neither if the answer was lost: then the module must be followed as if it had accepted
function Modem:trigger(package)
  local command = package.transport.trigger_command
  local reply, err = self.channel:command(command, { timeout_s = self.set.trigger_s, implied = urc.is_fota })
  if reply and (reply.final == "ok" or reply.final == "implied") then return { taken = true } end
  if reply then return { lost = self.commands:unreadable(command, "OK") } end
  if errors.is_no(err) and not err.unanswered then
    return { refused = true, code = err.code, said = err.message }
  end
  return { lost = err }
end

return Modem
