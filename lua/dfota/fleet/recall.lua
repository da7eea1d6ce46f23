--- What an earlier supervisor of a run left: the last try of each module says how far it is, and one that runs is
-- followed.
-- @module dfota.fleet.recall

local heard = require "dfota.fleet.heard"
local job = require "dfota.fleet.job"
local judgement = require "dfota.fleet.judgement"
local next_try = require "dfota.fleet.next_try"
local tries = require "dfota.fleet.tries"

local recall = {}

-- What others know of a module that failed, or whose outcome this run does not know.
local function settled(device, last, how)
  if device.state ~= "unknown" and device.state ~= "failed" then return nil end
  local try = tries.read(how.folder.path, last)
  if try then return how.settled(device, try.finished) end
end

-- The state of one whose job has ended meanwhile.
local function look_back(device, last, how, result, exit)
  device.state = judgement.state_after(device, result, exit)
  heard.keep_exit_code(device, judgement.of(device, result, exit), exit)
  device.barred = judgement.bars_another_try(device, result, exit)
  local now, row = settled(device, last, how)
  if now then device.state, device.is_news = now, true end
  if row then heard.take_row(device, row) end
end

-- A job that still runs is the scheduler's from its first step on. What it said before is read to its end at once.
local function adopt(device, last, how)
  local is_old, result, exit = true, nil, nil
  local found = job.find(how.folder.path, last.key, {
    on_event = function(event) how.on_event(device, event, is_old) end,
    on_end = function(last_result, last_exit)
      result, exit = last_result, last_exit
      if device.job then how.on_end(device, last_result, last_exit) end
    end,
  })
  is_old = nil
  if not found then return end
  if found.ended then return look_back(device, last, how, result, exit) end
  device.job, device.was_told = found, how.folder.was_stopped
  device.state = last.what == "watch" and "watching" or device.triggered and "triggered" or "running"
end

-- How long ago the last try ended is told by the clock on the wall, which may have been set meanwhile: nobody waits
-- longer for that.
local function count_tries(device, list, how)
  local said = {}
  for _, try in ipairs(list) do table.insert(said, tries.read(how.folder.path, try)) end
  local count, ended = next_try.counted(said)
  if count == 0 then return end
  device.tries_before, device.tried_at = count, how.clock.now - math.max(0, how.clock.wall - ended)
end

--- Takes up what was left: `try`, `what` and `state` of each module are set, `barred` of one that is not to be tried
-- again, `is_news` of one of whose state others knew; of one whose job runs `job`, and `was_told` if the earlier
-- supervisor told that to end.
-- @tparam table how `folder` of the run; its `devices`; `settled(device, since)` as of `dfota.fleet.supervisor`;
--   `on_event(device, event, is_old)`, where `is_old` events were said to the earlier supervisor; `on_end(device,
--   result, exit)` of those jobs that are followed
function recall.all(how)
  local all = how.folder:tries()
  for number, device in ipairs(how.devices) do
    local list = all[number]
    if list then
      local last = list[#list]
      device.try, device.what = last.number, last.what
      if last.what == "watch" then device.imei = device.imei or tries.met(how.folder.path, list) end
      adopt(device, last, how)
      if device.job or not device.state then count_tries(device, list, how) end
    end
  end
end

return recall
