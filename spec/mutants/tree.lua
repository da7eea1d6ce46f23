--- A copy of the sources in which mutants live, and programs that run in it with an end to their time.
local folder = require "support.folder"
local uv = require "luv"

local Tree = {}
Tree.__index = Tree

-- A mutant that never ends must not fill the memory either.
local MEMORY_KB = 4000000

-- Pseudo-terminals and lock files of its own where that is allowed: what a mutant leaves behind keeps nobody out. The
-- shell stays: the first of a session would be hung up with the first terminal that a spec opens and closes.
local SHELL = [[
ulimit -v %d
ulimit -c 0
if unshare -m true 2>/dev/null; then
  unshare -m sh -c 'mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts &&
    mount --bind /dev/pts/ptmx /dev/ptmx && { mount -t tmpfs -o mode=1777 none /var/lock || true; } && exec "$@"' \
    sh "$@"
else
  "$@"
fi
exit $?
]]

local COPY = "git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t '%s' 2>/dev/null"

--- Copies the sources into a folder of its own and builds them there.
function Tree.new()
  local self = setmetatable({}, Tree)
  self.path, self.remove = folder.new()
  uv.fs_chmod(self.path, 493) -- some specs are other users
  os.execute(COPY:format(self.path))
  return self
end

local function environment(extra)
  local list = {}
  for name, value in pairs(uv.os_environ()) do
    if not extra[name] then list[#list + 1] = name .. "=" .. value end
  end
  for name, value in pairs(extra) do list[#list + 1] = name .. "=" .. value end
  return list
end

-- The end of the process or of its time, whatever comes first; then its whole group is gone.
local function await(spawned, timeout_s)
  local thread = coroutine.running()
  local timer, late = uv.new_timer(), false
  spawned.ended = function() coroutine.resume(thread) end
  uv.update_time()
  timer:start(math.ceil(timeout_s * 1000), 0, function()
    late = true
    uv.kill(-spawned.pid, "sigkill")
  end)
  while not spawned.code do coroutine.yield() end
  timer:close()
  pcall(uv.kill, -spawned.pid, "sigkill")
  return late
end

--- Runs a program in the copy; to be called in a coroutine, which sleeps meanwhile.
-- @tparam {string,...} args the program and its arguments
-- @tparam number timeout_s then it is killed, with all it started
-- @tparam[opt] table env name → value
-- @treturn integer|nil exit code, nil where its time was over
-- @treturn number seconds it took
function Tree:run(args, timeout_s, env)
  local began, spawned = uv.hrtime(), {}
  local out = assert(uv.fs_open(self.path .. "/build/mutant.log", "w", 420))
  local list = { "-c", SHELL:format(MEMORY_KB), "sh" }
  table.move(args, 1, #args, #list + 1, list)
  local nothing = assert(uv.fs_open("/dev/null", "r", 0))
  local handle, pid = uv.spawn("sh", {
    args = list, cwd = self.path, env = environment(env or {}), detached = true, stdio = { nothing, out, out },
  }, function(code, signal)
    spawned.code = signal ~= 0 and 128 + signal or code
    if spawned.ended then spawned.ended() end
  end)
  uv.fs_close(out)
  uv.fs_close(nothing)
  assert(handle, pid)
  spawned.pid = pid
  local late = await(spawned, timeout_s)
  handle:close()
  return not late and spawned.code or nil, (uv.hrtime() - began) / 1e9
end

--- What the last program said.
function Tree:log() return folder.read(self.path .. "/build/mutant.log") end

--- Builds the core. @treturn boolean whether it could be
function Tree:build()
  uv.fs_mkdir(self.path .. "/build", 493)
  return self:run({ "make", "-s", "all", "shims" }, 300) == 0
end

function Tree:write(path, text) folder.write(self.path .. "/" .. path, text) end

return Tree
