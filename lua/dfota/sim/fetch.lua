--- The module's own HTTP download, for real: one GET over TCP, non-blocking, stepped by the driver.
local Chunked = require "dfota.sim.chunked"
local socket = require "socket"

local Fetch = {}
Fetch.__index = Fetch

local SILENCE_S = 30 -- after which the download fails; invented
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

--- Prepares a download; `step` carries it out.
-- @tparam table request {url=, limit=maximum bytes of the body} from `Module:take_request`
function Fetch.start(request)
  local host, port, path = parts_of(request.url)
  local self = setmetatable({
    request = request, limit = request.limit or math.huge, head = "", parts = {}, received = 0, last = socket.gettime(),
  }, Fetch)
  if not host or port < 1 or port > 65535 then
    self.broken = fail(6501, "bad URL")
    return self
  end
  self.tcp = socket.tcp()
  self.tcp:settimeout(0)
  self.host, self.port = host, port
  self.out = ("GET %s HTTP/1.0\r\nHost: %s:%d\r\nUser-Agent: simulated-module\r\nConnection: close\r\n\r\n")
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

-- The status line and headers, once complete. Returns the first bytes of the body, or why there are none.
function Fetch:read_head(bytes)
  self.head = self.head .. bytes
  local head, body = self.head:match("^(.-\r\n)\r\n(.*)$")
  if not head then return "", #self.head > HEAD_LIMIT and fail(6503, "endless header") or nil end
  local status = tonumber(head:match("^HTTP/%d%.%d (%d%d%d)"))
  if not status then return "", fail(6503, "not HTTP") end
  if status ~= 200 then return "", fail(NOT_FOUND[status] and 6504 or 6503, "status " .. status) end
  head = head:lower()
  if head:find("\r\ntransfer%-encoding:%s*chunked") then
    self.chunked = Chunked.new()
  else
    self.total = tonumber(head:match("\r\ncontent%-length:%s*(%d+)"))
  end
  self.in_body = true
  return body, (self.total or 0) > self.limit and fail(6502, "too large") or nil
end

-- Keeps bytes of the body.
function Fetch:keep(bytes)
  if self.chunked then
    bytes = self.chunked:feed(bytes)
    if not bytes then return fail(6503, "broken chunks") end
  end
  self.parts[#self.parts + 1] = bytes
  self.received = self.received + #bytes
  if self.received > self.limit then return fail(6502, "too large") end
end

function Fetch:finished()
  if self.chunked then return self.chunked.done end
  return self.total and self.received >= self.total
end

-- The connection is closed. If no length was announced, it is unknown whether that was all.
function Fetch:ended(why)
  if why ~= "closed" or not self.in_body or self.total or self.chunked then return fail(6503, why) end
  return { body = table.concat(self.parts), unsure = true }
end

function Fetch:receive()
  local bytes, why, partial = self.tcp:receive(65536)
  bytes = bytes or partial
  local came, bad = bytes ~= "", nil
  if came then self.last = socket.gettime() end
  if not self.in_body then bytes, bad = self:read_head(bytes) end
  bad = bad or self.in_body and self:keep(bytes)
  if bad then return bad end
  if self.in_body and self:finished() then return { body = table.concat(self.parts):sub(1, self.total) } end
  if why and why ~= "timeout" then return self:ended(why) end
  if self.in_body and came then return { received = self.received, total = self.total } end
end

--- Does whatever is possible without blocking.
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

--- Closes the connection.
function Fetch:close()
  if self.tcp then self.tcp:close() end
end

return Fetch
