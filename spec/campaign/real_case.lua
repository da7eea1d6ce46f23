--- One case in real time: lua5.4 spec/campaign/real_case.lua SEED
--
-- The tool as a user starts it, against the simulated module on a pty, interrupted when it prints a certain event;
-- then run again. The last line it prints is `ok …` or `WRONG …`.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Package = require "dfota.sim.package"
local Process = require "support.process"
local Random = require "dfota.sim.random"
local Simulator = require "support.simulator"
local Trace = require "dfota.at.trace"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local uv = require "luv"

local SOURCE, TARGET = "MC65FAR01A01", "MC65FAR01A02"

local SPEC = "boot_s=0.1,reboot_s=0.1,cpin_s=0.02,call_ready_s=0.05,reg_s=0,end_s=0.05,update_s=0.5,update_step=10,"
  .. "download_s=0.4,deact_s=0.05,qiact_s=0.1,qideact_s=0.1,link=115200,http_size=1000"

local SETTINGS = {
  "update_silence_s=2", "recover_s=2", "boot_s=5", "verify_pause_s=0.1", "reopen_s=0.1", "sync_timeout_s=5",
}

-- Events at which something happens, in the order in which they come; those behind `nil` come after the trigger.
local POINTS = {
  file = { '"identity"', '"name":"supply"', '"name":"upload"', '"percent":34', '"name":"trigger"', '"START',
    '"UPDATING', "50%%", "90%%", 'END', '"name":"reboot"', '"name":"verify"' },
  url = { '"identity"', '"name":"signal"', '"name":"pdp"', '"name":"trigger"', "HTTP START", 'DOWNLOADING',
    "HTTPEND", "PDP DEACT", '"UPDATING', "50%%", 'END', '"name":"verify"' },
}

local function choose(random, list) return list[random:integer(1, #list)] end

local ACCIDENTS = {
  { name = "INT", signal = "sigint" }, { name = "TERM", signal = "sigterm" }, { name = "HUP", signal = "sighup" },
  { name = "INT three times", signal = "sigint", times = 3 }, { name = "KILL", signal = "sigkill" },
  { name = "KILL", signal = "sigkill" }, { name = "the module's process is killed", module = true },
  { name = "a closed stdout", close = true }, { name = "a second process", second = true },
  { name = "a full disk under the trace", trace = "/dev/full" },
}

local function case_of(seed)
  local random = Random.new(seed)
  local accident = ACCIDENTS[(seed - 1) % #ACCIDENTS + 1]
  local way = choose(random, { "file", "url" })
  return { seed = seed, way = way, accident = accident, point = choose(random, POINTS[way]) }
end

local World = {}
World.__index = World

local function new_world(case)
  local self = setmetatable({ case = case, runs = {}, wrong = {} }, World)
  self.folder, self.remove = folder.new()
  self.ledger = self.folder .. "/ledger.db"
  self.package = "http://updates.example:8111/A1toA2.pack"
  if case.way == "file" then
    self.package = folder.write(self.folder .. "/A2B.pack", assert(Package.make(SOURCE, TARGET, 3000)))
  end
  self.module = Simulator.start(SPEC)
  -- A name of its own, as udev gives it: the pty's may become another module's when this one is gone.
  self.port = self.folder .. "/module"
  assert(uv.fs_symlink(self.module.name, self.port))
  return self
end

local function arguments(self, trace)
  local words = { "scripts/update.lua", "--port", self.port, "--json", "--trace", trace, "--ledger", self.ledger,
    "--from", SOURCE, "--to", TARGET, "--baud", "115200" } -- auto asks a module held in data mode at every rate first
  for _, setting in ipairs(SETTINGS) do table.move({ "--set", setting }, 1, 2, #words + 1, words) end
  words[#words + 1] = self.package
  return words
end

function World:start()
  self.started = (self.started or 0) + 1
  local run = { trace = self.case.accident.trace or ("%s/%d.trace"):format(self.folder, self.started) }
  run.process = Process.start(Process.lua, arguments(self, run.trace))
  return run
end

local function events_of(text)
  local events = {}
  for line in text:gmatch "[^\n]+" do events[#events + 1] = json.decode(line, 1, json.null) end
  return events
end

local function triggers_in(path)
  local count = 0
  for line in io.lines(path) do
    local _, direction, bytes = Trace.parse(line)
    if direction == "tx" and bytes:find('^AT%+QFOTADL=[1"]') then count = count + 1 end
  end
  return count
end

function World:finish(run)
  run.rc, run.signal = run.process:wait()
  run.events = events_of(run.process.out)
  run.result = run.events[#run.events]
  run.killed = run.signal == 9
  run.committed = run.process.out:find('"name":"trigger"', 1, true) ~= nil
  run.triggers = run.trace ~= "/dev/full" and triggers_in(run.trace) or nil
  self.runs[#self.runs + 1] = run
  return run
end

function World:complain(...) self.wrong[#self.wrong + 1] = (...):format(select(2, ...)) end

-- The module says what it runs; nothing of the tool is asked.
function World:truth()
  local port = core.open(self.module.name, { baud = 115200 })
  if not port then return nil end
  local deadline, text = core.now() + 10, ""
  while core.now() < deadline do
    port:write("ATI\r", 1)
    local bytes = port:read(0.3)
    while bytes do
      text = text .. bytes
      bytes = port:read(0.1)
    end
    if text:find("Revision: %S+\r") then break end
  end
  port:close()
  return text:match("Revision: (%S+)\r")
end

local function happen(self, run)
  local accident, process = self.case.accident, run.process
  if accident.trace then return end
  local reached = pcall(process.await, process, "out", self.case.point)
  if not reached then return end
  for _ = 1, accident.times or 1 do
    if accident.signal then process:signal_with(accident.signal) end
  end
  if accident.module then
    uv.fs_unlink(self.port)
    self.module:kill()
  end
  if accident.close then process:close_output() end
  if accident.second then
    self.second = self:start()
    self.second.rc = self.second.process:wait()
  end
end

local checks = {}

function checks.one_result(self, run)
  if run.killed or self.case.accident.close then return end
  local results = 0
  for _, event in ipairs(run.events) do results = results + (event.event == "result" and 1 or 0) end
  if results ~= 1 or run.result.event ~= "result" then return self:complain("%d results", results) end
  if run.result.rc ~= run.rc then self:complain("exit code %d, the result says %s", run.rc, run.result.rc) end
end

function checks.one_trigger(self, run)
  if run.triggers and run.triggers > 1 then self:complain("triggered %d times", run.triggers) end
end

local function allowed(self, run)
  local accident = self.case.accident
  if accident.module then return run.committed and { [80] = true, [0] = true } or { [74] = true } end
  if accident.signal and run.triggers == 0 then return { [130] = true } end
  if accident.times then return { [80] = true, [0] = true } end
  return { [0] = true }
end

function checks.exit_code(self, run)
  if run.killed or run.rc == nil then return end
  local set = run == self.runs[1] and allowed(self, run) or { [0] = true }
  if not set[run.rc] then self:complain("exit code %s: %s", run.rc, run.result and run.result.message) end
end

function checks.ledger_agrees(self, run)
  if run.killed or run ~= self.runs[#self.runs] then return end
  local book = assert(ledger.open(self.ledger, { readonly = true }))
  for _, row in ipairs(assert(book:rows {})) do
    if row.triggered and not row.finished then self:complain("a triggered update has no end in the ledger") end
    if row.outcome == "updated" and row.after ~= TARGET then self:complain("the ledger says %s", row.after) end
  end
  book:close()
end

local function judge_all(self)
  for _, run in ipairs(self.runs) do
    for _, name in ipairs { "one_result", "one_trigger", "exit_code", "ledger_agrees" } do checks[name](self, run) end
  end
  if self.second and self.second.rc ~= 74 then self:complain("a second process got %s", self.second.rc) end
end

local function play(self)
  local first = self:start()
  happen(self, first)
  self:finish(first)
  if self.case.accident.module then return judge_all(self) end
  if first.rc == 0 and not first.killed and self:truth() ~= TARGET then
    self:complain("0, and the module runs another")
  end
  self:finish(self:start())
  if self:truth() ~= TARGET then self:complain("after the next run the module runs %s", self:truth()) end
  judge_all(self)
end

local case = case_of(math.tointeger(tonumber(arg[1])) or 1)
local world = new_world(case)
local ok, fault = xpcall(play, debug.traceback, world)
if not ok then world:complain("%s", fault) end
world.module:stop()
world.remove()
local codes = {}
for i, run in ipairs(world.runs) do codes[i] = run.killed and "killed" or tostring(run.rc) end
print(("%s real/%d: %s, %s at %s: %s %s"):format(#world.wrong == 0 and "ok" or "WRONG", case.seed, case.way,
  case.accident.name, case.point, table.concat(codes, ", "), table.concat(world.wrong, "; ")))
uv.run("nowait")
os.exit(#world.wrong == 0 and 0 or 1)
