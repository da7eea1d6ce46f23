--- Runs a program to its end, without a shell, and never longer than its deadline.
-- @module dfota.base.process
local core = require "dfota.core"
local text = require "dfota.base.text"
local uv = require "luv"

local process = {}

local CHUNK, SHOWN = 4096, 200 -- bytes read at once, and kept to be shown
local SLICE_S = 0.05 -- libuv reaps a child only when its loop is run
local GRACE_S = 1 -- between being asked to end and being killed

-- In its own session, so that Ctrl-C reaches it through us; its output is ours to show, never the terminal's or JSON's.
local function start(words)
  local ends = uv.pipe({ nonblock = true }, {})
  if not ends then return nil, "no pipe is left" end
  local self = { fd = ends.read, output = "" }
  local handle, why = uv.spawn(words[1], {
    args = table.move(words, 2, #words, 1, {}), stdio = { nil, ends.write, ends.write }, detached = true,
  }, function(code, signal) self.code, self.signal = code, signal end)
  uv.fs_close(ends.write)
  if handle then
    self.handle, self.pid = handle, handle:get_pid()
    return self
  end
  uv.fs_close(ends.read)
  uv.run "nowait" -- luv's handle of it is still closing; at the end of the program that would crash
  return nil, text.reason(why)
end

local function close_output(self)
  if self.fd then uv.fs_close(self.fd) end
  self.fd = nil
end

local function read_output(self)
  local bytes = self.fd and uv.fs_read(self.fd, CHUNK)
  while bytes and bytes ~= "" do
    self.output = (self.output .. bytes):sub(1, SHOWN)
    bytes = uv.fs_read(self.fd, CHUNK)
  end
  if bytes == "" then close_output(self) end
end

local function has_ended(self)
  uv.run "nowait"
  read_output(self)
  return self.code ~= nil
end

-- True once it has ended; nil, err after the deadline or a signal. The end of a child is a signal as well.
local function await(self, wait, seconds)
  local deadline = core.now() + seconds
  while not has_ended(self) do
    local left = deadline - core.now()
    if left <= 0 then return nil, core.error("timeout", ("has not ended after %s s"):format(text.seconds(seconds))) end
    local waited, err = wait(math.min(left, SLICE_S), self.fd)
    if not waited and err.kind ~= "timeout" and not has_ended(self) then return nil, err end
  end
  return true
end

-- With all that it has started.
local function stop(self)
  for _, signal in ipairs { "sigterm", "sigkill" } do
    uv.kill(-self.pid, signal)
    local deadline = core.now() + GRACE_S
    repeat
      if has_ended(self) then return end
      core.wait(SLICE_S)
    until core.now() >= deadline
  end
end

local function first_line(output)
  local line = output:match "[^\r\n]+"
  return line and ": " .. text.brief(line, SHOWN) or ""
end

--- Run it.
-- @tparam {string,...} words the program, found in PATH or by its path, and its arguments
-- @tparam number seconds after which it is ended
-- @tparam[opt] function wait of the host: `core.wait`
-- @treturn boolean|nil true if it ended with 0; nil, err: kind `interrupted` after a signal, else `settings`, with the
--   first line that it wrote
function process.run(words, seconds, wait)
  local name = text.brief(words[1], 60)
  local self, why = start(words)
  if not self then return nil, core.error("settings", ("%s cannot be started: %s"):format(name, why)) end
  local ended, err = await(self, wait or core.wait, seconds)
  if not ended then stop(self) end
  self.handle:close()
  close_output(self)
  uv.run "nowait"
  if ended and self.code == 0 and self.signal == 0 then return true end
  if not ended and err.kind ~= "timeout" then return nil, err end
  local how = not ended and err.message
    or self.signal ~= 0 and ("was ended by signal %d"):format(self.signal) or ("ended with %d"):format(self.code)
  return nil, core.error("settings", ("%s %s%s"):format(name, how, first_line(self.output)))
end

return process
