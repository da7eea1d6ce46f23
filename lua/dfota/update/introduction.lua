--- Identifying the module before anything else is done with it.
-- @module dfota.update.introduction
local Readings = require "dfota.update.readings"
local core = require "dfota.core"
local errors = require "dfota.at.errors"

local Introduction = {}
Introduction.__index = Introduction

--- @tparam table opts `modem`; `settings`; `retry` function(step, fn); `port` its name; `ask` function(what, fn,
--   patience_s), which returns nil if the module does not say; `from` the expected revision, if one was given
-- @treturn Introduction
function Introduction.new(opts) return setmetatable(opts, Introduction) end

-- One reading; nil if it was lost or damaged.
local function next_reading(self)
  local paused, lost = self.modem:pause(self.settings.reading_pause_s)
  if not paused then return nil, lost end
  local revision, err = self.retry("query", function() return self.modem:revision() end)
  return revision, not (revision or errors.is_no(err)) and err or nil
end

--- Read the revision until two readings in a row agree: one damaged character would be another revision.
-- @tparam[opt] string first a reading that was just taken
-- @treturn string|nil; nil, err: kind `gate` if they never agree
function Introduction:revision(first)
  local readings = Readings.new()
  if first then readings:take(first) end
  for _ = 1, self.settings.verify_tries do
    local revision, err = next_reading(self)
    if err then return nil, err end
    if revision and readings:take(revision, revision == self.from) then return revision end
  end
  return nil, core.error("gate", ("%s: the module reports a different revision each time")
    :format(self.port))
end

-- Each on its own, nil if unknown.
local function parts(self)
  local modem, patience_s = self.modem, self.settings.no_response_s
  return {
    revision = self.ask("the revision", function() return modem:revision() end, patience_s),
    model = self.ask("the model", function() return modem:model() end, patience_s),
    imei = self.ask("the IMEI", function() return modem:imei() end, patience_s),
  }
end

local WITHOUT_REVISION = ": without it the result of an update could not be read"
local WITHOUT_IMEI = ": without its IMEI a module cannot be told from another one"

-- For a module whose ATI does not give all of it.
local function in_parts(self, why)
  local who = parts(self)
  if who.revision then
    local revision, err = self:revision(who.revision)
    if not revision and err.kind ~= "gate" then return nil, err end
    who.revision, why = revision, err or why
  end
  if who.revision and who.imei then return who end
  return nil, core.error("gate", why.message .. (who.revision and WITHOUT_IMEI or WITHOUT_REVISION)), who
end

-- One that answers others, but not this.
local function after_silence(self, err, revision_too)
  local who, why, known = in_parts(self, err)
  if known and not (known.revision or revision_too) then return nil, err end
  return who, why, known
end

--- Who the module is: no update starts if the revision could not be read afterwards. A query without an answer counts
-- as refused if the module answers others; if it answers none, an error of kind `no_answer` is raised.
-- @tparam[opt] boolean revision_too also the one for its revision
-- @treturn table|nil `model`, `revision` (read twice), `imei`; nil, err
-- @treturn dfota.error
-- @treturn table with an error of kind `gate`: as much as is known
function Introduction:full(revision_too)
  local who, err = self.retry("query", function() return self.modem:identity() end)
  if not who then
    if errors.is_no(err) then return in_parts(self, err) end
    if err.kind == "timeout" then return after_silence(self, err, revision_too) end
    return nil, err
  end
  who.revision, err = self:revision(who.revision)
  if who.revision then return who end
  return nil, err, err.kind == "gate" and who or nil
end

--- Who the module is, as far as it says, for scripts that only read.
-- @treturn table `model`, `revision`, `imei`, nil if unknown
function Introduction:partial()
  return self.ask("who the module is", function() return self.modem:identity() end, self.settings.no_response_s)
    or parts(self)
end

return Introduction
