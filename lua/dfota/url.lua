--- The address of a package on an HTTP server, checked before anything is sent.
-- @module dfota.url
local core = require "dfota.core"

local url = {}

local max_bytes = 255 -- note, chapter 3.1
local max_safe_bytes = 256 - #'AT+QFOTADL=""' -- GSM AT manuals: 256 characters to a command line

local function bad(text, why)
  local head = #text > 60 and text:sub(1, 57) .. "..." or text
  return nil, core.error("url", ("%s: %s"):format(head:gsub("%c", "?"), why))
end

--- Does this look like a URL rather than a file's path?
-- @tparam string text
-- @treturn boolean
function url.is_url(text)
  return text:find("^%a[%w+.-]*://") ~= nil
end

--- Check a URL as the note's chapter 3.1 allows it: `http://` in any case, a host,
-- a port of 1 to 65535 behind a colon, a path; at most 255 bytes.
-- @tparam string text
-- @treturn table|nil `url`, `host`, `port`, `path`, and `warning` where the command may be
--   too long for a module's 256-character line
-- @treturn dfota.error kind `url`
function url.parse(text)
  if text:find('["\\]') then
    return bad(text, "a quote or backslash cannot be put into AT+QFOTADL: percent-encode it")
  end
  if text:find("[%c%s]") or text:find("[\128-\255]") then
    return bad(text, "blanks, control and non-ASCII characters cannot be put into AT+QFOTADL: percent-encode them")
  end
  if #text > max_bytes then
    return bad(text, ("%d bytes are too long: the module takes %d"):format(#text, max_bytes))
  end
  local scheme, rest = text:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme or scheme:lower() ~= "http" then
    return bad(text, "the module fetches from http:// only")
  end
  local authority, path = rest:match("^([^/?#]*)(.*)$")
  if authority:find("@") then return bad(text, "a user name or password in the URL is not supported") end
  local host, port = authority:match("^([%w._-]+):?(%d*)$")
  if not host then return bad(text, "no usable host name or IPv4 address in it") end
  if authority:find(":$") then return bad(text, "the port behind the colon is missing") end
  local number = port == "" and 80 or tonumber(port)
  if number < 1 or number > 65535 then return bad(text, "a port is 1 to 65535") end
  if not path:find("^/.") then return bad(text, "the path of the package is missing") end
  if path:find("#") then return bad(text, "a fragment (#) has no meaning to the server: leave it out") end
  local warning
  if #text > max_safe_bytes then
    warning = ("the URL has %d bytes: with more than %d the command exceeds the 256 characters "
      .. "that GSM modules are known to take"):format(#text, max_safe_bytes)
  end
  return { url = text, host = host, port = math.tointeger(number), path = path, warning = warning }
end

return url
