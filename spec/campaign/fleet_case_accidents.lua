--- What happens in a night of accidents with a fleet of real processes (spec/campaign/fleet_case.lua).
local Process = require "support.process"
local folder = require "support.folder"
local uv = require "luv"

local accidents = {}

-- The pids of the jobs that run.
local function jobs_of(self)
  local runs, list = self.folder .. "/state/dfota/runs/night", {}
  local scan = uv.fs_scandir(runs)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local stem = name:match "^(.*)%.pid$"
    local pid = stem and math.tointeger(tonumber(folder.read(runs .. "/" .. name)))
    if pid and uv.fs_readlink(("/proc/%d/fd/1"):format(pid)) == uv.fs_realpath(("%s/%s.json"):format(runs, stem)) then
      list[#list + 1] = pid
    end
  end
  table.sort(list)
  return list
end

local accident = {}

function accident.kill_supervisor(self, process)
  process:signal_with "sigkill"
  self.killed = true
end

-- Told to stop before: whoever goes on may find jobs that are still ending.
function accident.stop_and_kill_supervisor(self, process)
  local telling = Process.start(Process.lua, { "scripts/fleet.lua", "--stop", "night" }, { env = self:environment() })
  telling:wait()
  accident.kill_supervisor(self, process)
end

local function signal_job(self, name)
  local list = jobs_of(self)
  if #list > 0 then uv.kill(list[self.random:integer(1, #list)], name) end
end

function accident.kill_job(self) signal_job(self, "sigkill") end

function accident.interrupt_job(self) signal_job(self, "sigterm") end

function accident.pull_a_cable(self)
  local module = self.modules[self.random:integer(1, #self.modules)]
  if module.gone then return end
  module.gone = true
  uv.fs_unlink(module.port)
  module.sim:kill()
end

-- Somebody else writes to it for longer than a job waits, or for a moment.
function accident.lock_ledger(self)
  if not uv.fs_stat(self.ledger) then return end
  local seconds = tostring(self.random:integer(1, 4))
  table.insert(self.holders, Process.start(Process.lua, { "spec/support/ledger_holder.lua", self.ledger, seconds }))
end

-- Its disk is gone, until the run is over.
function accident.lose_ledger(self)
  if self.is_lost or not uv.fs_stat(self.ledger) then return end
  self.is_lost = true
  assert(uv.fs_rename(self.ledger, self.ledger .. ".away"))
  assert(uv.fs_mkdir(self.ledger, tonumber("700", 8)))
end

--- The ledger is back where it was, and nobody else writes to it.
function accidents.repair_ledger(self)
  for _, holder in ipairs(self.holders) do holder:wait() end
  self.holders = {}
  if not self.is_lost then return end
  self.is_lost = false
  assert(uv.fs_rmdir(self.ledger))
  assert(uv.fs_rename(self.ledger .. ".away", self.ledger))
end

local KINDS = {
  "kill_supervisor", "stop_and_kill_supervisor", "kill_job", "kill_job", "interrupt_job", "pull_a_cable", "lock_ledger",
  "lose_ledger",
}

--- One of them happens.
-- @param self the night of `campaign.fleet_case`
-- @param process the supervisor; if it is killed, `killed` is set
function accidents.next(self, process) accident[KINDS[self.random:integer(1, #KINDS)]](self, process) end

return accidents
