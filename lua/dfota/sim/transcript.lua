--- Transcripts: what a module answered, as text that people can read and change (docs/traces.md).
--
--     # a comment
--     @ echo=char
--     > AT+CSQ                    the command; `1|AT` once the module has rebooted; a last * stands for any rest
--     < \r\n+CSQ: 25,0\r\n        what the module says, with C escapes
--     <*9 AT+CPIN=******\r       the same; the stars stand for the command from its 9th byte on
--     <~300                       a pause, in milliseconds
--     <&                          the echo: the command as it was received
--     <.                          here the reply ends; what follows is unsolicited
--     <+                          the module reboots
--     <=4000 cf4b…                from here on it takes 4000 bytes of data, with this SHA-256; 4000+: and what follows
--     <@1024                      waits until 1024 bytes of the data have come
--     ? \r\nERROR\r\n             the answer to everything else
--
-- Pure: text in, a script out, and the reverse. `dfota.sim.player` plays it.
-- @module dfota.sim.transcript

local transcript = {}

local TO_BYTE = { r = "\r", n = "\n", t = "\t", ["0"] = "\0", ["\\"] = "\\" }
local TO_TEXT = { ["\r"] = "\\r", ["\n"] = "\\n", ["\\"] = "\\\\" }

local function unescape(text)
  return (text:gsub("\\(x?)(.)(%x?)", function(hex, a, b)
    if hex == "x" and tonumber(a .. b, 16) then return string.char(tonumber(a .. b, 16)) end
    return hex .. (TO_BYTE[a] or a) .. b
  end))
end

local function escape(bytes)
  return (bytes:gsub("[%c\\\127-\255]", function(c) return TO_TEXT[c] or ("\\x%02X"):format(c:byte()) end))
end

-- "1|ATI" is said once the module has rebooted; a trailing "*" is no part of the command.
local function entry_of(text)
  local phase, command = text:match "^(%d+)|(.*)$"
  command = unescape(command or text)
  local head = command:match "^(.*)%*$"
  return { phase = tonumber(phase or 0), command = head or command, prefix = head ~= nil, steps = {} }
end

local function pause_of(text) return { pause_s = tonumber(text) / 1000 } end

local function data_of(text)
  local size, open, sha256 = text:match "^(%d+)(%+?)%s*(%x*)$"
  return { data = math.tointeger(tonumber(size)), open = open == "+" or nil, sha256 = sha256 ~= "" and sha256 or nil }
end

local function secret_of(text)
  local from, words = text:match "^(%d+) (.*)$"
  return { say = unescape(words), secret = math.tointeger(tonumber(from)) or 1 }
end

-- What stands behind "<": a pattern, and the step that it is.
local STEPS = {
  { "^~(%d+%.?%d*)$", pause_of },
  { "^&$", function() return { echo = true } end },
  { "^%.$", function() return { done = true } end },
  { "^%+$", function() return { reboot = true } end },
  { "^=(%d+%+?%s*%x*)$", data_of },
  { "^@(%d+)$", function(text) return { at = math.tointeger(tonumber(text)) } end },
  { "^%*(%d+ .*)$", secret_of },
  { "^ (.*)$", function(text) return { say = unescape(text) } end },
  { "^$", function() return { say = "" } end },
}

local function step_of(text)
  for _, kind in ipairs(STEPS) do
    local found = text:match(kind[1])
    if found then return kind[2](found) end
  end
end

local readers = {}

readers["#"] = function() return true end

readers["@"] = function(script, text)
  local key, value = text:match "^%s*([%w_]+)%s*=(.*)$"
  if not key then return nil, "an option is written @ NAME=VALUE" end
  script.options[key] = value
  return true
end

readers[">"] = function(script, text)
  script.entries[#script.entries + 1] = entry_of(text:match "^%s?(.*)$")
  return true
end

readers["<"] = function(script, text)
  local entry, step = script.entries[#script.entries], step_of(text)
  if not entry then return nil, "an answer comes after its command" end
  if not step then return nil, "an answer is written < TEXT, and none of <* <~ <& <. <+ <= <@ fits" end
  entry.steps[#entry.steps + 1] = step
  return true
end

readers["?"] = function(script, text)
  script.otherwise = { { say = unescape(text:match "^%s?(.*)$") } }
  return true
end

--- Reads a transcript.
-- @tparam string text
-- @treturn[1] table script: `options` by name; `entries`, each with `command`, `prefix` (true: any rest), `phase` and
--   `steps`; `otherwise`, steps or nil. A step is one of `say` (bytes; `secret`: the byte of
--   the command that its stars begin to stand for), `pause_s`, `echo`, `done`, `reboot`, `data`
--   (with `open` and `sha256`) and `at`
-- @treturn[2] nil
-- @treturn[2] string why not, with the number of the line
function transcript.parse(text)
  local script, number = { options = {}, entries = {} }, 0
  for line in text:gmatch "([^\n]*)\n?" do
    number = number + 1
    if line ~= "" then
      local read = readers[line:sub(1, 1)]
      local done, why = nil, "a line begins with one of # @ > < ?"
      if read then done, why = read(script, line:sub(2)) end
      if not done then return nil, ("line %d: %s"):format(number, why) end
    end
  end
  if #script.entries == 0 then return nil, "there is no command in it" end
  return script
end

local function milliseconds(seconds)
  return (("%.3f"):format(seconds * 1000):gsub("%.?0+$", ""))
end

local function line_of(step)
  if step.say then return (step.secret and "<*" .. step.secret or "<") .. " " .. escape(step.say) end
  if step.pause_s then return "<~" .. milliseconds(step.pause_s) end
  if step.data then
    return (("<=%d%s %s"):format(step.data, step.open and "+" or "", step.sha256 or ""):gsub(" $", ""))
  end
  if step.at then return "<@" .. step.at end
  return step.echo and "<&" or step.done and "<." or "<+"
end

local function sorted(options)
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function command_line(entry)
  local phase = entry.phase > 0 and entry.phase .. "|" or ""
  return "> " .. phase .. escape(entry.command) .. (entry.prefix and "*" or "")
end

--- Writes a script as a transcript.
-- @tparam table script as of `parse`
-- @tparam[opt] {string,...} comments lines to begin with
-- @treturn string text
function transcript.write(script, comments)
  local lines = {}
  for _, comment in ipairs(comments or {}) do lines[#lines + 1] = "# " .. escape(comment) end
  for _, name in ipairs(sorted(script.options)) do
    lines[#lines + 1] = ("@ %s=%s"):format(name, script.options[name])
  end
  for _, entry in ipairs(script.entries) do
    lines[#lines + 1] = command_line(entry)
    for _, step in ipairs(entry.steps) do lines[#lines + 1] = line_of(step) end
  end
  if script.otherwise then lines[#lines + 1] = "? " .. escape(script.otherwise[1].say) end
  return table.concat(lines, "\n") .. "\n"
end

--- Bytes with C escapes, as options of a script are written.
transcript.escape = escape

--- The reverse of `escape`.
transcript.unescape = unescape

return transcript
