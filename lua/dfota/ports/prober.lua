--- Asks many ports side by side, each by a process of its own (`dfota.ports.worker`), each with a deadline.
-- @module dfota.ports.prober
local core = require "dfota.core"
local json = require "dkjson"
local text = require "dfota.base.text"
local uv = require "luv"

local Prober = {}
Prober.__index = Prober

local STDERR = 2
local AT_ONCE = 16
local CHUNK = 65536
local CLOSE_S = 1 -- for putting the line back as it was, once told to end

local MAIN = 'package.path, package.cpath = %q, %q require("dfota.ports.worker").main(%d, %q)'

-- In its own session, so that Ctrl-C reaches only this process, which ends them.
local function start(self, number)
  local request = self.requests[number]
  local words = json.encode { number = number, name = request.name, bauds = request.bauds, settings = self.settings,
    deep = self.deep, verbose = self.verbose }
  local code = MAIN:format(package.path, package.cpath, uv.os_getpid(), words)
  local child = { ends_by = core.now() + self.deadline_s }
  local stdio = { nil, self.write_end, self.verbose and STDERR or nil }
  local how = { args = { "-e", code }, stdio = stdio, detached = true }
  local process, why = uv.spawn(uv.exepath(), how, function()
    self.children[number], self.running = nil, self.running - 1
    child.process:close()
  end)
  if not process then
    self.answers[number] = { state = "failed", message = "its process did not start: " .. tostring(why) }
    return
  end
  child.process, self.children[number], self.running = process, child, self.running + 1
end

local function take_lines(self)
  self.bytes = self.bytes:gsub("([^\n]*)\n", function(line)
    local facts = json.decode(line)
    local number = facts.number
    facts.number = nil
    if self.answers[number] then return "" end -- too late
    self.answers[number] = facts
    self.on_answer(number, facts)
    return ""
  end)
end

-- Also reaps those that have ended.
local function wait(self, seconds)
  uv.run "nowait"
  if self.running == 0 then seconds = 0 end
  local ready, err = core.wait(math.max(seconds, 0), self.read_end)
  if not ready then
    if err.kind ~= "timeout" then return nil, err end
    uv.run "nowait"
    return true
  end
  self.bytes = self.bytes .. (uv.fs_read(self.read_end, CHUNK) or "")
  take_lines(self)
  uv.run "nowait"
  return true
end

local function nearest_end(self)
  local nearest = math.huge
  for _, child in pairs(self.children) do nearest = math.min(nearest, child.ends_by) end
  return nearest
end

-- Told once to end, and killed if it does not.
local function end_late(self)
  for number, child in pairs(self.children) do
    if core.now() >= child.ends_by then
      child.process:kill(child.told and "sigkill" or "sigterm")
      child.told, child.ends_by = true, core.now() + CLOSE_S
      self.answers[number] = self.answers[number] or {
        state = "failed", message = ("asking it took more than %s s"):format(text.seconds(self.deadline_s)),
      }
    end
  end
end

local TICK_S = 0.2 -- an end without an answer is noticed by then, whichever signal told it

local function run(self)
  local next_one = 1
  while next_one <= #self.requests or self.running > 0 do
    while next_one <= #self.requests and self.running < AT_ONCE do
      start(self, next_one)
      next_one = next_one + 1
    end
    local ok, err = wait(self, math.min(nearest_end(self) - core.now(), TICK_S))
    if not ok then return nil, err end
    end_late(self)
  end
  return wait(self, 0) -- what the last one wrote
end

-- After a signal: all are told to end, so that each puts its line back.
local function stop(self)
  for _, child in pairs(self.children) do child.ends_by = 0 end
  while self.running > 0 do
    end_late(self)
    uv.run "nowait"
    if self.running > 0 then core.wait(math.min(CLOSE_S, 0.02)) end
  end
end

--- Ask them.
-- @tparam {table,...} requests each `name` of a port, `bauds` to try there
-- @tparam table opts `settings`, of which `probe_s` is the time that each port has; `deep` as of `dfota.ports.probe`;
--   `verbose`: 1 shows people, on stderr, commands and replies as they go, 2 every byte; `on_answer` function(number,
--   facts), called for each as it comes
-- @treturn {table,...}|nil facts as of `dfota.ports.probe`, in the same order; state "busy", "no_permission",
--   "missing", "not_a_port" or "failed" with a `message` if the port could not be asked. nil, err after a signal
local function prober(requests, opts)
  local pipe = assert(uv.pipe({ nonblock = true }, {}))
  local self = setmetatable({
    requests = requests, settings = opts.settings, deep = opts.deep, on_answer = opts.on_answer or function() end,
    verbose = (opts.verbose or 0) > 0 and opts.verbose or nil,
    deadline_s = opts.settings.probe_s, read_end = pipe.read, write_end = pipe.write,
    children = {}, running = 0, answers = {}, bytes = "",
  }, Prober)
  local ok, err = run(self)
  if not ok then stop(self) end
  uv.fs_close(pipe.read)
  uv.fs_close(pipe.write)
  if not ok then return nil, err end
  for number = 1, #requests do
    self.answers[number] = self.answers[number] or { state = "failed", message = "its process ended without an answer" }
  end
  return self.answers
end

return prober
