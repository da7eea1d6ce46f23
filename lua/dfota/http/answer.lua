--- A web server's response to a request for the first bytes of a file, as far as it has been received. Pure.
-- @module dfota.http.answer

local http_answer = {}

--- How many bytes of the file are requested: enough to recognise a web page or an archive.
http_answer.BYTES = 512

local MAX_HEADER_BYTES = 16384

--- The request.
-- @tparam table url from `dfota.config.url`: `host`, `port`, `path`
-- @treturn string
function http_answer.request(url)
  local host = url.port == 80 and url.host or ("%s:%d"):format(url.host, url.port)
  return table.concat({
    "GET " .. url.path .. " HTTP/1.1", "Host: " .. host, "Range: bytes=0-" .. http_answer.BYTES - 1,
    "User-Agent: dfota", "Accept: */*", "Connection: close", "", "",
  }, "\r\n")
end

local function headers_in(lines)
  local headers = {}
  for name, value in lines:gmatch("([^\r\n:]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = headers[name:lower()] or value
  end
  return headers
end

-- The size of the file, not of the part sent.
local function size_of(status, headers)
  if status == 200 then return math.tointeger(tonumber(headers["content-length"])) end
  return math.tointeger(tonumber((headers["content-range"] or ""):match("/(%d+)%s*$")))
end

-- The first chunk begins with its length, on a line of its own.
local function unchunked(body, headers)
  if not (headers["transfer-encoding"] or ""):lower():find("chunked", 1, true) then return body end
  return body:match("^%x+[^\n]*\n(.*)$") or ""
end

local function answer_of(status, headers, body)
  return {
    status = status, size = size_of(status, headers), location = headers.location,
    head = unchunked(body, headers):sub(1, http_answer.BYTES),
  }
end

-- Is everything useful there? An error page is not waited for.
local function is_enough(answer)
  if answer.status ~= 200 and answer.status ~= 206 then return true end
  return #answer.head >= math.min(http_answer.BYTES, answer.size or http_answer.BYTES)
end

local function could_be_http(bytes) return ("HTTP/"):sub(1, #bytes) == bytes:sub(1, 5) end

--- Parse what has been received so far.
-- @tparam string bytes all of it
-- @tparam boolean ended whether the server has closed the connection
-- @treturn[1] table `status`, `head` (the first bytes of the file), and if the server sent them `size` of the file in
--   bytes and `location` of a redirect
-- @treturn[2] nil while there is more to come
-- @treturn[3] nil
-- @treturn[3] string what is wrong with it
function http_answer.parse(bytes, ended)
  if not could_be_http(bytes) then return nil, "the server does not speak HTTP" end
  local from, to = bytes:find("\r?\n\r?\n")
  if not from then
    if #bytes > MAX_HEADER_BYTES then return nil, "the web server's headers never end" end
    return nil, ended and "the connection was closed without a response" or nil
  end
  local status = math.tointeger(tonumber(bytes:match("^HTTP/%d%.%d (%d%d%d)")))
  if not status then return nil, "the web server's response is malformed" end
  if status < 200 then return http_answer.parse(bytes:sub(to + 1), ended) end
  local answer = answer_of(status, headers_in(bytes:sub(1, from)), bytes:sub(to + 1))
  return (ended or is_enough(answer)) and answer or nil
end

return http_answer
