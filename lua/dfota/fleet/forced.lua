--- Gates that were forced and that no module's run asked for: a mistyped name would otherwise go unnoticed. Pure.
-- @module dfota.fleet.forced

local job_words = require "dfota.fleet.job_words"
local suggest = require "dfota.base.suggest"

local Forced = {}
Forced.__index = Forced
Forced.__name = "dfota.fleet.forced"

local forced = {}

--- @tparam {string,...} passed what each job is given, as of `dfota.fleet.job_words`
-- @treturn Forced
function forced.new(passed)
  return setmetatable({ names = job_words.forced(passed), asked = {}, list = {} }, Forced)
end

--- A job said something.
-- @tparam table event
function Forced:heard(event)
  if event.event ~= "gate" or self.asked[event.name] then return end
  self.asked[event.name] = true
  self.list[#self.list + 1] = event.name
end

--- What is to be said at the end, once for all modules.
-- @treturn {string,...} a line for each name that no gate had
function Forced:unasked()
  local lines = {}
  for _, name in ipairs(self.names) do
    if not self.asked[name] then
      self.asked[name] = true -- once, however often it was given
      lines[#lines + 1] = ("--force %s: no module had a gate of that name%s"):format(name,
        suggest.hint(name, self.list))
    end
  end
  return lines
end

return forced
