--- What is told to a run that others carry out: to go on after its pause, or to stop.
-- @module dfota.fleet.telling

local core = require "dfota.core"
local json = require "dkjson"
local orphans = require "dfota.fleet.orphans"
local plan = require "dfota.fleet.plan"
local run_folder = require "dfota.fleet.run_folder"

local telling = {}

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

-- Jobs whose supervisor died are stopped by this process in its place.
local function stop_orphans(folder, call, options)
  local left = assert(orphans.stop(folder, plan.devices_of(call)))
  return { told = left.told, followed = left.followed }, left:words(options.stop), function() left:wait() end
end

--- Tells a run, and says to which process, if there is one.
-- @tparam string home the folder of all runs
-- @tparam table options `go` or `stop`, its name; `wait`: until it has ended; `json`
-- @tparam Program program whose output it is
-- @raise dfota.error of kind `usage` or `run`
function telling.tell(home, options, program)
  local id = options.go or options.stop
  local folder, call = assert(run_folder.open(home, id))
  local word, supervisor = options.go and "go" or "stop", folder:supervisor()
  if options.go then assert(check_go(folder, id, supervisor)) end
  local event, words, wait = { supervisor = supervisor }, nil, function() folder:wait() end
  if supervisor then
    assert(folder:tell(word))
  else
    event, words, wait = stop_orphans(folder, call, options)
  end
  event.v, event.event, event.run, event.word = 1, "told", id, word
  if options.json then
    program:say(json.encode(event, { keyorder = ORDER }))
  elseif words then
    program:say(words)
  end
  if options.wait then wait() end
  if not supervisor then orphans.leave() end
end

return telling
