--- Makes the sources wrong, one small change at a time, and looks whether any spec notices.
--
--     lua5.4 spec/mutants/run.lua --count 200 [--seed 1] [--files lua/dfota/job] [--workers 2] [--list]
--
-- Each mutant lives in a copy of the sources and is met by the specs that reach its line, the fastest first, a share of
-- the campaign among them. One that waits for anything must fail twice, for it may also fail because the machine is
-- busy. Exit 0 if at least 95 % die.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Tree = require "mutants.tree"
local argparse = require "argparse"
local draw = require "mutants.draw"
local measured = require "mutants.measured"
local operators = require "mutants.operators"
local suites = require "mutants.suites"
local uv = require "luv"

local ENOUGH_PERCENT = 95
local BATCH_S = 2 -- specs that take no longer together are run in one process
local PATIENCE, PATIENCE_S = 5, 20
local TRUSTED_S = 1 -- what takes no longer hardly waits for anything, and its word is taken at once
-- Of suites for one mutant: the slowest that reach it are left out, but for the source's own. On a busy machine, where
-- all take longer, a share of all.
local MOST_S, SHARE = 45, 1 / 6

local function options_of(args)
  local parser = argparse("run.lua", "Makes the sources wrong, one small change at a time: do the specs notice?")
  parser:option("--count", "How many mutants."):default("200"):convert(math.tointeger)
  parser:option("--seed", "Seed by which they are drawn."):default("1"):convert(math.tointeger)
  parser:option("--files", "Only sources whose path holds this."):default("")
  parser:option("--line", "Only mutants of this line."):convert(math.tointeger)
  parser:option("--workers", "How many at a time."):default("2"):convert(math.tointeger)
  parser:flag("--list", "Only say which would be drawn.")
  return parser:parse(args)
end

local function say(...) io.stdout:write(string.format(...), "\n") end

-- Runs so many coroutines side by side until all have ended.
local function side_by_side(count, fn)
  local alive = 0
  for i = 1, count do
    alive = alive + 1
    coroutine.resume(coroutine.create(function()
      local ok, fault = xpcall(fn, debug.traceback, i)
      alive = alive - 1
      if not ok then error(fault, 0) end
    end))
  end
  while alive > 0 do uv.run "once" end
end

local function trees(count)
  local list = {}
  for i = 1, count do list[i] = Tree.new() end
  side_by_side(count, function(i) assert(list[i]:build(), "the sources do not build") end)
  return list
end

local function known(all_trees)
  local list, digests, following = suites.all(), measured.digests(all_trees[1].path), 0
  local unknown = measured.recall(list, digests)
  side_by_side(#all_trees, function(i)
    while following < #unknown do
      following = following + 1
      local suite = unknown[following]
      if not suites.measure(suite, all_trees[i]) then
        say("%s fails on the sources as they are, so it kills nobody: %s", suite.name, suite.why or "no reason given")
      end
    end
  end)
  measured.keep(list, digests)
  local all_s = 0
  for _, suite in ipairs(list) do all_s = all_s + suite.seconds end
  list.most_s = math.max(MOST_S, all_s * SHARE)
  return list, #unknown
end

local function affordable(list, path, most_s)
  local some, seconds = {}, 0
  for _, suite in ipairs(list) do
    seconds = seconds + suite.seconds
    if seconds <= most_s or suites.is_namesake(suite, path) then some[#some + 1] = suite end
  end
  return some
end

local function batches(list, path, most_s)
  local all, batch, seconds = {}, nil, 0
  for _, suite in ipairs(affordable(list, path, most_s)) do
    local joins = batch and seconds + suite.seconds <= BATCH_S and not suite.shim
      and suite.name ~= "campaign" and batch[1].name ~= "campaign" and not batch[1].shim
    if not joins then
      batch, seconds = {}, 0
      all[#all + 1] = batch
    end
    batch[#batch + 1] = suite
    seconds = seconds + suite.seconds
    batch.seconds = seconds
  end
  return all
end

local function notices(tree, batch)
  local args, env = suites.command(batch, tree)
  local code = tree:run(args, PATIENCE * batch.seconds + PATIENCE_S, env)
  if code == 0 then return false end
  return code and "failed" or "never ended"
end

-- Who notices the mutant, and how.
local function killer(tree, reaching, path, most_s)
  for _, batch in ipairs(batches(reaching, path, most_s)) do
    local how = notices(tree, batch)
    if how and (batch.seconds <= TRUSTED_S or notices(tree, batch)) then
      local name = #batch == 1 and batch[1].name or ("%s and %d more"):format(batch[1].name, #batch - 1)
      return ("%s %s"):format(name, how)
    end
  end
end

local function try(tree, mutant, list)
  tree:write(mutant.path, operators.apply(mutant.original, mutant))
  local is_c = mutant.path:find "%.c$"
  if is_c and not tree:build() then
    tree:write(mutant.path, mutant.original)
    return nil
  end
  local by = killer(tree, suites.reaching(list, mutant.path, mutant.line), mutant.path, list.most_s)
  tree:write(mutant.path, mutant.original)
  if is_c then tree:build() end
  return by or false
end

local function tell(word, mutant, by)
  say("%s %s:%d: %s\n  was: %s\n  now: %s%s", word, mutant.path, mutant.line, mutant.operator, mutant.before,
    mutant.after, by and "\n  by:  " .. by or "")
end

-- Until enough were tried: one that does not compile is none.
local function try_all(all_trees, list, drawn, count)
  local tried, killed, following, survivors = 0, 0, 0, {}
  side_by_side(#all_trees, function(i)
    while tried < count and following < #drawn do
      following, tried = following + 1, tried + 1
      local mutant = drawn[following]
      local by = try(all_trees[i], mutant, list)
      if by == nil then
        tried = tried - 1
      else
        tell(by and "killed" or "SURVIVED", mutant, by)
        if by then killed = killed + 1 else survivors[#survivors + 1] = mutant end
      end
    end
  end)
  return tried, killed, survivors
end

local function conclude(tried, killed, survivors, seconds)
  for _, mutant in ipairs(survivors) do
    say("survivor %s:%d  %s  ->  %s", mutant.path, mutant.line, mutant.before, mutant.after)
  end
  local percent = tried > 0 and killed * 100 / tried or 0
  say("%d mutants, %d killed, %d survived: %.1f %% (at least %d %% are asked for), %.0f s",
    tried, killed, #survivors, percent, ENOUGH_PERCENT, seconds)
  return percent >= ENOUGH_PERCENT
end

local function main(options)
  local drawn = draw.mutants(options)
  if options.list then
    for i = 1, math.min(options.count, #drawn) do tell("drawn", drawn[i]) end
    return true
  end
  local began, all_trees = uv.hrtime(), trees(options.workers)
  local list, count = known(all_trees)
  say("%d suites, %d of them measured now, in %.0f s", #list, count, (uv.hrtime() - began) / 1e9)
  local tried, killed, survivors = try_all(all_trees, list, drawn, options.count)
  for _, tree in ipairs(all_trees) do tree.remove() end
  return conclude(tried, killed, survivors, (uv.hrtime() - began) / 1e9)
end

io.stdout:setvbuf "line"
os.exit(main(options_of(arg)) and 0 or 1)
