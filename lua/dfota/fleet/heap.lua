--- A queue of things that are due at a time: the earliest first, and of the same time the one that came first.
-- @module dfota.fleet.heap

local Heap = {}
Heap.__index = Heap
Heap.__name = "dfota.fleet.heap"

local heap = {}

--- @treturn Heap an empty one
function heap.new() return setmetatable({ count = 0, number = 0 }, Heap) end

local function is_before(a, b) return a.at < b.at or a.at == b.at and a.number < b.number end

local function swap(self, i, j) self[i], self[j] = self[j], self[i] end

local function lift(self, i)
  local parent = i // 2
  if i == 1 or is_before(self[parent], self[i]) then return end
  swap(self, parent, i)
  lift(self, parent)
end

local function sink(self, i)
  local least = i
  for child = 2 * i, math.min(2 * i + 1, self.count) do
    if is_before(self[child], self[least]) then least = child end
  end
  if least == i then return end
  swap(self, least, i)
  sink(self, least)
end

--- Adds a thing.
-- @tparam number at when it is due
-- @param what anything
function Heap:add(at, what)
  self.count, self.number = self.count + 1, self.number + 1
  self[self.count] = { at = at, what = what, number = self.number }
  lift(self, self.count)
end

--- When is the earliest due?
-- @treturn number|nil
function Heap:first_at() return self[1] and self[1].at end

--- Takes the earliest that is due.
-- @tparam number now
-- @return what was added; nil if nothing is due
function Heap:take(now)
  local first = self[1]
  if not first or first.at > now then return nil end
  self[1] = self[self.count]
  self[self.count] = nil
  self.count = self.count - 1
  if self.count > 0 then sink(self, 1) end
  return first.what
end

return heap
