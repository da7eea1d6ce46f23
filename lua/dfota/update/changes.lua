--- What a run changes in its module: from the first command that may change something until the trigger.
--
-- The record is written before that command is sent, and the changes are undone if the run ends before its trigger.
-- @module dfota.update.changes
local core = require "dfota.core"
local text = require "dfota.base.text"

local Changes = {}
Changes.__index = Changes

--- @tparam table opts `modem`, `channel`, `request`, `package`; `aftermath` a `dfota.update.aftermath`; `try`
--   function(step, fn); `ask` function(what, fn), which returns nil if the module does not say; `record`, `gates`,
--   `decision` and `meeting` (a `dfota.update.meeting`) of the run
-- @treturn Changes with `adaptive`: the module detects the baud rate, as far as known; `failed_uploads`: the errors of
--   those that were repeated
function Changes.new(opts)
  local self = setmetatable(opts, Changes)
  self.begun, self.restores, self.adaptive, self.cleanups, self.failed_uploads = false, false, nil, {}, {}
  return self
end

--- Register how to undo a change.
-- @tparam function fn
function Changes:on_failure(fn)
  self.decision:check_function("job:on_failure(function() return modem.pdp:release() end)", fn)
  self.cleanups[#self.cleanups + 1] = fn
end

--- Count the tries of an upload that fail: if a later one goes well, the result tells of them.
-- @tparam function fn one try
-- @treturn function
function Changes:counted(fn)
  return function()
    local result = table.pack(fn())
    if result[1] == nil and core.is_error(result[2]) then table.insert(self.failed_uploads, result[2]) end
    return table.unpack(result, 1, result.n)
  end
end

-- What cuts the power once may cut it again, in an update that does not survive it.
local CUT = { power = true, reboot = true }

--- Tell in the result of an update of the tries of its upload that failed before one went well.
-- @tparam table fields of the result
-- @treturn table the same
function Changes:tell_uploads(fields)
  local failed = self.failed_uploads
  local last = failed[#failed]
  if not last then return fields end
  local why = text.without_port(last.message, self.record.port)
  local times = #failed == 1 and ("once (%s)"):format(why) or ("%d times (the last time %s)"):format(#failed, why)
  fields.message = fields.message .. "; the upload "
    .. (CUT[last.kind] and "was interrupted %s and repeated" or "failed %s and was repeated"):format(times)
  return fields
end

--- A module that was heard to update itself meanwhile is followed: decides the run.
function Changes:check_idle() self.meeting:check_idle() end

--- Keep the changes made so far: they are no longer undone.
function Changes:keep() self.cleanups = {} end

--- What is to be undone, the last change first. Clears the list.
-- @treturn {function,...}
function Changes:cleanups_left()
  local list = {}
  for i = #self.cleanups, 1, -1 do list[#list + 1] = self.cleanups[i] end
  self:keep()
  return list
end

local function put_on_record(self)
  local begun, err = self.record:begin(self.gates:forced())
  if not begun then self.decision:raise(err) end
end

local function prepare_session(self)
  if not self.restores then self:on_failure(function() return self.modem.session:restore() end) end
  self.restores = true
  local prepared, err = self.try("query", function() return self.modem.session:prepare() end)
  if not prepared then self.decision:raise(err) end
end

--- A command that may change the module is about to be sent: write the record before it.
function Changes:note()
  if not self.package.transport or self.decision.verdict then return end
  if not self.meeting.has_looked then
    self.decision:refuse_slip "a command that may change something needs job:connect() before it; nothing was sent"
  end
  put_on_record(self)
end

local function check_may_begin(self, what)
  if self.request.check then
    self.decision:refuse_slip(("--check changes nothing, but %s would: write if job:checking() then return end "
      .. "before it"):format(what))
  elseif not self.meeting.is_connected then
    self.decision:refuse_slip(("%s needs job:connect() before it; nothing was sent"):format(what))
  end
end

-- How the module is found, for the comparison after the update. Only its rate matters now.
local function found_rate(self)
  local found, err = self.aftermath:before()
  if err and (err.kind == "interrupted" or err.kind == "hangup") then self.decision:raise(err) end
  return found.ipr or self.ask("the baud rate's setting", function() return self.modem:ipr() end)
end

local function hold(self, name, found, said)
  if said == nil or found == nil or found == said or self.gates:was_forced(name) then return end
  local err = self.gates:check { name, value = found, equals = said,
    message = "the module says {value}, and the package's manifest says {limit}" }
  if err then self.decision:end_with(err) end
end

-- Whatever gates a flow has: nothing that the manifest contradicts is sent.
local function check_manifest(self)
  hold(self, "revision", self.record.before, self.package.from)
  hold(self, "package", self.record.model, self.package.model)
end

-- The record names the package by its hash: nothing else is triggered, whatever a flow uploaded or left out.
local function check_arrived(self)
  local transport = self.package.transport
  local name = transport.file_name
  local held = name and self.modem.files:holds(name)
  if not name or held and held == (transport.hash or held) then return end
  local path = text.printable(transport.name)
  local what = held and ("what was uploaded as %s is not %s"):format(name, path)
    or ("%s was not uploaded as %s in this run"):format(path, name)
  self.decision:refuse_slip(("%s; nothing was triggered: files:upload(%q, package) belongs before job:trigger()")
    :format(what, name))
end

--- The same for the trigger, which is about what is in the module.
function Changes:begin_trigger()
  if not self.begun then check_may_begin(self, "job:trigger()") end
  check_arrived(self)
  self:begin "job:trigger()"
end

--- From here on the module is changed: writes the record and prepares the session. Called by the first step that
-- changes something.
-- @tparam string what that step
function Changes:begin(what)
  if self.begun or self.decision.verdict or not self.package.transport then return end
  check_may_begin(self, what)
  check_manifest(self)
  self:check_idle()
  self.adaptive = found_rate(self) == 0
  self.record:found_at(self.adaptive and 0 or self.channel.port:baud())
  put_on_record(self)
  prepare_session(self)
  self.begun = true
end

return Changes
