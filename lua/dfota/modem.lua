--- The module's commands as functions: what a flow asks of it, in the note's words.
--
-- Every function returns what the module said, or `nil, err`. Deadlines are the
-- manuals' maximum response times (GSM AT manuals; note, chapter 3).
-- @module dfota.modem
local core = require "dfota.core"
local failure = require "dfota.failure"
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

-- A query whose reply is one line with a prefix: its fields.
local function ask_fields(self, command, prefix, opts)
  opts = opts or {}
  opts.expect = prefix
  local reply, err = self:ask(command, opts)
  if not reply then return nil, err end
  if not reply[1] then
    local where = self.channel.port:name()
    return nil, core.error("refused", ("%s: %s was answered without %s"):format(where, command, prefix))
  end
  return core.fields(reply[1])
end

-- A query whose reply is one bare line of a known shape.
local function ask_bare(self, command, pattern)
  local reply, err = self:ask(command, { expect = function(line) return line:find(pattern) ~= nil end })
  if not reply then return nil, err end
  return reply[1]
end

-- The IMEI is what the ledger goes by: a lost line is asked for again, and only a refusal is taken for "not known".
local function ask_imei(self)
  local imei, err = ask_bare(self, "AT+GSN", "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d$")
  if imei then return imei end
  if not err then
    return nil, core.error("refused", self.channel.port:name() .. ": AT+GSN was answered without an IMEI")
  end
  if not failure.is_no(err) then return nil, err end
end

local function revision_in(line) return line:match("^Revision:%s*(%S+)%s*$") end

-- What ATI says, and the revision in it.
local function ask_ati(self)
  local reply, err = self:ask "ATI"
  if not reply then return nil, err end
  for _, line in ipairs(reply) do
    local revision = revision_in(line)
    if revision then return reply, revision end
  end
  return nil, core.error("refused", self.channel.port:name() .. ": ATI was answered without a revision")
end

--- Who the module is: ATI and the IMEI. The blank behind "Revision:" is optional (GSM AT note).
-- @treturn table|nil `model`, `revision`, `imei` (nil where the module does not tell it)
-- @treturn dfota.error
function Modem:identity()
  local reply, revision = ask_ati(self)
  if not reply then return nil, revision end
  local who = { revision = revision }
  for _, line in ipairs(reply) do
    if not (who.model or revision_in(line) or line:find("^Quectel_Ltd")) then
      who.model = line:gsub("^Quectel[_ ]", ""):gsub("%s+$", "")
    end
  end
  local imei, err = ask_imei(self)
  if err then return nil, err end
  who.imei = imei
  return who
end

--- The revision alone, for asking again and again after a reboot.
-- @treturn string|nil revision
-- @treturn dfota.error
function Modem:revision()
  local reply, revision = ask_ati(self)
  if not reply then return nil, revision end
  return revision
end

-- Change a setting for this session, and remember how to put it back.
local function change(self, command, undo)
  local reply, err = self:ask(command)
  if reply and undo then table.insert(self.restores, 1, undo) end
  return reply, err
end

--- Make the session readable: echo on as the fence, text results, numeric errors.
-- Nothing is saved in the module's profile. ATV1 and CMEE as in the GSM AT manuals; 65xx are
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
    local reply, err = change(self, "AT+IFC=2,2", "AT+IFC=0,0")
    if not reply then return nil, err end
  end
  local mode = ask_fields(self, "AT+CMEE?", "+CMEE:")
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
  if math.type(csq) ~= "integer" or csq > 31 then return nil end
  return csq, 2 * csq - 113
end

--- State of the SIM: "READY", "SIM PIN", "SIM PUK", …, or "NOT INSERTED" (CME 10), "FAILURE" (CME 13).
-- @treturn string|nil state
-- @treturn dfota.error
function Modem:sim_state()
  local reply, err = self:ask("AT+CPIN?", { expect = "+CPIN:" })
  if reply then
    return reply[1] and reply[1]:match("^%+CPIN:%s*(.-)%s*$") or "unknown"
  end
  local states = { [10] = "NOT INSERTED", [11] = "SIM PIN", [12] = "SIM PUK", [13] = "FAILURE", [14] = "BUSY" }
  if err.kind == "cme" and states[err.code] then return states[err.code] end
  if err.kind == "cme" and err.message:find("not inserted") then return "NOT INSERTED" end
  -- A plain ERROR (CMEE 0) hides the number; whatever it was, the SIM is not ready.
  if failure.is_no(err) then return "unknown" end
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
    if not state then return nil, err end
    local starting = state == "BUSY" or state == "NOT READY" or state == "unknown"
    if not starting or clock:now() >= deadline then return state end
    local _, lost = self:pause(1)
    if lost then return nil, lost end
  end
end

--- IMSI of the SIM.
-- @treturn string|nil digits; nil, err
function Modem:imsi()
  return ask_bare(self, "AT+CIMI", "^%d%d%d%d%d%d+$")
end

local registration_words = { [0] = "not searching", "home", "searching", "denied", "unknown", "roaming" }

--- Registration in the packet domain (the note asks CGREG, chapter 2.1.3).
-- @treturn integer|nil stat as in CGREG: 1 home, 5 roaming
-- @treturn string|dfota.error the stat in words, or the error
function Modem:registration()
  local fields, err = ask_fields(self, "AT+CGREG?", "+CGREG:")
  if not fields then return nil, err end
  local stat = fields[2]
  if math.type(stat) ~= "integer" then
    return nil, core.error("refused", self.channel.port:name() .. ": AT+CGREG? was answered without a number")
  end
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
  return fields[1]
end

--- Does the module know firmware updates at all? (`AT+QFOTADL=?`, note, chapter 3)
-- @treturn boolean|nil
-- @treturn dfota.error
function Modem:knows_dfota()
  local reply, err = self:ask "AT+QFOTADL=?"
  if reply then return true end
  if failure.is_no(err) then return false end
  return nil, err
end

--- Start the update: `AT+QFOTADL`. Called once in a run, by the flow, after the journal is on disk.
-- @tparam table package `url` for a download, else the uploaded fota.pack is used
-- @treturn table `taken` (OK, or a line that only follows an OK), or `refused` with `code`, `said`;
--   neither when the answer was lost: then the module must be followed as if it were taken
function Modem:trigger(package)
  local command = package.url and ('AT+QFOTADL="%s"'):format(package.url) or "AT+QFOTADL=1"
  local reply, err = self.channel:command(command, { timeout_s = self.set.trigger_s, implied = urc.is_fota })
  if reply then return { taken = true } end
  if failure.is_no(err) then
    return { refused = true, code = err.code, said = err.message }
  end
  return { lost = err }
end

mixin(Modem, require "dfota.storage")
mixin(Modem, require "dfota.pdp")

return Modem
