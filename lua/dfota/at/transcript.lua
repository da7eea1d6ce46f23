--- The conversation on a line for people to read along: commands and replies as they go, or every byte.
-- Secrets are masked, and a package is summed up, as in a trace (`dfota.at.trace`); but here nothing has to be played
-- again, and the length of a secret cannot be seen.
-- @module dfota.at.transcript

local ReceivedFile = require "dfota.at.received_file"
local Secrets = require "dfota.at.secrets"
local redact = require "dfota.at.redact"
local trace = require "dfota.at.trace"

local transcript = {}

local Transcript = {}
Transcript.__index = Transcript
Transcript.__name = "dfota.at.transcript"

local MAX_LINE = 2048 -- longer than any line of a module

--- A transcript.
-- @tparam function say called with the direction, "tx" or "rx", and a line of printable ASCII
-- @tparam[opt] table options `bytes`: every chunk, escaped as in a trace, instead of whole lines; `secrets`
--   masked wherever they are received (`dfota.at.secrets`)
-- @treturn Transcript
function transcript.new(say, options)
  local secrets = options and options.secrets or Secrets.new()
  return setmetatable({
    say = say, bytes = options and options.bytes, mask = redact.new(), parts = { tx = "", rx = "" },
    hides = { tx = false, rx = false },
    received_bytes = secrets:stream(),
  }, Transcript)
end

-- The module repeats each command before it replies: read once is enough.
local function is_echo(self, direction, line)
  if direction == "tx" then
    self.sent = line
    return false
  end
  local same = line == self.sent
  if same then self.sent = nil end
  return same
end

local function end_line(self, direction)
  local line = self.parts[direction]
  self.parts[direction] = ""
  if self.data and line:find "^A+$" then
    self.data.acks = self.data.acks + #line
  elseif line:find "%S" and not is_echo(self, direction, line) then
    self.say(direction, trace.escape(line))
  end
end

-- What has no line end, as a prompt, is complete once the other side speaks.
local function add_lines(self, direction, bytes)
  local other = direction == "tx" and "rx" or "tx"
  if self.parts[other] ~= "" then end_line(self, other) end
  for piece, ending in bytes:gmatch "([^\r\n]*)([\r\n]*)" do
    self.parts[direction] = self.parts[direction] .. piece
    if ending ~= "" or #self.parts[direction] > MAX_LINE then end_line(self, direction) end
  end
end

-- A run of masked bytes looks the same however long it is, and over how many chunks. Stars that were received are none.
local function shortened(self, direction, masked, raw)
  local parts, from, hides = {}, 1, self.hides[direction]
  for first, stars, behind in masked:gmatch "()(%*+)()" do
    local goes_on = first == 1 and hides
    hides = goes_on or stars ~= raw:sub(first, behind - 1)
    parts[#parts + 1] = masked:sub(from, first - 1)
    parts[#parts + 1] = goes_on and "" or hides and Secrets.MASK or stars
    from = behind
  end
  self.hides[direction] = from > #masked and hides
  return table.concat(parts) .. masked:sub(from)
end

-- `raw`: the same bytes with nothing masked.
local function add_masked(self, direction, bytes, raw)
  if bytes == "" then return end
  local masked = shortened(self, direction, self.mask(direction, bytes), raw)
  if masked == "" then return end
  if self.bytes then return self.say(direction, trace.escape(masked)) end
  add_lines(self, direction, masked)
end

-- What looked like the beginning of a secret comes before whatever is sent next.
local function add_held(self) add_masked(self, "rx", self.received_bytes:flush()) end

local function add(self, direction, bytes)
  if direction == "rx" then return add_masked(self, "rx", self.received_bytes:feed(bytes)) end
  add_held(self)
  add_masked(self, "tx", bytes, bytes)
end

-- A file that the module sends is summed up, too.
local function end_received(self)
  local received = self.received
  self.received = nil
  if received and received.size > 0 then self.say("rx", ("(%d bytes of data)"):format(received.size)) end
end

local function add_received(self, bytes)
  local received = self.received
  local before, data, after = received.file:feed(bytes)
  received.size = received.size + #data
  add(self, "rx", before)
  if received.file.left == 0 then end_received(self) end
  add(self, "rx", after)
end

--- The function to give to `port:tap`.
-- @treturn function of direction and bytes
function Transcript:tap()
  return function(direction, bytes)
    if self.data and direction == "tx" then
      add_held(self)
      self.data.size = self.data.size + #bytes
    elseif self.received and direction == "rx" then
      add_received(self, bytes)
    else
      add(self, direction, bytes)
    end
  end
end

--- After the next CONNECT the module sends a file.
-- @tparam integer size in bytes
function Transcript:expect_data(size)
  self.received = { file = ReceivedFile.new(size), size = 0 }
end

--- From here until `end_data`, what is sent is a package, and what comes back acknowledges it.
function Transcript:begin_data()
  end_line(self, "tx")
  self.data = { size = 0, acks = 0 }
end

--- From here on, what is sent and received are commands and replies again.
function Transcript:end_data()
  local data = self.data
  add_held(self)
  end_line(self, "rx")
  end_received(self)
  self.data = nil
  if not data then return end
  self.say("tx", ("(%d bytes of data)"):format(data.size))
  if data.acks > 0 then self.say("rx", ("(%d acknowledgements)"):format(data.acks)) end
end

return transcript
