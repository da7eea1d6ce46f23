--- Sorts by time; of two at the same time the first stays first. Pure.
-- @module dfota.trace.in_order

local function by_time(a, b)
  if a.t ~= b.t then return a.t < b.t end
  return a.order < b.order
end

--- @tparam {table,...} list each with `t`; sorted in place
-- @treturn {table,...} the list
return function(list)
  for i, one in ipairs(list) do one.order = i end
  table.sort(list, by_time)
  for _, one in ipairs(list) do one.order = nil end
  return list
end
