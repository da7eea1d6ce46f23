--- Gates that were forced and that no module's run asked for: a mistyped name would otherwise go unnoticed. Pure.
-- @module dfota.fleet.forced

local suggest = require "dfota.base.suggest"

local Forced = {}
Forced.__index = Forced
Forced.__name = "dfota.fleet.forced"

local forced = {}

--- @tparam {string,...} words that each job is given: `--force` and a name among them
-- @treturn Forced
function forced.new(words)
  local self = setmetatable({ names = {}, asked = {}, list = {} }, Forced)
  for i, word in ipairs(words) do
    if word == "--force" then self.names[#self.names + 1] = words[i + 1] end
  end
  return self
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
