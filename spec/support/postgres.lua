--- A private PostgreSQL server: a cluster in a directory, reached by a socket there, run by a user other than root.
local Process = require "support.process"
local folder = require "support.folder"
local uv = require "luv"

local Postgres = {}
Postgres.__index = Postgres

-- To the end of the directory, or libuv leaks the rest of it.
local function programs()
  local found
  for name in function(scan) return scan and uv.fs_scandir_next(scan) end, uv.fs_scandir "/usr/lib/postgresql" do
    local bin = ("/usr/lib/postgresql/%s/bin"):format(name)
    if not found and uv.fs_access(bin .. "/initdb", "X") then found = bin end
  end
  return found
end

-- The server refuses to run as root.
local function servant()
  if uv.getuid() ~= 0 then return nil end
  local passwd = folder.read "/etc/passwd"
  local uid, gid = ("\n" .. passwd):match "\npostgres:[^:]*:(%d+):(%d+):"
  return { uid = tonumber(uid or 65534), gid = tonumber(gid or 65534) }
end

local function run(self, program, args)
  -- gettext uses LANGUAGE in every locale but "C", which is the server's own.
  local options = { cwd = "/", env = { "PATH=/usr/bin:/bin", "LANGUAGE=de", "TZ=UTC" } }
  options.patience_s = 120 -- making a cluster is much work for a busy machine
  for name, value in pairs(self.servant or {}) do options[name] = value end
  return Process.start(self.bin .. "/" .. program, args, options)
end

--- Is the server installed?
function Postgres.is_here() return programs() ~= nil end

-- What initdb makes is the same every time, and takes a second: it is made once and then copied.
local function make_data(self)
  local template = ("build/postgres-%s"):format(self.bin:match "postgresql/([^/]+)")
  if not uv.fs_stat(template) then
    local made = run(self, "initdb", { "-D", self.dir .. "/data", "-A", "trust", "-U", "dfota", "-N", "-E", "UTF8",
      "--locale=C" })
    assert(made:wait() == 0, made.err .. made.out)
    local own = ("%s.%d"):format(template, uv.os_getpid())
    assert(os.execute(("mkdir -p build && cp -a %s/data %s"):format(self.dir, own)))
    if not uv.fs_rename(own, template) then os.execute("rm -r " .. own) end -- another was faster
    return
  end
  assert(os.execute(("cp -a %s %s/data"):format(template, self.dir)))
end

--- Creates a cluster and starts it.
-- @param[opt] options `connections`, at most so many (20); `durable`: as a server really runs
-- @treturn Postgres with `url`, and `german_url`, where its messages are German if installed
function Postgres.start(options)
  local self = setmetatable({ bin = programs(), servant = servant(), options = options or {} }, Postgres)
  self.dir, self.cleanup = folder.new()
  if self.servant then assert(uv.fs_chown(self.dir, self.servant.uid, self.servant.gid)) end
  make_data(self)
  self:go()
  self.url = ("postgres://dfota@/postgres?host=%s"):format(self.dir:gsub("/", "%%2F"))
  self.german_url = self.url .. "&options=-c%20lc_messages%3DC.UTF-8"
  return self
end

--- Starts the server of a cluster that was stopped.
function Postgres:go()
  local memory, sync = "shared_buffers=1MB", "fsync=off"
  if self.options.durable then memory, sync = "shared_buffers=128MB", "fsync=on" end
  self.server = run(self, "postgres", { "-D", self.dir .. "/data", "-k", self.dir, "-c", "listen_addresses=",
    "-c", sync, "-c", memory, "-c", "max_connections=" .. (self.options.connections or 20) })
  self.server:await("err", "ready to accept connections")
end

--- Lets a role in with its password only; without this nobody needs any.
-- @param role
function Postgres:demand_password(role)
  local path = self.dir .. "/data/pg_hba.conf"
  folder.write(path, ("local all %s scram-sha-256\n"):format(role) .. folder.read(path))
  self.server:signal_with "sighup"
  self.server:await("err", "reloading configuration files")
end

--- Stops it in fast mode: connections are broken off.
function Postgres:halt()
  self.server:signal_with "sigint"
  self.server:wait()
end

local function family(self)
  local pids = { self.server.pid }
  local list = folder.read(("/proc/%d/task/%d/children"):format(self.server.pid, self.server.pid))
  for pid in list:gmatch "%d+" do pids[#pids + 1] = tonumber(pid) end
  return pids
end

--- Sends a signal to the server and all its children, or to one connection's process only.
function Postgres:signal(name, pid)
  for _, each in ipairs(pid and { pid } or family(self)) do uv.kill(each, name) end
end

function Postgres:stop()
  self:signal "sigcont"
  self:halt()
  self.cleanup()
end

return Postgres
