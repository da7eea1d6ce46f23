--- Interrupts everything everywhere:
--
--     lua5.4 spec/campaign/run.lua --cases N [--all] [--real K] [--seed S] [--replay N] [--case ID] [--trace]
--
-- N cases on a virtual clock, so that minutes of waiting take none: three quarters of them single faults, drawn by seed
-- evenly from all there are (every one of them where N is large enough, or with --all), the others mixtures of two or
-- three; and K cases with real processes in real time.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Stage = require "campaign.stage"
local Summary = require "campaign.summary"
local argparse = require "argparse"
local cases = require "campaign.cases"
local play = require "campaign.play"
local real = require "campaign.real"
local replay = require "campaign.replay"

local MIXED = 4 -- a quarter of the cases asked for are mixtures

local function options_of(args)
  local parser = argparse("run.lua", "Interrupts everything everywhere, and looks whether the tool tells the truth.")
  parser:option("--cases", "How many cases."):default("2000"):convert(math.tointeger)
  parser:flag("--all", "Every single fault there is, and a quarter of the cases as mixtures.")
  parser:option("--real", "How many cases more in real time, with real processes.")
    :default("25"):convert(math.tointeger)
  parser:option("--seed", "Seed of what is drawn, and first of the real cases."):default("1"):convert(math.tointeger)
  parser:option("--replay", "Of every N-th case the trace is replayed: it must lead to the same verdict (0: of none).")
    :default("10"):convert(math.tointeger)
  parser:option("--case", "Only the cases with this id, or whose id begins so."):argname("ID")
  parser:flag("--trace", "Print the bytes of each failing case.")
  return parser:parse(args)
end

local function recorder()
  local lines = {}
  return lines, function(direction, bytes, t) lines[#lines + 1] = ("%10.3f %s %q"):format(t, direction, bytes) end
end

-- A replay needs a trace, and a ledger that does not know the module.
local function replayed(context, case, played)
  if not case.trace or not replay.is_possible(case, played.runs[1]) then return end
  context.replays = context.replays + 1
  local wrong = replay.play(case, played, context.other_stage, context.number)
  table.move(wrong, 1, #wrong, #played.wrong + 1, played.wrong)
end

local function play_one(context, case)
  local options, summary = context.options, context.summary
  context.number = context.number + 1
  local lines, watched = recorder()
  local every = options.replay
  if every > 0 and context.number % every == 0 then case.trace = true end
  local began = os.clock()
  local played = play(case, context.stage, context.number, options.trace and watched or nil)
  if every > 0 then replayed(context, case, played) end
  played.seconds = os.clock() - began
  summary:add(case, played, options.trace and lines or nil)
end

-- The single faults that are played: those that are named, a share of all, or all.
local function chosen(options, singles)
  local only = options.case
  if not only then return cases.sample(singles, options.all and #singles or options.cases * (MIXED - 1) // MIXED,
    options.seed) end
  local list = {}
  for _, case in ipairs(singles) do
    if case.id:sub(1, #only) == only then list[#list + 1] = case end
  end
  return list
end

local function play_mixtures(context, singles)
  local options, pools = context.options, cases.pools(singles)
  local seed, number = (options.case or ""):match("^mixture/(%d+)/(%d+)$")
  if seed then return play_one(context, cases.mixture(pools, math.tointeger(seed), math.tointeger(number))) end
  if options.case then return end
  local count = math.max(options.cases - context.number, options.cases // MIXED)
  for n = 1, count do play_one(context, cases.mixture(pools, options.seed, n)) end
end

local function play_real(context)
  local options, summary = context.options, context.summary
  local seed = (options.case or ""):match("^real/(%d+)$")
  local count = seed and 1 or options.case and 0 or options.real
  real.play(count, math.tointeger(seed) or options.seed, function(...) summary:add_real(...) end)
end

local function play_all(context)
  local singles = cases.singles(context.stage)
  for _, case in ipairs(chosen(context.options, singles)) do play_one(context, case) end
  play_mixtures(context, singles)
  play_real(context)
end

io.stdout:setvbuf "line"
local options = options_of(arg)
local context = {
  options = options, summary = Summary.new(io.stdout), stage = Stage.new(), other_stage = Stage.new(), number = 0,
  replays = 0,
}
local ok, fault = xpcall(play_all, debug.traceback, context)
context.stage:close()
context.other_stage:close()
if ok then io.stdout:write(("%d traces were replayed\n"):format(context.replays)) end
if not ok then error(fault, 0) end
os.exit(context.summary:close() and 0 or 1)
