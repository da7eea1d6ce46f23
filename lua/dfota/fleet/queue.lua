--- Which modules of a run wait for their turn: to be watched, to be updated, or behind those that go first. Pure.
-- @module dfota.fleet.queue

local heap = require "dfota.fleet.heap"

local queue = {}

local Queue = {}
Queue.__index = Queue
Queue.__name = "dfota.fleet.queue"

--- @tparam[opt] boolean has_first some go first: all others wait behind them until `let_go`
-- @treturn Queue
function queue.new(has_first)
  return setmetatable({ updates = heap.new(), watches = heap.new(), behind = has_first and heap.new() or nil }, Queue)
end

--- A module waits for an update.
-- @tparam number at not before that
-- @tparam table device
-- @tparam[opt] boolean is_first it is one of those that go first
function Queue:add_update(at, device, is_first)
  local into = not is_first and self.behind or self.updates
  into:add(at, device)
end

--- A module waits to be watched.
-- @tparam number at not before that
-- @tparam table device
function Queue:add_watch(at, device) self.watches:add(at, device) end

--- @treturn boolean do any wait behind those that go first?
function Queue:holds_back() return self.behind ~= nil end

--- Those that go first are at their target: all others may be next.
function Queue:let_go() self.updates, self.behind = self.behind, nil end

--- @treturn table|nil the next to be updated; it waits no more
function Queue:take_update(now) return self.updates:take(now) end

--- @treturn table|nil the next to be watched; it waits no more
function Queue:take_watch(now) return self.watches:take(now) end

--- @treturn number|nil when the next one may be updated; nil if none waits for that
function Queue:update_at() return self.updates:first_at() end

--- @treturn number|nil when the next one may be watched; nil if none waits for that
function Queue:watch_at() return self.watches:first_at() end

return queue
