--- Asking the module who it is, before anything is done with it.
-- @module dfota.update.introduction
local Readings = require "dfota.update.readings"
local core = require "dfota.core"
local errors = require "dfota.at.errors"

local Introduction = {}
Introduction.__index = Introduction

--- @tparam table opts `modem`; `settings`; `retry` function(step, fn); `port` its name; `ask` function(what, fn,
--   patience_s), to which not to know is no fault; `from` the revision that is to be there, where one was named
-- @treturn Introduction
function Introduction.new(opts) return setmetatable(opts, Introduction) end

-- A reading that may be lost or damaged: nil then.
local function next_reading(self)
  local paused, lost = self.modem:pause(self.settings.reading_pause_s)
  if not paused then return nil, lost end
  local revision, err = self.retry("query", function() return self.modem:revision() end)
  return revision, not (revision or errors.is_no(err)) and err or nil
end

--- Read the revision until two readings in a row agree: one damaged character would be another revision.
-- @tparam[opt] string first a reading that was made just now
-- @treturn string|nil; nil, err: kind `gate` where they never agree
function Introduction:revision(first)
  local readings = Readings.new()
  if first then readings:take(first) end
  for _ = 1, self.settings.verify_tries do
    local revision, err = next_reading(self)
    if err then return nil, err end
    if revision and readings:take(revision, revision == self.from) then return revision end
  end
  return nil, core.error("gate", ("%s: the module tells different revisions each time it is asked")
    :format(self.port))
end

-- Each for itself, and nil where it is not known.
local function parts(self)
  local modem, patience_s = self.modem, self.settings.no_response_s
  return {
    revision = self.ask("the revision", function() return modem:revision() end, patience_s),
    model = self.ask("the model", function() return modem:model() end, patience_s),
    imei = self.ask("the IMEI", function() return modem:imei() end, patience_s),
  }
end

-- Who the module is, where it did not tell it in one go.
local function in_parts(self, why)
  local who = parts(self)
  if who.revision then
    local revision, err = self:revision(who.revision)
    if not revision and err.kind ~= "gate" then return nil, err end
    who.revision = revision
  end
  if who.revision and who.imei then return who end
  return nil, core.error("gate", why.message .. ": what cannot be asked afterwards is not begun"), who
end

--- Who the module is: what cannot be asked afterwards is not begun.
-- @treturn table|nil `model`, `revision` (read twice), `imei`; nil, err
-- @treturn dfota.error
-- @treturn table with an error of kind `gate`: as far as it is known
function Introduction:full()
  local who, err = self.retry("query", function() return self.modem:identity() end)
  if not who then
    if errors.is_no(err) then return in_parts(self, err) end
    return nil, err
  end
  who.revision, err = self:revision(who.revision)
  if who.revision then return who end
  return nil, err, err.kind == "gate" and who or nil
end

--- Who the module is as far as it tells, for one that is only looked at.
-- @treturn table `model`, `revision`, `imei`, nil where not known
function Introduction:partial()
  return self.ask("who the module is", function() return self.modem:identity() end, self.settings.no_response_s)
    or parts(self)
end

return Introduction
