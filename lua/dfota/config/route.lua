--- The way from one revision to another through packages that each know two of them. Pure.
--
-- The fewest packages win, since each writes the flash; among those ways the one with the fewest bytes; among those the
-- one whose file names come first, so that the same folder always gives the same way.
-- @module dfota.config.route

local route = {}

--- What to do where there is none.
route.ADVICE = "add packages with manifests to the folder; package.lua list shows what is there"

-- A package that does not say its size is the last choice.
local function bytes_of(edge) return edge.size or math.huge end

local function is_better(a, b)
  if a.bytes ~= b.bytes then return a.bytes < b.bytes end
  return a.name < b.name
end

-- A way is known by its last package and the way before that.
local function longer(way, edge)
  return {
    revision = edge.to, edge = edge, before = way, bytes = way.bytes + bytes_of(edge),
    name = way.name .. "\0" .. edge.name,
  }
end

local function by_source(edges)
  local lists = {}
  for _, edge in ipairs(edges) do
    lists[edge.from] = lists[edge.from] or {}
    table.insert(lists[edge.from], edge)
  end
  return lists
end

-- All ways with one package more, to revisions that no shorter way reaches: the best one to each.
local function next_ways(ways, sources, reached)
  local found = {}
  for _, way in pairs(ways) do
    for _, edge in ipairs(sources[way.revision] or {}) do
      local known, candidate = found[edge.to], longer(way, edge)
      if not reached[edge.to] and (not known or is_better(candidate, known)) then found[edge.to] = candidate end
    end
  end
  for revision in pairs(found) do reached[revision] = true end
  return found
end

local function packages_of(way)
  local list = {}
  while way.edge do
    table.insert(list, 1, way.edge)
    way = way.before
  end
  return list
end

--- Finds the way.
-- @tparam {table,...} edges each `from`, `to`, `name`, and `size` in bytes if known
-- @tparam string from
-- @tparam string to
-- @treturn {table,...}|nil edges in order, none if both are the same revision; nil if there is no way
function route.find(edges, from, to)
  if from == to then return {} end
  local sources, reached = by_source(edges), { [from] = true }
  local ways = { [from] = { revision = from, bytes = 0, name = "" } }
  while next(ways) do
    ways = next_ways(ways, sources, reached)
    if ways[to] then return packages_of(ways[to]) end
  end
  return nil
end

local function without(edges, found)
  local left, is_found = {}, {}
  for _, one in ipairs(found) do is_found[one.edge] = true end
  for _, edge in ipairs(edges) do
    if not is_found[edge] then left[#left + 1] = edge end
  end
  return left
end

-- All on a way of which `judge` says something.
local function judged(way, judge)
  local found = {}
  for _, edge in ipairs(way) do
    local why = judge(edge)
    if why then found[#found + 1] = { edge = edge, why = why } end
  end
  return found
end

local function append(list, more) return table.move(more, 1, #more, #list + 1, list) end

--- Finds the best way through packages that can be used. Only those that a way needs are looked at.
-- @tparam {table,...} edges as of `find`
-- @tparam string from
-- @tparam string to
-- @tparam function refusal function(edge) → why it cannot be used, or nil
-- @tparam[opt] function doubt function(edge) → why it is better avoided, or nil: it is used if there is no other way
-- @treturn {table,...}|nil edges in order; nil if there is no way
-- @treturn {table,...} those that the way goes round, each `edge` and `why`; without a way those that prevent it
function route.search(edges, from, to, refusal, doubt)
  local left, refused, avoided, last_choice = edges, {}, {}, nil
  while true do
    local way = route.find(left, from, to)
    if not way then return last_choice, refused end
    local list, found = refused, judged(way, refusal)
    if not found[1] then
      last_choice, list, found = last_choice or way, avoided, doubt and judged(way, doubt) or {}
      if not found[1] then return way, append(refused, avoided) end
    end
    append(list, found)
    left = without(left, found)
  end
end

--- The packages that may be used on a model: those that are for it, or do not say for which.
-- @tparam {table,...} edges each with `model`, or nil
-- @tparam string|nil model nil: unknown, all fit
-- @treturn {table,...}
function route.fitting(edges, model)
  local list = {}
  for _, edge in ipairs(edges) do
    if model == nil or edge.model == nil or edge.model == model then list[#list + 1] = edge end
  end
  return list
end

-- What the edges have under a name, sorted, each value once.
local function values_of(edges, name)
  local seen, list = {}, {}
  for _, edge in ipairs(edges) do
    local value = edge[name]
    if value and not seen[value] then
      seen[value] = true
      list[#list + 1] = value
    end
  end
  table.sort(list)
  return list
end

local function is_same(way, other)
  for i = 1, math.max(#way, #other) do
    if way[i] ~= other[i] then return false end
  end
  return true
end

-- Two models may go the same way, through packages that name none.
local function add_way(list, way, model)
  for _, known in ipairs(list) do
    if is_same(known.way, way) then return table.insert(known.models, model) end
  end
  list[#list + 1] = { way = way, models = { model }, order = #list }
end

--- Finds the ways of modules whose model is not known. Each is for one model: no module can take packages of two.
-- @tparam {table,...} edges as of `find`, each with `model`, or nil
-- @tparam string from
-- @tparam string to
-- @treturn {table,...} each `way` as of `find` and its `models`, none if no package of the folder names one; the
--   shortest first
-- @treturn {string,...} the models that there are packages for
function route.by_model(edges, from, to)
  local models, list = values_of(edges, "model"), {}
  for i = 1, math.max(#models, 1) do
    local way = route.find(route.fitting(edges, models[i]), from, to)
    if way then add_way(list, way, models[i]) end
  end
  table.sort(list, function(a, b)
    if #a.way ~= #b.way then return #a.way < #b.way end
    return a.order < b.order
  end)
  return list, models
end

--- The revisions that packages lead to.
-- @tparam {table,...} edges
-- @tparam[opt] string from only those from there
-- @treturn {string,...} sorted, each once
function route.targets(edges, from)
  local there = {}
  for _, edge in ipairs(edges) do
    if from == nil or edge.from == from then there[#there + 1] = edge end
  end
  return values_of(there, "to")
end

--- Is a revision on a way, at its beginning or behind one of its packages?
-- @tparam {table,...} way from `find`
-- @tparam string revision
-- @treturn boolean
function route.passes(way, revision)
  for _, edge in ipairs(way) do
    if edge.from == revision or edge.to == revision then return true end
  end
  return false
end

return route
