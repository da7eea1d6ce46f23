--- After the verdict: what the update changed besides the firmware, and what it left in the module.
--
-- It cannot change the verdict, which is on record already. All of it has one deadline (setting after_s), the first
-- query without an answer ends it, and so does a signal.
-- @module dfota.update.aftermath
local snapshot = require "dfota.update.snapshot"

local Aftermath = {}
Aftermath.__index = Aftermath

--- @tparam table opts `modem`, `channel`, `settings`, `now` the clock; `note` function(level, text); `facts`
--   function(table)
-- @treturn Aftermath
function Aftermath.new(opts)
  opts.parts = {
    commands = opts.modem and opts.modem.commands, files = opts.modem and opts.modem.files, channel = opts.channel,
    query_s = opts.settings and opts.settings.query_s, now = opts.now,
  }
  return setmetatable(opts, Aftermath)
end

local function limit_s(self) return self.settings and self.settings.after_s or 0 end

--- Before the first change: how the module was found.
-- @treturn table what it says, as of `dfota.update.snapshot`
-- @treturn ?dfota.error what ended this: `interrupted` and a lost port end the run, too
function Aftermath:before()
  if limit_s(self) == 0 then return {} end
  local ended
  self.found, ended = snapshot.take(self.parts, limit_s(self))
  return self.found, ended
end

local function tell_differences(self, after)
  local settings, files = snapshot.differences(self.found, after)
  self.facts(snapshot.facts(self.found, after, files))
  for _, line in ipairs(snapshot.words(settings, files)) do self.note("warning", line) end
end

-- A package that a module has installed is of no use to it any more.
local function remove(self, bytes, left_s)
  if self.settings.remove_package ~= "on" then
    return self.note("info", ("%s is still in the module (%d bytes): it is not needed any more, and remove_package=on "
      .. "or files.lua deletes it"):format(snapshot.PACKAGE, bytes))
  end
  local gone, err = self.parts.files:delete(snapshot.PACKAGE, math.min(self.parts.query_s * 2, left_s))
  if not gone then return err end
  self.note("info", ("%s was deleted from the module (%d bytes)"):format(snapshot.PACKAGE, bytes))
end

-- Only after an update of this run whose module answers: nobody knows of another what it had before.
local function is_due(self, result)
  return self.found and result.after ~= nil and not (result.left or result.refused)
end

-- What is left of the package, if it is.
local function tell_package(self, result, after, deadline)
  local bytes = after.files and after.files[snapshot.PACKAGE]
  if not bytes or result.outcome ~= "updated" then return nil end
  local left_s = deadline - self.now()
  if left_s <= 0 then return "time" end
  return remove(self, bytes, left_s)
end

--- Tell what is different now, and remove the package if that is asked for and the update succeeded.
-- @tparam table result the verdict
-- @treturn boolean|nil true; nil, err: what ended it early
function Aftermath:tell(result)
  if not is_due(self, result) then return true end
  local deadline = self.now() + limit_s(self)
  local after, ended = snapshot.take(self.parts, limit_s(self))
  tell_differences(self, after)
  ended = ended or tell_package(self, result, after, deadline)
  if not ended then return true end
  if ended ~= "time" then return nil, ended end
  self.note("info", "after_s was over before the module had told all of its settings and files")
  return true
end

return Aftermath
