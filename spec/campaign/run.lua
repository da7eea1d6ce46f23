--- Interrupts everything everywhere: lua5.4 spec/campaign/run.lua --cases N [--seed S] [--case ID] [--trace]
--
-- Every single fault there is, then mixtures of them by seed until N cases are played. On a virtual clock, so that
-- minutes of waiting take none; a share of real processes in real time beside it (--real K).
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Stage = require "campaign.stage"
local Summary = require "campaign.summary"
local argparse = require "argparse"
local cases = require "campaign.cases"
local play = require "campaign.play"

local function options_of(args)
  local parser = argparse("run.lua", "Interrupts everything everywhere, and looks whether the tool tells the truth.")
  parser:option("--cases", "How many cases at least; all single faults are always played."):default("2000"):convert(math.tointeger)
  parser:option("--seed", "Seed of the mixtures."):default("1"):convert(math.tointeger)
  parser:option("--case", "Only the cases with this id, or whose id begins so."):argname("ID")
  parser:flag("--trace", "Print the bytes and events of each failing case.")
  return parser:parse(args)
end

local function recorder()
  local lines = {}
  return lines, function(direction, bytes, t) lines[#lines + 1] = ("%10.3f %s %q"):format(t, direction, bytes) end
end

local function play_one(context, case)
  local options, summary = context.options, context.summary
  context.number = context.number + 1
  local lines, watched = recorder()
  local began = os.clock()
  local played = play(case, context.stage, context.number, options.trace and watched or nil)
  played.seconds = os.clock() - began
  summary:add(case, played, options, lines)
end

local function wanted(options, case)
  return not options.case or case.id == options.case or case.id:sub(1, #options.case) == options.case
end

local function play_all(context)
  local options = context.options
  local singles = cases.singles(context.stage)
  for _, case in ipairs(singles) do
    if wanted(options, case) then play_one(context, case) end
  end
  local pools = cases.pools(singles)
  local seed, only = options.case and options.case:match("^mixture/(%d+)/(%d+)$")
  if seed then return play_one(context, cases.mixture(pools, math.tointeger(seed), math.tointeger(only))) end
  if options.case then return end
  for n = 1, options.cases - #singles do play_one(context, cases.mixture(pools, options.seed, n)) end
end

io.stdout:setvbuf "line"
local options = options_of(arg)
local context = { options = options, summary = Summary.new(io.stdout), stage = Stage.new(), number = 0 }
local ok, fault = xpcall(play_all, debug.traceback, context)
context.stage:close()
if not ok then error(fault, 0) end
os.exit(context.summary:close() and 0 or 1)
