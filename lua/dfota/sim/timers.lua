--- Timers as a sorted list: a module has only a handful at a time.
local Timers = {}
Timers.__index = Timers

--- Creates an empty list.
function Timers.new()
  return setmetatable({ list = {} }, Timers)
end

--- Adds a call; of two at the same time the one added first comes first.
-- @number t when, in seconds
-- @func fn what
-- @param life any value; `keep` later selects the life that continues
function Timers:add(t, fn, life)
  local list = self.list
  local i = #list
  while i > 0 and list[i].t > t do
    list[i + 1] = list[i]
    i = i - 1
  end
  list[i + 1] = { t = t, fn = fn, life = life }
end

--- The time of the next call.
-- @treturn ?number
function Timers:next_time()
  local head = self.list[1]
  return head and head.t
end

--- Removes the next call.
-- @treturn table {t=, fn=}
function Timers:pop()
  return table.remove(self.list, 1)
end

--- Drops every call of a life that has ended.
function Timers:keep(life)
  local kept = {}
  for _, timer in ipairs(self.list) do
    if timer.life == life then kept[#kept + 1] = timer end
  end
  self.list = kept
end

return Timers
