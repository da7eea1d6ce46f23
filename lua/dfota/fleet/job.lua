--- One module's job: a process of its own, which lives on if the fleet's supervisor dies, and is found again.
--
-- Its events go into a file, and its pid beside it before it begins. Whether a process is still that job is told by its
-- standard output: a pid may have been given to somebody else meanwhile.
-- @module dfota.fleet.job

local core = require "dfota.core"
local disk = require "dfota.fleet.disk"
local json = require "dkjson"
local regular_file = require "dfota.base.regular_file"
local tail = require "dfota.fleet.tail"
local text = require "dfota.base.text"
local uv = require "luv"

local job = {}

local LOOK_MS = 500 -- how often a job that is not our child is looked for, and each file without a notice of change

local MAX_WORDS_BYTES = 1 << 20

-- The pid is on disk before the job exists: no job is ever lost. Where it cannot be written nothing is begun.
local BEGIN = [[echo $$ >"$0" || exit 74; exec "$@"]]

-- What update.lua says on stderr if its output was lost.
local LOST = [[the output was lost: ([^%c]*); the exit code would have been (%d+)]]

local Job = {}
Job.__index = Job
Job.__name = "dfota.fleet.job"

local function paths(folder, key)
  local stem = folder .. "/" .. key
  return { out = stem .. ".json", err = stem .. ".err", pid = stem .. ".pid" }
end

-- The last result counts: there is exactly one.
local function take_line(self, line)
  local event = json.decode(line)
  if type(event) ~= "table" then return end
  if event.event == "result" then self.result = event end
  self.on_event(event)
end

local function stop_looking(self)
  for _, name in ipairs { "timer", "watch" } do
    if self[name] then
      self[name]:stop()
      self[name]:close()
      self[name] = nil
    end
  end
end

-- Why what it said was lost, and how it ended.
local function lost(self)
  local reason, rc = (regular_file.read(self.paths.err, MAX_WORDS_BYTES) or ""):match(LOST)
  return reason, math.tointeger(tonumber(rc))
end

-- How it ended, apart from what it said: a disk may have been full.
local function exit_of(self, code)
  local _, meant = lost(self)
  local is_torn = self.tail.rest ~= ""
  return {
    rc = meant or code, is_lost = meant ~= nil or is_torn or not disk.has_room(self.paths.out), folder = self.folder,
  }
end

-- It has exited: nothing more is written, and what was written is read to its end.
local function finish(self, code)
  if self.ended then return end
  self.ended = true
  stop_looking(self)
  self.tail:close()
  self.on_end(self.result, exit_of(self, code))
end

-- Is the process of that pid this job?
local function is_running(self)
  return self.pid ~= nil and uv.fs_readlink(("/proc/%d/fd/1"):format(self.pid)) == self.real
end

local function look(self)
  self.tail:read()
  if not self.child and not is_running(self) then finish(self) end
end

-- A change of the file is told at once; the timer is for file systems that tell nothing.
local function follow(self)
  self.timer, self.watch = uv.new_timer(), uv.new_fs_event()
  self.timer:start(LOOK_MS, LOOK_MS, function() look(self) end)
  self.watch:start(self.paths.out, {}, function() self.tail:read() end)
end

local function new(folder, key, options)
  return setmetatable({
    folder = folder, key = key, paths = paths(folder, key), on_event = options.on_event, on_end = options.on_end,
  }, Job)
end

local function open_tail(self)
  local why
  self.real = uv.fs_realpath(self.paths.out)
  self.tail, why = tail.new(self.paths.out, function(line) take_line(self, line) end)
  if self.tail then return true end
  return nil, core.error("io", ("%s cannot be read: %s"):format(text.printable(self.paths.out), why))
end

local function create(path)
  local fd, message = uv.fs_open(path, "wx", tonumber("600", 8))
  if fd then return fd end
  return nil, core.error("io", ("%s cannot be created: %s"):format(text.printable(path), text.reason(message)))
end

local function spawn(self, words, out, err)
  local args = table.move(words, 1, #words, 4, { "-c", BEGIN, self.paths.pid })
  local how = { args = args, stdio = { nil, out, err }, detached = true }
  local child, pid = uv.spawn("/bin/sh", how, function(code, signal)
    self.child:close()
    self.child = nil
    self.signal = signal ~= 0 and signal or nil
    finish(self, not self.signal and code or nil)
  end)
  if not child then
    return nil, core.error("io", ("a job cannot be started: %s"):format(text.reason(pid)))
  end
  self.child, self.pid = child, pid
  return true
end

--- Starts a job.
-- @tparam string folder of the run
-- @tparam string key names the job's files in it: new for every try
-- @tparam {string,...} words program and arguments; it writes JSON Lines
-- @tparam table options `on_event(event)`; `on_end(result, exit)`: nil if it ended without one, and how it ended: its
--   exit code `rc`, nil if that is not known, and `is_lost`: some of what it said may be missing
-- @treturn[1] Job
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `io`; `no_room` if the disk is full: what it says would be lost
function job.start(folder, key, words, options)
  if not disk.has_room(folder) then
    return nil, core.error("no_room", ("no space is left for what a job says in %s"):format(text.printable(folder)))
  end
  local self = new(folder, key, options)
  local out, err, why, ok
  out, why = create(self.paths.out)
  if not out then return nil, why end
  err, why = create(self.paths.err)
  if err then
    ok, why = open_tail(self)
    if ok then ok, why = spawn(self, words, out, err) end
    uv.fs_close(err)
  end
  uv.fs_close(out)
  if not ok then return nil, why end
  follow(self)
  return self
end

local function pid_in(path)
  local file = io.open(path)
  local pid = file and file:read "n"
  if file then file:close() end
  return math.type(pid) == "integer" and pid or nil
end

--- Finds a job that an earlier supervisor started: what it said so far is read at once, and its end if it has ended.
-- @tparam string folder of the run
-- @tparam string key
-- @tparam table options as of `start`
-- @treturn[1] Job; `ended` if it is over
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `io` if it was never begun
function job.find(folder, key, options)
  local self = new(folder, key, options)
  local ok, why = open_tail(self)
  if not ok then return nil, why end
  self.pid = pid_in(self.paths.pid)
  if is_running(self) then
    self.tail:read()
  else
    finish(self)
  end
  return self
end

--- From here on what a found job says is told as it comes, and its end. Not before: until then whoever found it may not
-- know what to do with it, while luv's loop runs for something else.
Job.follow = follow

--- Why it ended without a result: the signal that killed it, whatever it said before; the last line that it said to
-- people, above a traceback if there is one; or a disk on which nothing can be said.
-- @treturn string|nil
function Job:complaint()
  if self.signal then return ("killed by signal %d"):format(self.signal) end
  local reason, rc = lost(self)
  if reason then return ("what its job said was lost (%s); its exit code was %d"):format(reason, rc) end
  local words = regular_file.read(self.paths.err, MAX_WORDS_BYTES)
  local full = not disk.has_room(self.folder)
    and ("no space is left for what a job says in %s"):format(text.printable(self.folder))
  words = (words or ""):gsub("\nstack traceback:\n.*$", "")
  return words:match "([^\n]+)\n*$" or full or nil
end

--- Leaves it to itself: it goes on, and nothing more of it is told.
function Job:leave()
  if self.ended then return end
  self.ended = true
  stop_looking(self)
  self.tail:close()
  if self.child then self.child:close() end
end

--- Asks it to end, as Ctrl-C does: before its trigger it ends with 130, after it nothing ends it.
function Job:interrupt()
  if not self.ended and (self.child or is_running(self)) then uv.kill(self.pid, "sigint") end
end

return job
