--- A port whose other end is a script, on a simulated clock: nothing here takes real time.
--
--     local port = ScriptedPort.new { ["AT+CSQ"] = { "+CSQ: 25,0", "OK" }, AT = "OK" }
--     local port = ScriptedPort.new(function(self, command) self:say(0.2, "\r\nOK\r\n") end)
--
-- A command's answer is a line, a list of lines (a number in it is a pause in seconds), or a function(port,
-- command). `options`: `echo` (true), `baud` (115200), `split` maximum bytes per read.
local core = require "dfota.core"

local Port = {}
Port.__index = Port

function Port.new(answers, options)
  options = options or {}
  return setmetatable({
    answers = answers, echo = options.echo ~= false, rate = options.baud or 115200, split = options.split,
    t = 0, coming = {}, typed = "", sent = {},
  }, Port)
end

--- The other end sends bytes after some seconds; of two at the same time the first comes first.
function Port:say(after_s, bytes)
  local coming, t = self.coming, self.t + after_s
  local i = #coming
  while i > 0 and coming[i].t > t do
    coming[i + 1] = coming[i]
    i = i - 1
  end
  coming[i + 1] = { t = t, bytes = bytes }
end

--- The other end sends lines, each framed.
function Port:say_lines(after_s, lines)
  for _, line in ipairs(type(lines) == "table" and lines or { lines }) do
    if type(line) == "number" then after_s = after_s + line else self:say(after_s, "\r\n" .. line .. "\r\n") end
  end
end

--- From here on the device is gone.
function Port:unplug() self.gone = true end

local function take_command(self, command)
  self.sent[#self.sent + 1] = command
  if self.echo then self:say(0, command .. "\r") end
  local answer = self.answers
  if type(answer) == "table" then answer = answer[command] end
  if type(answer) == "function" then return answer(self, command) end
  if answer then self:say_lines(0, answer) end
end

-- In data mode `on_bytes` takes what is written; otherwise it is commands, each with its CR.
local function take(self, bytes)
  if self.on_bytes then return self:on_bytes(bytes) end
  self.typed = self.typed .. bytes
  while true do
    local command, rest = self.typed:match("^([^\r]*)\r(.*)$")
    if not command then return end
    self.typed = rest
    take_command(self, command)
  end
end

local function hangup() return nil, core.error("hangup", "script: the port hung up") end

function Port:write(bytes)
  if self.gone then return hangup() end
  take(self, bytes)
  return true
end

function Port:read(timeout_s)
  local first = self.coming[1]
  local deadline = self.t + (timeout_s or math.huge)
  if self.gone then return hangup() end
  if not first or first.t > deadline then
    assert(deadline < math.huge, "the script would wait for ever")
    self.t = deadline
    return nil, core.error("timeout", "script: nothing came in time")
  end
  self.t = math.max(self.t, first.t)
  local bytes = first.bytes
  if self.split and #bytes > self.split then
    first.bytes = bytes:sub(self.split + 1)
    return bytes:sub(1, self.split)
  end
  table.remove(self.coming, 1)
  return bytes
end

--- Everything is written at once, and what is there is read.
function Port:exchange(bytes, first, timeout_s)
  if self.gone then return hangup() end
  local written = bytes and #bytes - first + 1 or 0
  if written > 0 then take(self, bytes:sub(first)) end
  local received, err = self:read(written > 0 and 0 or timeout_s)
  if received then return written, received end
  if err.kind == "timeout" and written > 0 then return written, "" end
  return nil, err
end

function Port:now() return self.t end

function Port:baud() return self.rate end

function Port:set_baud(baud)
  self.rate = baud
  return true
end

function Port.drain() return true end

function Port.name() return "script" end

function Port:close() self.closed = true end

return Port
