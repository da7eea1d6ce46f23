--- The name that was probably meant.
-- @module dfota.base.suggest

local suggest = {}

local function next_row(above, byte, other)
  local row = { [0] = above[0] + 1 }
  for j = 1, #other do
    local change = other:byte(j) == byte and 0 or 1
    row[j] = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + change)
  end
  return row
end

-- Levenshtein distance: how many letters must be added, removed or changed.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do row = next_row(row, a:byte(i), b) end
  return row[#b]
end

--- The closest match for `name` among `names`, if any is close.
-- @tparam string name
-- @tparam {string,...} names
-- @treturn string|nil
function suggest.name(name, names)
  if #name > 64 then return nil end
  local best, least = nil, math.max(2, #name // 3) + 1
  for _, candidate in ipairs(names) do
    local d = distance(name:lower(), candidate)
    if d < least then best, least = candidate, d end
  end
  return best
end

--- The same as the end of a message: "; did you mean …?" or nothing.
function suggest.hint(name, names)
  local best = type(name) == "string" and suggest.name(name, names)
  return best and ("; did you mean %s?"):format(best) or ""
end

return suggest
