--- A program run by the specs through luv: started, read from, waited for, ended. Every wait ends with an event,
-- and fails after a time in which the event should long have happened.
local uv = require "luv"

local Process = {}
Process.__index = Process

local PATIENCE_MS = 1000 * (tonumber(os.getenv "DFOTA_PATIENCE_S") or 20)

-- Runs the loop until the condition holds.
local function await(what, condition, patience_s)
  local late = false
  local timer = uv.new_timer()
  uv.update_time() -- a timer counts from when the loop last looked at the clock, which may be long ago
  timer:start(patience_s and patience_s * 1000 or PATIENCE_MS, 0, function() late = true end)
  while not condition() and not late do uv.run("once") end
  timer:stop()
  timer:close()
  if not condition() then error("waited too long for " .. what, 3) end
end

local function listen(self, name)
  local pipe = uv.new_pipe(false)
  self[name], self.pipes[name] = "", pipe
  return pipe, function()
    pipe:read_start(function(_, bytes)
      if bytes then
        self[name] = self[name] .. bytes
      else
        pipe:close()
      end
    end)
  end
end

--- Starts a program.
-- @param program found in PATH, or in the sbin directories
-- @param args list of strings
-- @param[opt] options `cwd`, `env` (list of "NAME=value"); `patience_s` for a program that starts many others itself
-- @return the process; `out` and `err` contain its output so far
function Process.start(program, args, options)
  local self = setmetatable({ program = program, pipes = {} }, Process)
  local out, read_out = listen(self, "out")
  local err, read_err = listen(self, "err")
  local spawn = { args = args, stdio = { nil, out, err } }
  for name, value in pairs(options or {}) do spawn[name] = value end
  self.patience_s, spawn.patience_s = spawn.patience_s, nil
  local handle, pid = uv.spawn(program, spawn, function(code, signal)
    self.code, self.signal = code, signal
    self.handle:close()
  end)
  if not handle then error(program .. " could not be started: " .. tostring(pid), 2) end
  self.handle, self.pid = handle, pid
  read_out()
  read_err()
  return self
end

--- The interpreter that specs start scripts with.
Process.lua = os.getenv("DFOTA_LUA") or "lua5.4"

--- Waits until its output matches, or it has ended.
-- @param stream "out" or "err"
-- @param pattern Lua pattern
-- @return the first capture
function Process:await(stream, pattern)
  await(self.program .. " to say " .. pattern, function() return self[stream]:find(pattern) or self.code end,
    self.patience_s)
  local found = self[stream]:match(pattern)
  if not found then error(("%s ended with %s: %s"):format(self.program, tostring(self.code), self.err), 2) end
  return found
end

--- Waits until it, or a child of it, has written a line to a file, or it has ended.
-- @param path in an existing directory
-- @return the line
function Process:await_line_in(path)
  local watcher = uv.new_fs_event()
  local function line()
    local file = io.open(path)
    local found = file and file:read "L"
    if file then file:close() end
    return found and found:match "^(.*)\n"
  end
  assert(watcher:start(path:match "^(.*)/", {}, function() end)) -- it only wakes the loop
  await(("%s to write %s"):format(self.program, path), function() return line() or self.code end, self.patience_s)
  watcher:close()
  return line() or error(("%s ended with %s: %s"):format(self.program, tostring(self.code), self.err), 2)
end

--- Closes our end of its output, like a terminal that is closed.
function Process:close_output()
  for _, pipe in pairs(self.pipes) do
    if not pipe:is_closing() then pipe:close() end
  end
end

--- Waits until it has ended. If it does not, it is killed, and that is an error.
-- @return exit code, number of the signal that ended it
function Process:wait()
  local ended, why = pcall(await, "the end of " .. self.program, function() return self.code end, self.patience_s)
  if not ended then
    self:signal_with("sigkill")
    error(why, 2)
  end
  uv.run("nowait")
  return self.code, self.signal
end

--- Sends a signal, if it still runs.
function Process:signal_with(name)
  if not self.code then self.handle:kill(name) end
end

--- Sends TERM and waits. @return exit code, signal
function Process:stop()
  self:signal_with("sigterm")
  return self:wait()
end

--- Sends KILL and waits.
function Process:kill()
  self:signal_with("sigkill")
  return self:wait()
end

return Process
