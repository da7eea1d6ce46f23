--- A process of this Lua that works for us and is talked to over its standard input: whatever hangs there hangs only
-- it.
-- @module dfota.base.worker_process

local core = require "dfota.core"
local uv = require "luv"

local worker_process = {}

local MAIN = 'package.path, package.cpath = %q, %q require(%q).main(%d)'

local Process = {}
Process.__index = Process
Process.__name = "dfota.base.worker_process"

local ready, killed = {}, {}

-- Of those that were killed before: a program that runs for days must not collect zombies.
local function reap()
  for pid in pairs(killed) do
    if core.reap(pid) then killed[pid] = nil end
  end
end

--- Starts one, in its own session, so that Ctrl-C reaches only the run; without our handles, so that whoever waits for
-- our output need not wait for it. What it is to do is sent to it: that may be secret, and arguments are public.
-- @tparam string module its `main` is called with the number of this process
-- @treturn[1] Process `fd`, our end of the socket, and `pid`
-- @treturn[2] nil
-- @treturn[2] string why not
function worker_process.start(module)
  local ends = assert(uv.socketpair(nil, nil, { nonblock = true }, {}))
  local code = MAIN:format(package.path, package.cpath, module, uv.os_getpid())
  local how = { args = { "-e", code }, stdio = { ends[2] }, detached = true }
  reap()
  local handle, pid = uv.spawn(uv.exepath(), how, function() end)
  uv.fs_close(ends[2])
  if not handle then
    uv.fs_close(ends[1])
    return nil, tostring(pid)
  end
  handle:unref() -- no event loop waits for it
  return setmetatable({ fd = ends[1], handle = handle, pid = pid }, Process)
end

--- Starts one for the next `take`, while this process is small: a fork makes every page that is in use by then a page
-- that has to be claimed again.
-- @tparam string module as of `start`
function worker_process.prepare(module) ready[module] = worker_process.start(module) end

--- The one that was prepared, else a new one.
-- @tparam string module as of `start`
-- @treturn Process|nil as of `start`
-- @treturn string|nil
function worker_process.take(module)
  local prepared = ready[module]
  ready[module] = nil
  if prepared then return prepared end
  return worker_process.start(module)
end

--- Ends it at once. Nobody waits for that: a disk that hangs may hold it.
function Process:kill()
  uv.fs_close(self.fd)
  self.handle:kill "sigkill"
  self.handle:close() -- its loop must have run once more before the program ends
  killed[self.pid] = true
end

return worker_process
