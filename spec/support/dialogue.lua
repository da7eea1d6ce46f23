--- A dialogue with a simulated module on a simulated clock: what is sent, what is answered, when.
--
--     local talk = Dialogue.new { csq = 5 }
--     assert.equal("\r\n+CSQ: 5,0\r\n\r\nOK\r\n", talk:ask("AT+CSQ"))
local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"

local Dialogue = {}
Dialogue.__index = Dialogue

--- Begins a dialogue; the echo is off unless `echo` is in the switches.
function Dialogue.new(spec, seed)
  local some = { echo = false, reply_s = 0 }
  for name, value in pairs(spec or {}) do some[name] = value end
  local m = assert(Module.new(some, seed))
  return setmetatable({ m = m, t = 0 }, Dialogue)
end

--- Advances the time. @return the module's output meanwhile
function Dialogue:listen(seconds)
  local parts, till = {}, self.t + seconds
  while true do
    local due = self.m:next_time()
    if not due or due > till then break end
    self.m:advance(due)
    parts[#parts + 1] = self.m:output()
  end
  self.t = till
  self.m:advance(till)
  return table.concat(parts) .. self.m:output()
end

--- Sends bytes and reads.
function Dialogue:send(bytes, seconds)
  self.m:input(bytes, self.t)
  return self.m:output() .. self:listen(seconds or 1)
end

--- Sends a command line and reads. @return the bytes received
function Dialogue:ask(line, seconds)
  return self:send(line .. "\r", seconds)
end

--- Sends a command line and reads. @return the lines received, without empty ones
function Dialogue:lines(line, seconds)
  return Dialogue.split(self:ask(line, seconds))
end

function Dialogue.split(text)
  local lines = {}
  for each in text:gmatch("[^\r\n]+") do lines[#lines + 1] = each end
  return lines
end

--- Uploads fota.pack. @return what was received after CONNECT
function Dialogue:upload(content, ack)
  self:ask(('AT+QFUPL="fota.pack",%d,5,%d'):format(#content, ack and 1 or 0))
  return self:send(content)
end

--- A small package from the current revision to B.
function Dialogue:package(from, to, size)
  return assert(Package.make(from or self.m.revision, to or "B", size or 1500))
end

--- Uploads a good package and triggers. @return lines of the next seconds
function Dialogue:update(seconds)
  self:upload(self:package())
  return self:lines("AT+QFOTADL=1", seconds or 30)
end

--- Activates the PDP context.
function Dialogue:attach()
  self:ask("AT+QIREGAPP")
  return self:lines("AT+QIACT", 5)
end

return Dialogue
