--- The module's own HTTP download, for real: one GET over TCP, never blocking, stepped by the driver.
local socket = require "socket"

local Fetch = {}
Fetch.__index = Fetch

local SILENCE_S = 30 -- then the download has failed; invented
local HEAD_LIMIT = 16384
local NOT_FOUND = { [404] = true, [410] = true }

local function fail(code, reason)
  return { code = code, reason = reason }
end

local function parts_of(url)
  local authority, path = url:match("^%w+://([^/?#]*)(.*)$")
  local host, port = authority:match("^([^:]+):?(%d*)$")
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  return host, port ~= "" and tonumber(port) or 80, (path:gsub("#.*$", ""))
end

--- Begins to fetch. Nothing has happened yet when this returns.
-- @tparam table request {url=} from `Module:take_request`
function Fetch.start(request)
  local host, port, path = parts_of(request.url)
  local self = setmetatable({ request = request, parts = {}, received = 0, last = socket.gettime() }, Fetch)
  if not host or port < 1 or port > 65535 then
    self.broken = fail(6501, "bad URL")
    return self
  end
  self.tcp = socket.tcp()
  self.tcp:settimeout(0)
  self.host, self.port = host, port
  self.out = ("GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: simulated-module\r\nConnection: close\r\n\r\n")
    :format(path, host, port)
  return self
end

function Fetch:connect()
  local done, why = self.tcp:connect(self.host, self.port)
  if done or why == "already connected" then
    self.connected = true
  elseif why ~= "timeout" and why ~= "Operation already in progress" then
    return fail(6503, why)
  end
end

function Fetch:send()
  local last, why, partial = self.tcp:send(self.out)
  if not last and why ~= "timeout" then return fail(6503, why) end
  self.out = self.out:sub((last or partial) + 1)
end

-- The status line and headers, once all of them are there.
function Fetch:read_head()
  local text = table.concat(self.parts)
  local head, body = text:match("^(.-\r\n)\r\n(.*)$")
  if not head then
    if #text > HEAD_LIMIT then return fail(6503, "endless header") end
    return
  end
  local status = tonumber(head:match("^HTTP/%d%.%d (%d%d%d)"))
  if not status then return fail(6503, "not HTTP") end
  if status ~= 200 then return fail(NOT_FOUND[status] and 6504 or 6503, "status " .. status) end
  self.total = tonumber(head:lower():match("\r\ncontent%-length:%s*(%d+)"))
  self.parts, self.received, self.in_body = { body }, #body, true
end

function Fetch:finished()
  return self.in_body and (self.total and self.received >= self.total)
end

function Fetch:ended(why)
  if self.in_body and (not self.total or self.received == self.total) and why == "closed" then
    return { body = table.concat(self.parts) }
  end
  return fail(6503, why)
end

function Fetch:receive()
  local bytes, why, partial = self.tcp:receive(65536)
  bytes = bytes or partial
  if bytes ~= "" then
    self.last = socket.gettime()
    self.parts[#self.parts + 1] = bytes
    self.received = self.received + #bytes
  end
  local bad = not self.in_body and self:read_head()
  if bad then return bad end
  if self:finished() then return { body = table.concat(self.parts):sub(1, self.total) } end
  if why and why ~= "timeout" then return self:ended(why) end
  if self.in_body and bytes ~= "" then return { received = self.received, total = self.total } end
end

--- Does what can be done without waiting.
-- @treturn ?table news for `Module:fetched`: {received=, total=}, {body=} or {code=, reason=}
function Fetch:step()
  if self.broken then return self.broken end
  if socket.gettime() - self.last > SILENCE_S then return fail(6503, "silence") end
  if not self.connected then
    local bad = self:connect()
    if bad or not self.connected then return bad end
  end
  if self.out ~= "" then return self:send() end
  return self:receive()
end

--- Gives up or ends.
function Fetch:close()
  if self.tcp then self.tcp:close() end
end

return Fetch
