--- What a campaign prints: each failing case with what it takes to see it again, and a table of classes at the end.
local uv = require "luv"

local Summary = {}
Summary.__index = Summary

--- @param out a file
function Summary.new(out)
  return setmetatable({
    out = out, classes = {}, order = {}, cases = 0, real = 0, wrong = 0, virtual_s = 0, began = uv.hrtime(),
  }, Summary)
end

local function shown(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = type(key) == "number" and shown(item) or ("%s=%s"):format(key, shown(item))
  end
  table.sort(parts)
  return "{" .. table.concat(parts, " ") .. "}"
end

local function codes(run_list)
  local list = {}
  for i, run in ipairs(run_list) do list[i] = run.killed and "killed" or tostring(run.rc) end
  return table.concat(list, ", ")
end

local SHOWN = {
  "seed", "parts", "spec", "set", "bauds", "force", "want", "accidents", "again_s", "later", "flow", "size",
}

local function describe(self, case, played)
  local out = self.out
  out:write("WRONG ", case.id, "\n")
  for _, name in ipairs(SHOWN) do
    if case[name] then out:write("  ", name, " ", shown(case[name]), "\n") end
  end
  out:write("  expected ", case.rc and shown(case.rc) or "the truth", "; got ", codes(played.runs), "\n")
  for _, run in ipairs(played.runs) do
    if run.result then out:write("  said: ", tostring(run.result.message), "\n") end
  end
  for _, why in ipairs(played.wrong) do out:write("  ", why, "\n") end
end

local function class_of(self, name)
  if not self.classes[name] then
    self.classes[name] = { cases = 0, wrong = 0, seconds = 0, codes = {} }
    self.order[#self.order + 1] = name
  end
  return self.classes[name]
end

--- Takes in one case that was played.
-- @tparam table case
-- @tparam table played see `campaign.play`
-- @tparam ?table lines its trace, printed if something was wrong
function Summary:add(case, played, lines)
  local class = class_of(self, case.class)
  self.cases, class.cases = self.cases + 1, class.cases + 1
  self.virtual_s = self.virtual_s + played.virtual_s
  local rc = played.rc or -1
  class.codes[rc] = (class.codes[rc] or 0) + 1
  class.seconds = class.seconds + played.seconds
  if #played.wrong == 0 then return end
  self.wrong, class.wrong = self.wrong + 1, class.wrong + 1
  describe(self, case, played)
  if lines then self.out:write(table.concat(lines, "\n"), "\n") end
end

--- Takes in one case that was played in real time: what it said, and whether all was well.
function Summary:add_real(said, good, err)
  self.real = self.real + 1
  if good then return end
  self.wrong = self.wrong + 1
  self.out:write(said, "\n", err or "")
end

local function code_list(counts)
  local list = {}
  for rc in pairs(counts) do list[#list + 1] = rc end
  table.sort(list)
  for i, rc in ipairs(list) do list[i] = ("%d: %d"):format(rc, counts[rc]) end
  return table.concat(list, ", ")
end

--- Prints the table. @treturn boolean whether nothing was wrong
function Summary:close()
  local out = self.out
  for _, name in ipairs(self.order) do
    local class = self.classes[name]
    out:write(("%-16s %5d cases %6.1f s  exit codes %s%s\n"):format(
      name, class.cases, class.seconds, code_list(class.codes),
      class.wrong > 0 and ("  WRONG: " .. class.wrong) or ""))
  end
  local line = "%d cases (%.0f hours on the virtual clock) and %d in real time, %.0f seconds: %d wrong verdicts\n"
  out:write(line:format(
    self.cases, self.virtual_s / 3600, self.real, (uv.hrtime() - self.began) / 1e9, self.wrong))
  return self.wrong == 0
end

return Summary
