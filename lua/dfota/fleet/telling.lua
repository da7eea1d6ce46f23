--- What is told to a run that others carry out: to go on after its pause, or to stop.
-- @module dfota.fleet.telling

local core = require "dfota.core"
local json = require "dkjson"
local orphans = require "dfota.fleet.orphans"
local plan = require "dfota.fleet.plan"
local run_folder = require "dfota.fleet.run_folder"

local telling = {}

local LOOK_S = 0.05
local ORDER = { "v", "event", "run", "word", "supervisor", "told", "followed" }

local function usage(what) return nil, core.error("usage", what) end

-- What is said before the pause would let the others go without one.
local function check_go(folder, id, supervisor)
  if not supervisor then
    return usage(("run %s is not being carried out: --resume %s goes on with it"):format(id, id))
  end
  if folder:was_told "paused" then return true end
  return usage(("run %s is not paused, and --go now would skip the pause: say it once it is"):format(id))
end

local function tell_to_go(folder, id)
  local supervisor = folder:supervisor()
  assert(check_go(folder, id, supervisor))
  assert(folder:tell "go")
  return supervisor
end

-- Whoever goes on with the run at this moment forgets what it was told before.
local function tell_to_stop(folder, supervisor)
  local told
  repeat
    assert(folder:tell "stop")
    told, supervisor = supervisor, folder:supervisor()
  until not supervisor or supervisor == told
  return told
end

-- Jobs whose supervisor died are stopped by this process in its place; unless somebody is faster and becomes the next
-- one, who is told then.
local function stop(folder, call)
  while true do
    local supervisor = folder:supervisor()
    if supervisor then return tell_to_stop(folder, supervisor) end
    local left, err = orphans.stop(folder, plan.devices_of(call))
    if left or err.kind ~= "usage" then return nil, assert(left, err) end
    assert(core.wait(LOOK_S)) -- it has not said yet which process it is
  end
end

local function say(program, options, event, words)
  if options.json then
    program:say(json.encode(event, { keyorder = ORDER }))
  elseif words then
    program:say(words)
  end
end

--- Tells a run, and says to which process, if there is one.
-- @tparam string home the folder of all runs
-- @tparam table options `go` or `stop`, its name; `wait`: until it has ended; `json`
-- @tparam Program program whose output it is
-- @raise dfota.error of kind `usage`, `run`, or `interrupted` while it waits: the run was told all the same
function telling.tell(home, options, program)
  local id = options.go or options.stop
  local folder, call = assert(run_folder.open(home, id))
  local event, left = { v = 1, event = "told", run = id, word = options.go and "go" or "stop" }, nil
  if options.go then
    event.supervisor = tell_to_go(folder, id)
  else
    event.supervisor, left = stop(folder, call)
  end
  if left then event.told, event.followed = left.told, left.followed end
  say(program, options, event, left and left:words(id))
  local ok, err = true, nil
  if options.wait then ok, err = (left or folder):wait() end
  if left then orphans.leave() end
  assert(ok, err)
end

return telling
