--- What an earlier supervisor of a run left: the last try of each module says how far it is, and one that runs is
-- followed.
-- @module dfota.fleet.recall

local job = require "dfota.fleet.job"
local judgement = require "dfota.fleet.judgement"
local tries = require "dfota.fleet.tries"

local recall = {}

-- What others know of a module that failed, or whose outcome this run does not know.
local function settled(device, last, how)
  if device.state ~= "unknown" and device.state ~= "failed" then return nil end
  local try = tries.read(how.folder.path, last)
  return try and how.settled(device, try.finished)
end

-- The state of one whose job has ended meanwhile.
local function look_back(device, last, how, result, exit)
  device.state = judgement.state_after(device, result, exit)
  device.barred = judgement.bars_another_try(device, result, exit)
  local now = settled(device, last, how)
  if now then device.state, device.is_news = now, true end
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
      adopt(device, last, how)
    end
  end
end

return recall
