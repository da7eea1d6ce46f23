--- The module's commands as functions: what a flow asks of it, in the note's words.
--
-- Every function returns what the module said, or `nil, err`. Deadlines are the
-- manuals' maximum response times (GSM AT manuals; note, chapter 3).
-- @module dfota.modem
local core = require "dfota.core"
local failure = require "dfota.failure"
local identity = require "dfota.identity"
local mixin = require "dfota.mixin"
local urc = require "dfota.urc"

local Modem = {}
Modem.__index = Modem

--- The module behind a channel.
-- @param channel a `dfota.channel`
-- @param set settings, see `dfota.settings`
-- @treturn Modem
function Modem.new(channel, set)
  return setmetatable({ channel = channel, set = set, restores = {} }, Modem)
end

function Modem:ask(command, opts)
  opts = opts or {}
  opts.timeout_s = opts.timeout_s or self.set.query_s
  return self.channel:command(command, opts)
end

--- Send what ends with OK. Another good final, such as the CONNECT or the DEACT OK of another command, is none.
-- @tparam string command
-- @tparam[opt] table opts as of `Channel:command`
-- @treturn table|nil reply
-- @treturn dfota.error
function Modem:query(command, opts)
  local reply, err = self:ask(command, opts)
  if not reply then return nil, err end
  if reply.final == "ok" or reply.final == "done" then return reply end
  return nil, self:unreadable(command, "OK")
end

--- The error for an answer that lacks what was asked for.
-- @tparam string command
-- @tparam string lacking
-- @treturn dfota.error kind `refused`
function Modem:unreadable(command, lacking)
  return failure.unreadable(self.channel.port, command, lacking)
end

-- A query whose reply is one line with a prefix: its fields.
local function ask_fields(self, command, prefix, expect)
  local reply, err = self:query(command, { expect = expect or prefix })
  if not reply then return nil, err end
  if not reply[1] then return nil, self:unreadable(command, prefix) end
  return core.fields(reply[1])
end

-- A query whose reply is one line that a function reads.
local function ask_line(self, command, read, lacking)
  local reply, err = self:query(command, { expect = function(line) return read(line) ~= nil end })
  if not reply then return nil, err end
  if not reply[1] then return nil, self:unreadable(command, lacking) end
  return read(reply[1])
end

-- Two readings that agree. The check digit does not tell: not every module was given an IMEI that holds to it.
local function read_imei(self, command)
  local imei, err = ask_line(self, command, identity.imei, "an IMEI")
  if not imei then return nil, err end
  local again, why = ask_line(self, command, identity.imei, "an IMEI")
  if again == imei then return imei end
  return nil, why or self:unreadable(command, "the same IMEI twice")
end

-- The IMEI is what the ledger goes by: a lost line is asked for again, and only refusals are taken for "not known".
local function ask_imei(self)
  local lost
  for _, command in ipairs { "AT+GSN", "AT+CGSN" } do
    local imei, err = read_imei(self, command)
    if imei then return imei end
    if not failure.is_no(err) then return nil, err end
    if err.transient then lost = err end
  end
  return nil, lost
end

-- ATI's lines. A module that refuses even ATI may still tell its revision elsewhere.
local function ask_ati(self)
  local reply, err = self:query "ATI"
  if reply then return reply end
  if failure.is_no(err) and not err.transient then return {} end
  return nil, err
end

-- AT+GMI and AT+CGMI are no sources: a real M35 says "Revision: MTK 0828" there.
local function ask_revision_elsewhere(self)
  for _, command in ipairs { "AT+CGMR", "AT+GMR" } do
    local reply, err = self:query(command)
    local revision = reply and identity.any_revision(reply)
    if revision then return revision end
    if not reply and not failure.is_no(err) then return nil, err end
  end
  return nil, self:unreadable("ATI", "a revision, and AT+CGMR and AT+GMR tell none")
end

-- The revision in or behind an answer to ATI. Where ATI told it before, a line without it was damaged, and another
-- command might spell it otherwise: only a second time in a row is it taken for this firmware's way.
local function find_revision(self, lines)
  local revision = identity.labelled_revision(lines)
  if revision then
    self.ati_tells, self.ati_missed = true, false
    return revision
  end
  if self.ati_tells and not self.ati_missed then
    self.ati_missed = true
    return nil, self:unreadable("ATI", "a revision")
  end
  return ask_revision_elsewhere(self)
end

--- Who the module is: ATI, where that has no revision AT+CGMR and AT+GMR, and the IMEI.
-- @treturn table|nil `model` (nil where ATI names none), `revision`, `imei` (nil where the module does not tell it)
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

--- The model's name in ATI, for a module whose revision is not to be had.
-- @treturn string|nil model
-- @treturn dfota.error
function Modem:model()
  local lines, err = ask_ati(self)
  if not lines then return nil, err end
  return identity.model(lines)
end

--- The IMEI alone.
-- @treturn string|nil fifteen digits
-- @treturn dfota.error nil where the module refuses to tell it
function Modem:imei() return ask_imei(self) end

--- The revision alone, for asking again and again after a reboot.
-- @treturn string|nil revision
-- @treturn dfota.error
function Modem:revision()
  local lines, err = ask_ati(self)
  if not lines then return nil, err end
  return find_revision(self, lines)
end

-- Change a setting for this session, and remember how to put it back: also where the answer was lost, for then the
-- setting may be changed.
local function change(self, command, undo)
  local reply, err = self:query(command)
  local may_be_changed = reply or not failure.is_no(err)
  if may_be_changed and undo and self.restores[1] ~= undo then table.insert(self.restores, 1, undo) end
  return reply, err
end

-- What the flow control was is asked first, so that it can be put back; where that is not told, it goes back to
-- none, which most manuals call the default.
local function set_flow_control(self)
  local was, err = ask_fields(self, "AT+IFC?", "+IFC:")
  if not was and not failure.is_no(err) then return nil, err end
  local known = was and math.type(was[1]) == "integer" and math.type(was[2]) == "integer"
  if known and was[1] == 2 and was[2] == 2 then return true end
  return change(self, "AT+IFC=2,2", known and ("AT+IFC=%d,%d"):format(was[1], was[2]) or "AT+IFC=0,0")
end

--- Make the session readable: echo on as the fence, text results, numeric errors.
-- Nothing is saved in the module's profile, and what is done already is not done again, so that this may be repeated
-- on a line that loses something. ATV1 and CMEE as in the GSM AT manuals; 65xx are
-- known as numbers only (note, chapter 5).
-- @treturn boolean|nil true; nil, err
function Modem:prepare_session()
  local channel = self.channel
  if channel.numeric then
    local reply, err = self:ask("ATV1", { finals = function(line) return line == "0" and "ok" or nil end })
    if not reply then return nil, err end
    channel.numeric = false
    table.insert(self.restores, 1, "ATV0")
  end
  if not channel.echo then
    local reply, err = change(self, "ATE1", "ATE0")
    if not reply then return nil, err end
    local found, lost = channel:sync { answer_s = self.set.again_s } -- does it really echo now?
    if not found then return nil, lost end
  end
  if self.set.rtscts == "on" then
    local done, err = set_flow_control(self)
    if not done then return nil, err end
  end
  local mode, why = ask_fields(self, "AT+CMEE?", "+CMEE:")
  if not mode and not failure.is_no(why) then return nil, why end
  if not (mode and mode[1] == 1) then
    local undo = mode and math.type(mode[1]) == "integer" and ("AT+CMEE=%d"):format(mode[1]) or nil
    local reply, err = change(self, "AT+CMEE=1", undo)
    if not reply and not failure.is_no(err) then return nil, err end
  end
  return true
end

-- What the channel must know once a setting is back to what it was.
local taken_back = {
  ATE0 = function(channel) channel.echo = false end,
  ATV0 = function(channel) channel.numeric = true end,
}

--- Put back what `prepare_session` changed, the last change first.
-- @treturn boolean|nil true; nil, err
function Modem:restore_session()
  while self.restores[1] do
    local command = table.remove(self.restores, 1)
    local reply, err = self:ask(command, {
      timeout_s = 2,
      finals = function(line) if line == "0" then return "ok" end end,
    })
    if not reply then return nil, err end
    if taken_back[command] then taken_back[command](self.channel) end
  end
  return true
end

--- Supply voltage (CBC: the first two fields mean nothing on these modules).
-- @treturn integer|nil millivolts; nil, err
function Modem:supply_mv()
  local fields, err = ask_fields(self, "AT+CBC", "+CBC:")
  if not fields then return nil, err end
  return math.type(fields[3]) == "integer" and fields[3] or nil
end

--- Signal quality.
-- @treturn integer|nil csq 0 to 31; nil when the module says 99, not known
-- @treturn integer|dfota.error dBm (-113 + 2·csq), or the error
function Modem:signal()
  local fields, err = ask_fields(self, "AT+CSQ", "+CSQ:")
  if not fields then return nil, err end
  local csq = fields[1]
  if math.type(csq) ~= "integer" then return nil, self:unreadable("AT+CSQ", "a number") end
  if csq < 0 or csq > 31 then return nil end
  return csq, 2 * csq - 113
end

-- What stands for a SIM's state, as numbers and as CMEE=2 spells them.
local SIM_ERRORS = {
  [10] = "NOT INSERTED", [11] = "SIM PIN", [12] = "SIM PUK", [13] = "FAILURE", [14] = "BUSY",
  ["sim not inserted"] = "NOT INSERTED", ["sim pin required"] = "SIM PIN", ["sim puk required"] = "SIM PUK",
  ["sim failure"] = "FAILURE", ["sim busy"] = "BUSY",
}

local function sim_error(err)
  if err.kind ~= "cme" then return nil end
  local text = err.message:match("%+CME ERROR:%s*(.-)%s*$")
  return SIM_ERRORS[err.code] or text and SIM_ERRORS[text:lower()]
end

--- State of the SIM: "READY", "SIM PIN", "SIM PUK", …, or "NOT INSERTED" (CME 10), "FAILURE" (CME 13),
-- "BUSY" (CME 14), "unknown" where the module does not say.
-- @treturn string|nil state
-- @treturn dfota.error
function Modem:sim_state()
  local reply, err = self:query("AT+CPIN?", { expect = "+CPIN:" })
  if reply then
    return reply[1] and reply[1]:match("^%+CPIN:%s*(.-)%s*$"):match(".+") or "unknown"
  end
  local state = sim_error(err)
  if state then return state end
  -- A plain ERROR (CMEE 0) hides the number; whatever it was, the SIM is not ready.
  if failure.is_no(err) and not err.transient then return "unknown" end
  return nil, err
end

--- Wait for a SIM that is still starting (TCPIP "Recommended Process" note: ready within 10 s).
-- @tparam number ready_s how long
-- @treturn string|nil state as `sim_state`; nil, err
function Modem:wait_sim(ready_s)
  local clock = self.channel.port
  local deadline = clock:now() + ready_s
  while true do
    local state, err = self:sim_state()
    if not state and not err.transient then return nil, err end
    state = state or "unknown"
    local starting = state == "BUSY" or state == "NOT READY" or state == "unknown"
    if not starting or clock:now() >= deadline then return state end
    local _, lost = self:pause(1)
    if lost then return nil, lost end
  end
end

--- IMSI of the SIM.
-- @treturn string|nil digits; nil, err
function Modem:imsi()
  return ask_line(self, "AT+CIMI", function(line) return line:match("^%s*(%d%d%d%d%d%d+)%s*$") end, "an IMSI")
end

local registration_words = { [0] = "not searching", "home", "searching", "denied", "unknown", "roaming" }

-- Two numbers; the line that comes unasked has one, and perhaps the cell's in quotes behind it.
local function is_registration(line) return line:find("^%+CGREG:%s*%d+%s*,%s*%d+%s*%f[,\0]") ~= nil end

--- Registration in the packet domain (the note asks CGREG, chapter 2.1.3).
-- @treturn integer|nil stat as in CGREG: 1 home, 5 roaming
-- @treturn string|dfota.error the stat in words, or the error
function Modem:registration()
  local fields, err = ask_fields(self, "AT+CGREG?", "+CGREG:", is_registration)
  if not fields then return nil, err end
  local stat = fields[2]
  return stat, registration_words[stat] or "unknown"
end

--- Wait until the module is registered.
-- @tparam number register_s how long
-- @tparam[opt] function waiting called with the state in words each time it is asked
-- @treturn string|nil "home" or "roaming"
-- @treturn dfota.error kind `network`
function Modem:wait_registered(register_s, waiting)
  local clock = self.channel.port
  local deadline = clock:now() + register_s
  while true do
    local stat, word = self:registration()
    if stat == 1 or stat == 5 then return word end
    if not stat and not failure.is_no(word) and word.kind ~= "timeout" then return nil, word end
    if stat == nil then word = tostring(word) end
    if clock:now() >= deadline then
      return nil, core.error("network", ("%s: not registered on a network within %g s (%s): "
        .. "check the SIM, the antenna and the coverage"):format(clock:name(), register_s, word))
    end
    if waiting then waiting(word) end
    local _, lost = self:pause(math.min(2, deadline - clock:now()))
    if lost then return nil, lost end
  end
end

--- Wait until the module knows its signal: for some seconds after power-on it says 99.
-- @tparam number register_s how long
-- @treturn integer|nil csq as `signal`; nil where it was not known in that time
-- @treturn integer|dfota.error dBm, or the error of the last question
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

--- Let time pass with open ears: unsolicited lines stay queued.
-- @tparam number seconds
-- @treturn boolean true; nil, err when the port is lost or a signal came
function Modem:pause(seconds)
  local channel, port = self.channel, self.channel.port
  local deadline = port:now() + seconds
  while port:now() < deadline do
    local kind, text = channel:event(deadline)
    if kind == "line" or kind == "truncated" then
      channel:unsolicited(text)
    elseif not kind and text.kind ~= "timeout" then
      return nil, text
    end
  end
  return true
end

--- The rate the module is set to: 0 is adaptive mode (GSM AT manuals, IPR).
-- @treturn integer|nil baud; nil, err
function Modem:ipr()
  local fields, err = ask_fields(self, "AT+IPR?", "+IPR:")
  if not fields then return nil, err end
  if math.type(fields[1]) ~= "integer" then return nil, self:unreadable("AT+IPR?", "a number") end
  return fields[1]
end

--- Does the module know firmware updates at all? (`AT+QFOTADL=?`, note, chapter 3)
-- @treturn boolean|nil
-- @treturn dfota.error
function Modem:knows_dfota()
  local reply, err = self:query "AT+QFOTADL=?"
  if reply then return true end
  if failure.is_no(err) and not (err.transient or err.unanswered) then return false end
  return nil, err
end

--- Start the update: `AT+QFOTADL`. Called once in a run, by the flow, after the record is on disk.
-- @tparam table package `url` for a download, else the uploaded fota.pack is used
-- @treturn table `taken` (OK, or a line that only follows an OK), or `refused` with `code`, `said`;
--   neither when the answer was lost: then the module must be followed as if it were taken
function Modem:trigger(package)
  local command = package.url and ('AT+QFOTADL="%s"'):format(package.url) or "AT+QFOTADL=1"
  local reply, err = self.channel:command(command, { timeout_s = self.set.trigger_s, implied = urc.is_fota })
  if reply and (reply.final == "ok" or reply.final == "implied") then return { taken = true } end
  if reply then return { lost = self:unreadable(command, "OK") } end
  if failure.is_no(err) and not err.unanswered then
    return { refused = true, code = err.code, said = err.message }
  end
  return { lost = err }
end

mixin(Modem, require "dfota.storage")
mixin(Modem, require "dfota.pdp")

return Modem
