--- How long a run may take, by the settings and the table of retries that it has: no run outlives that.
local bound = {}

local QUERIES = 14 -- more than a run asks before it changes anything
local FENCES = 3 -- a query that is not answered is fenced, which takes as long as a search

local function tried(retries, step, seconds)
  local entry = retries[step]
  local sum, pause = seconds * entry.times, entry.pause_s or 0
  for _ = 2, entry.times do
    sum, pause = sum + pause, pause * (entry.backoff or 1)
  end
  return sum
end

--- Longest time until a run ends that triggers nothing.
-- @tparam table set settings
-- @tparam table retries
-- @tparam string way
-- @treturn number seconds
function bound.before(set, retries, way)
  local search = tried(retries, "sync", set.sync_timeout_s * FENCES)
  local queries = QUERIES * tried(retries, "query", set.query_s + set.resync_timeout_s)
  local listened = set.update_silence_s + set.sync_timeout_s
  local change
  if way == "url" then
    change = set.sim_ready_s + 2 * tried(retries, "register", set.register_s)
      + tried(retries, "pdp", set.qideact_s * 2 + set.qiact_s + 4 * set.query_s)
  else
    change = tried(retries, "upload", set.connect_s + set.upload_timeout_s + set.upload_idle_s + set.result_s
      + 4 * (set.query_s + set.resync_timeout_s))
  end
  local taken_back = set.qideact_s + 6 * (set.query_s + set.resync_timeout_s)
  return search + queries + listened + change + taken_back
end

--- Longest time from the last sign of life of an update until the verdict.
-- @treturn number seconds
function bound.after(set)
  local silence = math.max(set.update_silence_s, set.download_silence_s, set.http_start_s)
  local asked = set.verify_tries * (set.verify_pause_s + 2 * (set.query_s + set.resync_timeout_s))
  local lost = set.recover_s + set.reopen_s
  local searched = set.sync_timeout_s * FENCES
  return set.trigger_s + silence + set.recover_s + lost + set.boot_s + asked + set.qideact_s + searched
end

return bound
