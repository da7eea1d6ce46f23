--- What a fleet's run has on disk, so that another supervisor can go on with it: its plan and call, what each try said,
-- and the files by which it is told to go on or to stop.
--
--     ~/.local/state/dfota/runs/2026-12-01-night/
--       run.json                the call: plan, package, options
--       SHA256SUMS              the package, or those of a folder, and manifests: its jobs use no others
--       003-1.json .err .pid    the first try of the third module of the plan, its events, words to people, process
--       003-2-watch.json …      its second, which only watched
--       supervisor              the process that carries it out; it holds this file open and locked
--       paused                  there while it waits after those that go first; passed once it has
--       go, stop                there if somebody told the run to go on after its pause, or to stop
--
-- A check has such a folder only while it goes on: nobody goes on with one.
-- @module dfota.fleet.run_folder

local NewFile = require "dfota.base.new_file"
local check_folder = require "dfota.fleet.check_folder"
local core = require "dfota.core"
local directory = require "dfota.base.directory"
local json = require "dkjson"
local private_file = require "dfota.base.private_file"
local regular_file = require "dfota.base.regular_file"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"
local user_folder = require "dfota.base.user_folder"
local uv = require "luv"

local run_folder = {}

--- The layout of a call.
run_folder.VERSION = 4

local MAX_BYTES = 32 << 20
local MODE = tonumber("700", 8)
local LOOK_S = 0.2 -- a process of somebody else gives no notice when it ends

local Folder = {}
Folder.__index = Folder
Folder.__name = "dfota.fleet.run_folder"

local function refuse(path, reason, kind)
  return nil, core.error(kind or "usage", ("run %s: %s"):format(text.printable(path), reason))
end

-- It cannot be used: there may be another place.
local function unusable(path, reason)
  return refuse(path, reason .. ": fix that, or set XDG_STATE_HOME to another folder", "run")
end

--- Where the runs of this user are: $XDG_STATE_HOME/dfota/runs, or ~/.local/state/dfota/runs.
-- @tparam[opt=os.getenv] function getenv
-- @treturn string|nil nil if neither variable is set to an absolute path
function run_folder.home(getenv)
  local state = user_folder.state(getenv or os.getenv)
  return state and state .. "/runs"
end

-- Complete and on disk, or not there at all.
local function write(path, content)
  local file <close>, why = NewFile.create(path)
  if not file then return nil, why end
  local ok
  ok, why = file:write(content)
  if not ok then return nil, why end
  return file:finish()
end

-- A run may be called spring/1, as everywhere: in the name of its folder the / is %2F, which no run's name contains.
local function folder_of(home, id) return ("%s/%s"):format(home, (id:gsub("/", "%%2F"))) end

local function new(path)
  return setmetatable({ path = path, id = path:match "[^/]*$":gsub("%%2F", "/") }, Folder)
end

--- Where a check goes on: outside the folder of all runs, and gone once it is closed.
-- @treturn[1] Folder, to be closed
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `run`
function run_folder.temporary()
  local path, why, home = check_folder.make()
  if not path then return refuse(home, why .. ": set TMPDIR to another folder", "run") end
  local folder = new(path)
  folder.is_temporary = true
  return folder
end

--- Removes a temporary one with all that is in it; any other stays.
function Folder:__close()
  if self.is_temporary then directory.remove(self.path) end
end

-- A run without a name is named after the second in which it begins; others may begin in the same.
local function make_own(home, id)
  local stem, number = os.date "!%Y%m%dT%H%M%SZ", 1
  while true do
    local path = folder_of(home, id or number == 1 and stem or stem .. "-" .. number)
    local made, message, name = uv.fs_mkdir(path, MODE)
    if made then return path end
    if name ~= "EEXIST" then return unusable(path, text.reason(message)) end
    if id then return refuse(id, "is there already: go on with --resume " .. id .. ", or name another") end
    number = number + 1
  end
end

--- A new run. The call is on disk before anything of it happens.
-- @tparam string home the folder of all runs
-- @tparam[opt] string id its name; default: the second in which it begins
-- @tparam table call what `open` gives back
-- @treturn[1] Folder
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `usage`: that run is there already; `run`: it cannot be made
function run_folder.create(home, id, call)
  local ok, why = directory.make(home, MODE)
  if not ok then return unusable(home, why) end
  local path
  path, why = make_own(home, id)
  if not path then return nil, why end
  ok, why = write(path .. "/run.json", json.encode(tables.with(call, { version = run_folder.VERSION })))
  if not ok then
    uv.fs_rmdir(path) -- nobody could go on with it
    return unusable(path, "its call cannot be written: " .. why)
  end
  return new(path)
end

--- A run that was begun before.
-- @tparam string home
-- @tparam string id
-- @treturn[1] Folder
-- @treturn[1] table its call
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `usage`: there is no such run; `run`: it cannot be read
function run_folder.open(home, id)
  local folder = new(folder_of(home, id))
  local call, err = folder:call()
  if not call then return nil, err end
  return folder, call
end

--- Its call.
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `usage`: there is no such run; `run`: it cannot be read
function Folder:call()
  local home, id = self.path:match "^(.*)/[^/]*$", self.id
  local source, why, absent = regular_file.read(self.path .. "/run.json", MAX_BYTES)
  if absent then return refuse(id, "there is no such run in " .. text.printable(home)) end
  if not source then return refuse(id, why, "run") end
  local ok, call = pcall(json.decode, source, 1, nil, nil, nil)
  if not ok or type(call) ~= "table" then
    return refuse(id, "its run.json is damaged: name another run, which asks each module anew", "run")
  end
  if call.version ~= run_folder.VERSION then
    return refuse(id, "was begun by another version of this program", "run")
  end
  return call
end

--- Keeps a file in place of the one before. Only the run's supervisor may.
-- @tparam string name
-- @tparam string content
-- @treturn boolean|nil nil, err
function Folder:put(name, content)
  local path = self.path .. "/" .. name
  local next_path = path .. ".next"
  uv.fs_unlink(next_path) -- of somebody who was killed here
  local ok, why = write(next_path, content)
  if ok then ok, why = uv.fs_rename(next_path, path) end
  if ok then return true end
  local what = name == "run.json" and "its call" or name
  return refuse(self.id, ("%s cannot be written: %s"):format(what, text.reason(why)), "run")
end

--- Keeps a changed call.
-- @tparam table call
-- @treturn boolean|nil nil, err
function Folder:keep(call) return self:put("run.json", json.encode(call)) end

-- The process that holds this file open: a pid alone may have been given to somebody else.
local function holder_of(path)
  local real, pid = uv.fs_realpath(path), math.tointeger(tonumber((regular_file.read(path, 64))))
  local scan = real and pid and uv.fs_scandir(("/proc/%d/fd"):format(pid))
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    if uv.fs_readlink(("/proc/%d/fd/%s"):format(pid, name)) == real then return pid end
  end
end

--- The process that carries the run out.
-- @treturn integer|nil its pid; nil if there is none
function Folder:supervisor() return holder_of(self.path .. "/supervisor") end

--- Waits until nobody carries the run out.
-- @treturn boolean|nil nil, err of kind `interrupted`
function Folder:wait()
  while self:supervisor() do
    local ok, err = core.wait(LOOK_S)
    if not ok then return nil, err end
  end
  return true
end

-- Whatever was told to an earlier supervisor: from the claim on others tell this one.
local function forget_all(self)
  self.was_stopped = self:was_told "stop"
  for _, word in ipairs { "go", "stop", "paused" } do self:forget(word) end
end

-- One that was faster may not have said yet which process it is.
local function carried_out(self, pid)
  local who = pid and ("process %d"):format(pid) or "another process"
  return refuse(self.id, who .. " is carrying it out: add --wait to go on once that has ended")
end

-- Of two at the same moment one gets the lock. Whoever it is can be addressed once the pid is there.
local function claim(self)
  local path, other = self.path .. "/supervisor", self:supervisor()
  if other then return carried_out(self, other) end
  local fd, message = uv.fs_open(path, "a+", tonumber("600", 8))
  if not fd then return unusable(path, text.reason(message)) end
  if not core.lock(fd) then
    uv.fs_close(fd)
    return carried_out(self, self:supervisor())
  end
  forget_all(self)
  local written
  written, message = uv.fs_ftruncate(fd, 0)
  if written then written, message = uv.fs_write(fd, ("%d\n"):format(uv.os_getpid())) end
  if not written then
    uv.fs_close(fd)
    return unusable(path, text.reason(message)) -- a second one would not see it
  end
  self.claimed = fd
  return true
end

--- Makes this process the run's supervisor, until it ends: two would start every update twice. `was_stopped` is set if
-- the one before was stopped, so that its jobs were told to end.
-- @tparam[opt] boolean waits until nobody else carries it out, however many wait for that
-- @treturn boolean|nil nil, err if another one is, or a signal came
function Folder:claim(waits)
  while true do
    local ok, err = claim(self)
    if ok or not waits or err.kind ~= "usage" then return ok, err end
    ok, err = core.wait(LOOK_S)
    if ok then ok, err = self:wait() end
    if not ok then return nil, err end
  end
end

--- All tries that were begun.
-- @treturn table number of the device → list of tries in order, each with `key`, `number` and `what`
function Folder:tries()
  local tries, scan = {}, uv.fs_scandir(self.path)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local key, device, number, watch = name:match "^((%d+)%-(%d+)(%-?w?a?t?c?h?))%.json$"
    device = math.tointeger(tonumber(device))
    if device and (watch == "" or watch == "-watch") then
      tries[device] = tries[device] or {}
      table.insert(tries[device], {
        key = key, number = math.tointeger(tonumber(number)), what = watch == "" and "update" or "watch",
      })
    end
  end
  for _, list in pairs(tries) do table.sort(list, function(a, b) return a.number < b.number end) end
  return tries
end

--- The name of a try's files.
-- @tparam integer device its number in the plan
-- @tparam integer number of the try
-- @tparam string what "update" or "watch"
-- @treturn string
function run_folder.key(device, number, what)
  return ("%03d-%d%s"):format(device, number, what == "watch" and "-watch" or "")
end

--- Tells the supervisor of a run something, or others what it does: a word above.
-- @tparam string word
-- @treturn boolean|nil nil, err
function Folder:tell(word)
  local ok, why = private_file.prepare(self.path .. "/" .. word)
  if ok then return true end
  return refuse(self.path, why, "run")
end

--- Was that told?
-- @tparam string word
-- @treturn boolean
function Folder:was_told(word) return uv.fs_stat(self.path .. "/" .. word) ~= nil end

--- From here on it was not told any more.
function Folder:forget(word) uv.fs_unlink(self.path .. "/" .. word) end

return run_folder
