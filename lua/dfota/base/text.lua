--- Text for people: makes whatever came over a line safe to show, and quantities readable.
-- @module dfota.base.text

local text = {}

local REPLACEMENT = "\u{FFFD}"

--- Valid UTF-8: each byte that is not part of it becomes U+FFFD.
-- @tparam string s
-- @treturn string
function text.utf8(s)
  if utf8.len(s) then return s end
  local parts, from = {}, 1
  while from <= #s do
    local _, bad = utf8.len(s, from)
    parts[#parts + 1] = s:sub(from, (bad or #s + 1) - 1)
    if not bad then break end
    parts[#parts + 1] = REPLACEMENT
    from = bad + 1
  end
  return table.concat(parts)
end

local NAMED = { ["\r"] = "\\r", ["\n"] = "\\n", ["\t"] = "\\t" }

local function escaped(control)
  return NAMED[control] or ("\\x%02X"):format(utf8.codepoint(control))
end

-- Characters that are invisible themselves but reverse, hide or break the text around them (Unicode: Cf, and the line
-- and paragraph separators).
local INVISIBLE = {
  { 0x80, 0x9F }, { 0xAD, 0xAD }, { 0x61C, 0x61C }, { 0x180E, 0x180E }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
  { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
}

local function is_invisible(code)
  for _, range in ipairs(INVISIBLE) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function shown(character)
  local code = utf8.codepoint(character)
  if not is_invisible(code) then return nil end
  return code < 0x100 and ("\\x%02X"):format(code) or ("\\u{%04X}"):format(code)
end

-- As JSON escapes a character: above U+FFFF as a surrogate pair.
local function json_escape(character)
  local code = utf8.codepoint(character)
  if not is_invisible(code) then return nil end
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  local rest = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF))
end

local CHARACTERS = "[\xC2-\xF4][\x80-\xBF]+"

--- JSON with its invisible characters escaped, so that a log of it can be shown. Its meaning is unchanged.
-- @tparam string encoded JSON, valid UTF-8
-- @treturn string
function text.visible_json(encoded)
  return (encoded:gsub(CHARACTERS, json_escape))
end

--- One line of valid UTF-8 that cannot control a terminal or reverse text: control characters (C0, DEL, C1) and
-- invisible ones (bidirectional, zero width, tags) are escaped.
-- @param v anything; converted by tostring if not a string
-- @treturn string
function text.printable(v)
  if type(v) == "string" and not v:find("[^\32-\126]") then return v end -- the common case
  local s = text.utf8(tostring(v)):gsub("[\0-\31\127]", escaped)
  if not s:find("[\x80-\xFF]") then return s end
  return (s:gsub(CHARACTERS, shown))
end

--- What was received over a line, as printable ASCII: noise may be valid UTF-8 by chance, and says nothing.
-- @tparam string s
-- @treturn string
function text.received(s)
  return (s:gsub("[^\32-\126]", function(byte) return NAMED[byte] or ("\\x%02X"):format(byte:byte()) end))
end

--- A message of a port without its name, where that is said already.
-- @tparam string message
-- @tparam string port its name
-- @treturn string
function text.without_port(message, port)
  local start = port .. ": "
  return message:sub(1, #start) == start and message:sub(#start + 1) or message
end

--- What `printable` gives, cut to what fits into a message.
-- @param v anything
-- @tparam[opt=40] integer limit characters
function text.brief(v, limit)
  return text.cut(text.printable(v), limit or 40)
end

--- The first `limit` characters of a printable text, with dots if it was cut.
-- @tparam string s
-- @tparam integer limit
-- @treturn string
function text.cut(s, limit)
  if utf8.len(s) <= limit then return s end
  return s:sub(1, utf8.offset(s, math.max(limit - 3, 0) + 1) - 1) .. ("..."):sub(1, limit)
end

--- The end of a printable text, with a mark if it was cut: the end of a port's name tells ports apart.
-- @tparam string s
-- @tparam integer limit characters
-- @treturn string
function text.tail(s, limit)
  if utf8.len(s) <= limit then return s end
  return "~" .. s:sub(utf8.offset(s, 1 - limit))
end

--- The reason alone, out of libuv's "ENOENT: no such file or directory: PATH".
-- @tparam string message
-- @treturn string
function text.reason(message)
  return (tostring(message):gsub("^%u+: ", ""):gsub(": .*$", ""))
end

--- A number without a needless fraction: 60, not 60.0.
function text.number(n)
  local whole = math.tointeger(n)
  if whole then return tostring(whole) end
  if type(n) == "number" then return ("%.6g"):format(n) end
  return tostring(n)
end

--- A number of seconds for a message, such as a limit that passed: 5, 0.25, 2.5; never 4.99999.
-- @tparam number seconds
-- @treturn string
function text.seconds(seconds)
  return (seconds < 10 and "%.2g" or "%.0f"):format(seconds)
end

--- Seconds as "0.4 s", "42 s", "3 min 07 s", "2 h 05 min".
function text.duration(seconds)
  if seconds < 10 then return ("%.1f s"):format(seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then return ("%d s"):format(whole) end
  if whole < 3600 then return ("%d min %02d s"):format(whole // 60, whole % 60) end
  return ("%d h %02d min"):format(whole // 3600, whole % 3600 // 60)
end

--- Bytes as "812 B", "152.4 kB", "1.05 MB" (1 kB is 1000 bytes).
function text.bytes(n)
  if n < 1000 then return ("%d B"):format(n) end
  if n < 1e6 then return ("%.1f kB"):format(n / 1e3) end
  return ("%.2f MB"):format(n / 1e6)
end

--- So many of something: "1 port", "3 ports".
-- @tparam integer n
-- @tparam string what one of them
function text.count(n, what) return ("%d %s%s"):format(n, what, n == 1 and "" or "s") end

--- A text as Unix has it, whatever went over it: without the mark of its encoding, each line ended by LF alone.
-- @tparam string content
-- @treturn string
function text.unix(content)
  if content:sub(1, 3) == "\xEF\xBB\xBF" then content = content:sub(4) end
  return content:find("\r\n", 1, true) and (content:gsub("\r\n", "\n")) or content
end

--- Bytes as lower-case hexadecimal digits, as in a hash.
-- @tparam string bytes
-- @treturn string
function text.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- A URL without any user name and password.
function text.without_credentials(url)
  return (url:gsub("^(%a[%w+.-]*://)[^/?#]*@", "%1***@"))
end

return text
