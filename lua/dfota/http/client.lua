--- Requests the first bytes of a file from a web server, with a hard deadline.
-- Names are resolved by the system's `getent`, a process that can be killed: resolving inside this one could block past
-- every deadline, even at exit.
-- @module dfota.http.client

local core = require "dfota.core"
local http_answer = require "dfota.http.answer"
local text = require "dfota.base.text"
local uv = require "luv"

local web = {}

local SLICE_MS = 100 -- how soon a signal is noticed

-- libuv passes error names only to its callbacks.
local WORDS = {
  ECONNREFUSED = "connection refused", ECONNRESET = "connection reset", ETIMEDOUT = "connection timed out",
  EHOSTUNREACH = "no route to the host", ENETUNREACH = "network unreachable", EPIPE = "connection closed",
}

local function in_words(err)
  local name = tostring(err):match("^%u+")
  return WORDS[name] or text.reason(err)
end

local Look = {}
Look.__index = Look

local function closed(handle)
  if handle and not handle:is_closing() then handle:close() end
end

-- Runs libuv's loop until `self.done`. Otherwise nil and the reason: a text, or the err of an interruption.
function Look:await(what)
  local timer = uv.new_timer()
  timer:start(SLICE_MS, SLICE_MS, function() end)
  local ok, err = true, nil
  while ok and not self.done and core.now() < self.deadline do
    uv.run "once"
    ok, err = self.wait(0)
  end
  timer:close()
  if not ok then return nil, err end
  if not self.done then return nil, ("no %s within %s s"):format(what, text.seconds(self.seconds)) end
  self.done = nil
  return true
end

local function is_ipv4(host)
  local bytes = { host:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for i = 1, 4 do
    if not bytes[i] or tonumber(bytes[i]) > 255 then return false end
  end
  return true
end

local function read_lines(self, out)
  out:read_start(function(_, bytes)
    if bytes then self.said = self.said .. bytes else self.done = true end
  end)
end

-- The modules support IPv4 only.
function Look:address(host)
  if is_ipv4(host) then return host end
  self.said = ""
  local out = uv.new_pipe(false)
  local args = { "ahostsv4", "--", host }
  local process, why = uv.spawn("getent", { args = args, stdio = { nil, out, nil } }, function() end)
  if not process then
    closed(out)
    return nil, "names cannot be resolved on this machine: " .. in_words(why)
  end
  read_lines(self, out)
  local ok, err = self:await("IPv4 address for " .. host)
  process:kill "sigkill"
  closed(process)
  closed(out)
  if not ok then return nil, err end
  return self.said:match("^(%d+%.%d+%.%d+%.%d+)%s"), "the name " .. host .. " has no IPv4 address here"
end

function Look:connect(address, port)
  self.socket = uv.new_tcp()
  local failed
  local begun, why = self.socket:connect(address, port, function(err) self.done, failed = true, err end)
  if not begun then return nil, in_words(why) end
  local ok, err = self:await "connection"
  if not ok then return nil, err end
  if failed then return nil, in_words(failed) end
  return true
end

function Look:exchange(request)
  local bytes, ended, answer, wrong = "", false, nil, nil
  self.socket:write(request)
  self.socket:read_start(function(err, block)
    bytes, ended = bytes .. (block or ""), not block
    answer, wrong = http_answer.parse(bytes, ended)
    if err then wrong = in_words(err) end
    self.done = answer ~= nil or wrong ~= nil
  end)
  local ok, err = self:await "answer"
  if not ok then return nil, err end
  return answer, wrong
end

local function look(self, url)
  local address, err = self:address(url.host)
  if not address then return nil, err end
  local ok
  ok, err = self:connect(address, url.port)
  if not ok then return nil, err end
  return self:exchange(http_answer.request(url))
end

--- The first bytes of a file on a web server.
-- @tparam table url from `dfota.config.url`
-- @tparam number seconds for all of it
-- @tparam[opt=core.wait] function wait function(seconds) → true | nil, err: how signals are noticed
-- @treturn[1] table from `dfota.http.answer`
-- @treturn[2] nil
-- @treturn[2] string|dfota.error why the server was not reached; an err if a signal ended the wait
function web.first_bytes(url, seconds, wait)
  local self = setmetatable({ deadline = core.now() + seconds, seconds = seconds, wait = wait or core.wait }, Look)
  local answer, err = look(self, url)
  closed(self.socket)
  uv.run "nowait"
  return answer, err
end

return web
