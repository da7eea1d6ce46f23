--- Finding the module: one that answers, one that is updating itself, or one that a killed upload left in data mode.
-- @module dfota.update.finder
local DataMode = require "dfota.at.data_mode"
local rates = require "dfota.at.rates"
local urc = require "dfota.at.urc"

local Finder = {}
Finder.__index = Finder

--- @tparam table opts `channel`; `settings`; `bauds` to try; `record`; `retry` function(step, fn); `now` the clock;
--   `may_change`: the escape sequence may be sent to a module in data mode; `trying` function(baud|nil, listens),
--   called before each rate is tried or listened at, and at the end of the search
-- @treturn Finder
function Finder.new(opts)
  opts.trying = opts.trying or function() end
  return setmetatable(opts, Finder)
end

--- Listen for an update that has not reported anything yet. One of its lines is enough.
-- @tparam number seconds
-- @treturn boolean; raises if the port is lost or a signal is received
function Finder:hear_update(seconds)
  local deadline = self.now() + seconds
  while self.now() < deadline do
    local line, err = self.channel:listen(deadline - self.now())
    if line and urc.is_fota(line) then return true end
    if not line and err.kind ~= "timeout" then error(err, 0) end
  end
  return false
end

--- Is an update heard at the first rate, within `listen_s`?
-- @treturn boolean; raises if the port is lost or a signal is received
function Finder:is_heard()
  assert(self.channel:set_baud(self.bauds[1]))
  self.trying(self.bauds[1], true)
  return self:hear_update(self.settings.listen_s)
end

local function listen_first(self) return self:is_heard() and { updating = true } or nil end

-- Only if the rate was not given. If nothing is found, the port is set back to the first rate.
local function at_the_slowest(self, why)
  if #self.bauds == 1 then return nil, why end
  local found, err = self.channel:sync { bauds = rates.slowest, timeout_s = 0, tries = 1, trying = self.trying }
  if found or err.kind ~= "no_answer" then return found, err end
  local back, lost = self.channel:set_baud(self.bauds[1])
  return nil, back and why or lost
end

-- One that is updating itself does not answer, and probing every rate for long would miss its lines. So listen: before
-- sending anything if a record says that it may be updating, else after one quick probe.
local function search(self)
  local found, err
  if self.record:open_row() then
    found = listen_first(self)
  else
    found, err = self.channel:sync { bauds = self.bauds, timeout_s = 0, briefly = true, trying = self.trying }
    if not found and err.kind == "no_answer" then found = listen_first(self) end
  end
  if found or err and err.kind ~= "no_answer" then return found, err end
  found, err = self.retry("sync", function()
    return self.channel:sync {
      bauds = self.bauds, timeout_s = self.settings.sync_timeout_s, tries = 3, trying = self.trying,
    }
  end)
  if found or err.kind ~= "no_answer" then return found, err end
  return at_the_slowest(self, err)
end

--- Look for the module.
-- @treturn table|nil as of `Channel:sync`; nil, err
function Finder:search()
  local found, err = search(self)
  self.trying(nil)
  return found, err
end

--- The same, but a silent module may still be in data mode after a killed upload. `+++` is not a query, though.
-- @treturn table|nil as of `Channel:sync`; nil, err
function Finder:find()
  local found, err = self:search()
  if found or err.kind ~= "no_answer" or not self.may_change then return found, err end
  local back, lost = DataMode.call_back(self.channel, {
    baud = self.bauds[1], guard_s = self.settings.guard_s, resync_timeout_s = self.settings.resync_timeout_s,
  })
  if back or lost.kind ~= "no_answer" then return back, lost end
  return nil, err
end

return Finder
