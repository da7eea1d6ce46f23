--- A night of accidents with a fleet: lua5.4 spec/campaign/fleet_case.lua SEED [MODULES]
--
-- Simulated modules on ptys of their own, scripts/fleet.lua as a user starts it; its supervisor and its jobs are
-- killed, cables are pulled, the ledger is locked, gone or on a full disk, and the run is resumed until it is over.
-- Then each module is asked what it runs, and what the fleet and the ledger say of it is held against that. The last
-- line is `ok …` or `WRONG …`.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Package = require "dfota.sim.package"
local Process = require "support.process"
local Random = require "dfota.sim.random"
local Simulator = require "support.simulator"
local accidents = require "campaign.fleet_case_accidents"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local uv = require "luv"

local SOURCE, TARGET = "MC65FAR01A01", "MC65FAR01A02"

local SPEC = "boot_s=0.1,reboot_s=0.1,cpin_s=0.02,call_ready_s=0.05,reg_s=0,end_s=0.05,update_s=1,update_step=10,"
  .. "link=115200"

local SETTINGS = {
  "update_silence_s=2", "recover_s=3", "boot_s=5", "verify_pause_s=0.1", "reopen_s=0.1", "sync_timeout_s=5",
}

-- A module that nobody gives back is watched three times, with pauses of 180 s in all.
local MOST_RUNS, RUN_PATIENCE_S = 6, 420
local FULL, BLOCK = 0.2, 512 -- how often a run's disk is full; ulimit's unit
local LEAST_BYTES = 128 * 1024 -- of what a job says nothing is lost

local World = {}
World.__index = World

local function module_of(self, number)
  local random = self.random
  local imei = ("8612345678%05d"):format(number)
  local fate = random:chance(0.15) and "end:6508" or nil
  local spec = SPEC .. ",imei=" .. imei .. (fate and ",fail=" .. fate or "")
  local module = { number = number, imei = imei, fate = fate, sim = Simulator.start(spec) }
  -- A name of its own, as udev gives it: the pty's may become another module's when this one is gone.
  module.port = ("%s/module-%d"):format(self.folder, number)
  assert(uv.fs_symlink(module.sim.name, module.port))
  return module
end

local function new_world(seed, count)
  local self = setmetatable({
    random = Random.new(seed), modules = {}, wrong = {}, holders = {}, is_disturbed = true,
  }, World)
  self.folder, self.remove = folder.new()
  self.ledger = self.folder .. "/ledger.db"
  self.package = folder.write(self.folder .. "/A2B.pack", assert(Package.make(SOURCE, TARGET, 3000)))
  local lines = { "port,imei,from,to" }
  for number = 1, count do
    local module = module_of(self, number)
    self.modules[number] = module
    lines[#lines + 1] = ("%s,%s,%s,%s"):format(module.port, module.imei, SOURCE, TARGET)
  end
  self.plan = folder.write(self.folder .. "/plan.csv", table.concat(lines, "\n") .. "\n")
  return self
end

function World:complain(...) self.wrong[#self.wrong + 1] = (...):format(select(2, ...)) end

local function arguments(self)
  local words = { "scripts/fleet.lua", "--json" }
  local function add(...) table.move({ ... }, 1, select("#", ...), #words + 1, words) end
  if self.begun then
    add("--resume", "night")
    if not self.is_disturbed or self.random:chance(0.5) then add("--again", "failed") end
  else
    local most = #self.modules
    add("--run", "night", "--ledger", self.ledger, "--baud", "115200",
      "--jobs", tostring(self.random:integer(math.max(2, most // 4), most)))
    for _, setting in ipairs(SETTINGS) do add("--set", setting) end
    add(self.plan, self.package)
  end
  self.begun = true
  return words
end

--- What its programs are started with.
function World:environment()
  local env = uv.os_environ()
  env.XDG_STATE_HOME = self.folder .. "/state"
  local list = {}
  for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
  return list
end

-- The fleet's program; on a full disk no file becomes longer than the ledger is.
local function program_of(self, is_full)
  local words = arguments(self)
  if not is_full then return Process.lua, words end
  local stat = uv.fs_stat(self.ledger)
  local blocks = math.max(stat and stat.size or 0, LEAST_BYTES) // BLOCK
  local shell = { "-c", ('ulimit -f %d; exec "$@"'):format(blocks), "sh", Process.lua }
  return "/bin/sh", table.move(words, 1, #words, #shell + 1, shell)
end

local function await_length(process, length)
  while #process.out < length and not process.code do uv.run "once" end
end

-- Something happens behind so many more lines of output, some times.
local function disturb(self, process)
  for _ = 1, self.random:integer(0, 4) do
    local seen = #process.out + self.random:integer(200, 6000)
    await_length(process, seen)
    if process.code then return end
    accidents.next(self, process)
    if self.killed then return end
  end
end

local function run(self)
  self.killed = false
  local program, words = program_of(self, self.is_disturbed and self.random:chance(FULL))
  local process = Process.start(program, words, { env = self:environment(), patience_s = RUN_PATIENCE_S })
  if self.is_disturbed then disturb(self, process) end
  local rc = process:wait()
  accidents.repair_ledger(self)
  local last
  for line in process.out:gmatch "[^\n]+" do last = json.decode(line) or last end
  if self.killed then return nil end
  if not last or last.event ~= "fleet" then
    self:complain("a run ended with %s and without its last event: %s", rc, process.err)
    return nil
  end
  self.last = last
  return rc
end

-- The module says what it runs; nothing of the tool is asked.
local function truth(module)
  if module.gone then return nil end
  local port = core.open(module.sim.name, { baud = 115200 })
  if not port then return nil end
  local deadline, text = core.now() + 10, ""
  while core.now() < deadline and not text:find "Revision: %S+\r" do
    port:write("ATI\r", 1)
    local bytes = port:read(0.3)
    while bytes do
      text = text .. bytes
      bytes = port:read(0.1)
    end
  end
  port:close()
  return text:match "Revision: (%S+)\r"
end

-- The tries of a module: whether each was triggered, and its result.
local function tries_of(self, module)
  local runs, tries = self.folder .. "/state/dfota/runs/night", {}
  local scan = uv.fs_scandir(runs)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local number = name:match(("^%03d%%-(%%d+).*%%.json$"):format(module.number))
    if number then
      local content = folder.read(runs .. "/" .. name)
      tries[#tries + 1] = {
        number = tonumber(number), triggered = content:find('"name":"trigger"', 1, true) ~= nil,
        result = json.decode(content:match '([^\n]*"event":"result"[^\n]*)\n' or "null"),
      }
    end
  end
  table.sort(tries, function(a, b) return a.number < b.number end)
  return tries
end

local function check_module(self, module, rows)
  local runs, tries = truth(module), tries_of(self, module)
  local triggers, last = 0, tries[#tries] and tries[#tries].result
  for _, try in ipairs(tries) do
    if try.triggered then triggers = triggers + 1 end
  end
  if triggers > 1 then self:complain("module %d was triggered %d times", module.number, triggers) end
  local says = last and last.outcome
  if runs and says == "updated" and runs ~= TARGET then
    self:complain("module %d: updated, it runs %s", module.number, runs)
  end
  if runs and says == "failed_on_source" and runs ~= SOURCE then
    self:complain("module %d: failed, it runs %s", module.number, runs)
  end
  local row = rows[module.imei]
  if runs and row and row.outcome == "updated" and runs ~= TARGET then
    self:complain("the ledger says module %d was updated, it runs %s", module.number, runs)
  end
  if runs == TARGET and row and row.outcome == "failed_on_source" then
    self:complain("the ledger says module %d failed, it runs %s", module.number, runs)
  end
  if runs == TARGET and triggers == 0 then self:complain("module %d was updated by nobody", module.number) end
  return runs
end

-- The latest row of each module.
local function rows_of(self)
  local book = assert(ledger.open(self.ledger, { readonly = true }))
  local rows = {}
  for _, row in ipairs(assert(book:rows { limit = 100000 })) do
    if not rows[row.imei or ""] or rows[row.imei].started <= row.started then rows[row.imei or ""] = row end
  end
  book:close()
  return rows
end

local function check(self, rc)
  local counts = self.last.counts
  local ended = counts.done + counts.failed + counts.unknown + counts.safe
  if ended ~= #self.modules then self:complain("%d of %d modules have an end", ended, #self.modules) end
  if rc == 0 and counts.done ~= #self.modules then self:complain("0, and not all are done") end
  local rows = uv.fs_stat(self.ledger) and rows_of(self) or {}
  local updated, silent = 0, 0
  for _, module in ipairs(self.modules) do
    local runs = check_module(self, module, rows)
    if runs == TARGET then updated = updated + 1 end
    if not runs then silent = silent + 1 end
  end
  if updated > counts.done + counts.unknown then
    self:complain("%d modules run the target, %d are done and %d unknown", updated, counts.done, counts.unknown)
  end
  if counts.done > updated + silent then
    self:complain("%d are done, and %d modules run the target, %d do not answer", counts.done, updated, silent)
  end
end

local function play(seed, count)
  local self = new_world(seed, count)
  local rc
  for _ = 1, MOST_RUNS do
    rc = run(self)
    if rc or #self.wrong > 0 then break end
  end
  self.is_disturbed = false -- the last one in peace: what only the ledger kept from it is done now
  if #self.wrong == 0 then rc = run(self) end
  if rc then check(self, rc) end
  for _, module in ipairs(self.modules) do
    if not module.gone then module.sim:kill() end
  end
  self.remove()
  return self, rc
end

local seed = math.tointeger(tonumber(arg[1])) or 1
local self, rc = play(seed, math.tointeger(tonumber(arg[2])) or 16)
if #self.wrong == 0 then
  local counts = self.last.counts
  print(("ok %d: rc %d, %d done, %d failed, %d unknown, %d safe"):format(
    seed, rc, counts.done, counts.failed, counts.unknown, counts.safe))
else
  print(("WRONG %d: %s"):format(seed, table.concat(self.wrong, "; ")))
end
os.exit(#self.wrong == 0 and 0 or 1)
