--- The URL of a package on an HTTP server, checked before anything is sent.
-- @module dfota.config.url
local core = require "dfota.core"
local printable = require "dfota.base.text"
local transport = require "dfota.config.transport"

local url = {}

local max_bytes = 255 -- note, chapter 3.1
local max_safe_bytes = 256 - #'AT+QFOTADL=""' -- GSM AT manuals: 256 characters to a command line

local function bad(text, why)
  return nil, core.error("url", ("%s: %s"):format(printable.brief(printable.without_credentials(text), 60), why))
end

--- Does this look like a URL rather than a file's path?
-- @tparam string text
-- @treturn boolean
function url.is_url(text)
  return text:find("^%a[%w+.-]*://") ~= nil
end

-- Addresses that are only reachable locally: RFC 1918, RFC 6598, loopback and link-local.
local PRIVATE = { "^10%.", "^127%.", "^192%.168%.", "^169%.254%.", "^0%." }
local PRIVATE_NAMES = { "%.local$", "%.lan$", "%.home$", "%.internal$", "%.localdomain$", "%.home%.arpa$" }

local function matches(host, patterns)
  for _, pattern in ipairs(patterns) do
    if host:find(pattern) then return true end
  end
  return false
end

-- Decided by the second byte: 172.16/12 and 100.64/10.
local function is_private_block(host)
  local first, second = host:match("^(%d+)%.(%d+)%.%d+%.%d+$")
  first, second = tonumber(first), tonumber(second)
  return first == 172 and second >= 16 and second <= 31 or first == 100 and second >= 64 and second <= 127
end

local function is_address(host) return host:find("^%d+%.%d+%.%d+%.%d+$") ~= nil end

local function reach_warning(found)
  local host = found.host:lower()
  local what
  if is_address(host) then
    what = (matches(host, PRIVATE) or is_private_block(host)) and "is a private address" or nil
  elseif not host:find(".", 1, true) then
    what = "is a name without a domain"
  elseif matches(host, PRIVATE_NAMES) then
    what = "is a local network name"
  end
  return what and ("%s %s: it must be reachable from the mobile operator's network"):format(found.host, what)
end

-- The note's table shows the port between slashes, its example after a colon.
local function port_warning(found, has_port)
  local port, path = found.path:match("^/(%d+)(/.+)$")
  if has_port or not port or tonumber(port) < 1 or tonumber(port) > 65535 then return nil end
  return ("the path begins with /%s/: if that is the port, write http://%s:%s%s"):format(port, found.host, port,
    printable.brief(path, 100))
end

local function length_warning(found)
  local length = #found.url
  if length <= max_safe_bytes then return nil end
  return ("the URL has %d bytes: with more than %d the command exceeds the 256 characters that GSM modules are known "
    .. "to accept"):format(length, max_safe_bytes)
end

local function warnings_about(found, has_port)
  local list = {}
  list[1] = port_warning(found, has_port)
  list[#list + 1] = reach_warning(found)
  list[#list + 1] = length_warning(found)
  return list
end

--- Check a URL against the note's chapter 3.1: `http://` in any case, a host,
-- a port of 1 to 65535 after a colon, a path; at most 255 bytes.
-- @tparam string text
-- @treturn table|nil `url`, `host`, `port`, `path`, `transport` (see `dfota.config.transport`), and `warnings`: a list
--   of texts about what may be a mistake or may not work
-- @treturn dfota.error kind `url`
function url.parse(text)
  if text:find('["\\]') then
    return bad(text, "a quote or backslash cannot be put into AT+QFOTADL: percent-encode it")
  end
  if text:find("[%c%s]") or text:find("[\128-\255]") then
    return bad(text, "spaces, control and non-ASCII characters cannot be put into AT+QFOTADL: percent-encode them")
  end
  if #text > max_bytes then
    return bad(text, ("%d bytes is too long: the module accepts %d"):format(#text, max_bytes))
  end
  local scheme, rest = text:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme or scheme:lower() ~= "http" then
    return bad(text, "the module supports http:// only")
  end
  local authority, path = rest:match("^([^/?#]*)(.*)$")
  if authority:find("@") then return bad(text, "a user name or password in the URL is not supported") end
  local host, port = authority:match("^([%w._-]+):?(%d*)$")
  if not host then return bad(text, "no usable host name or IPv4 address") end
  if authority:find(":$") then return bad(text, "the port after the colon is missing") end
  local number = port == "" and 80 or tonumber(port)
  if number < 1 or number > 65535 then return bad(text, "the port must be 1 to 65535") end
  if not path:find("^/.") then return bad(text, "the path of the package is missing") end
  if path:find("#") then return bad(text, "a fragment (#) has no meaning to the server: leave it out") end
  local found = { url = text, host = host, port = math.tointeger(number), path = path, transport = transport.url(text) }
  found.warnings = warnings_about(found, port ~= "")
  return found
end

--- A hint for a package that is not found, if a URL may have been meant.
-- @tparam string name as given
-- @treturn string "" if it cannot be a URL
function url.hint(name)
  local rest = name:match("^[Hh][Tt][Tt][Pp][Ss]?:?/*(.+)$") or name:match("^//(.+)$") or name
  if not rest:find("^[%w-]+%.[%w.-]+:?%d*/.") then return "" end
  return ("; if a URL is meant, write http://%s"):format(printable.brief(rest, 100))
end

return url
