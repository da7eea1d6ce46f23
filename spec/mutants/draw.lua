--- Which mutants are tried: drawn by seed from all there are, those likelier that a user would feel.
local digest = require "openssl.digest"
local equivalent = require "mutants.equivalent"
local folder = require "support.folder"
local operators = require "mutants.operators"

local draw = {}

-- A third of all that could be changed are numbers, most of them in tables. The simulated module is a tool of ours.
local WEIGHT = { number = 0.3 }
local SIMULATOR = 0.3

local function sources()
  local pipe = assert(io.popen "find lua core -name '*.lua' -o -name '*.c' | sort")
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

local function weight_of(mutant)
  local weight = WEIGHT[mutant.operator] or 1
  return mutant.path:find "/sim/" and weight * SIMULATOR or weight
end

-- One place in a line is changed, which may hold the pattern several times.
local function is_anywhere(before, after, row)
  local at = 1
  while true do
    local first, last = before:find(row[1], at)
    if not first then return false end
    local changed = before:sub(first, last):gsub(row[1], row[2], 1)
    if before:sub(1, first - 1) .. changed .. before:sub(last + 1) == after then return true end
    at = first + 1
  end
end

--- Is a line the same after a change that nobody can tell wherever it stands?
-- @tparam string before
-- @tparam string after
-- @treturn boolean
function draw.is_the_same_anywhere(before, after)
  for _, row in ipairs(equivalent.anywhere) do
    if is_anywhere(before, after, row) then return true end
  end
  return false
end

local function is_equivalent(mutant)
  for _, row in ipairs(equivalent) do
    if row[1] == mutant.path and row[2] == mutant.before and row[3] == mutant.after then return true end
  end
  return mutant.path:find "%.lua$" ~= nil and draw.is_the_same_anywhere(mutant.before, mutant.after)
end

-- The text of each of them is kept: a file that is edited meanwhile changes nothing.
local function of_file(path, only_line)
  local text, list = folder.read(path), {}
  local language = path:find "%.c$" and "c" or "lua"
  for _, mutant in ipairs(operators.mutants(text, language)) do
    local applied = operators.apply(text, mutant)
    mutant.path, mutant.original = path, text
    if (not only_line or mutant.line == only_line) and (language == "c" or load(applied)) then
      mutant.before, mutant.after = operators.line(text, mutant.line), operators.line(applied, mutant.line)
      if not is_equivalent(mutant) then list[#list + 1] = mutant end
    end
  end
  return list
end

-- Each draws its own lot, by what it is: an edit elsewhere leaves the others in the draw.
local function lot(mutant, seed)
  local words = ("%d %s %s\n%s"):format(seed, mutant.path, mutant.before, mutant.after)
  return ((">I4"):unpack(digest.new("sha256"):final(words)) + 1) / 2 ^ 32
end

--- All mutants in the order in which they are tried.
-- @tparam table options `seed`, `files` (part of a path), `line`
-- @treturn {table,...} each with `path`, `line`, `operator`, `before`, `after`, `original`
function draw.mutants(options)
  local all = {}
  for _, path in ipairs(sources()) do
    if path:find(options.files, 1, true) then
      local list = of_file(path, options.line)
      table.move(list, 1, #list, #all + 1, all)
    end
  end
  for i, mutant in ipairs(all) do
    mutant.key, mutant.number = lot(mutant, options.seed) ^ (1 / weight_of(mutant)), i
  end
  table.sort(all, function(a, b) return a.key > b.key or a.key == b.key and a.number < b.number end)
  return all
end

return draw
