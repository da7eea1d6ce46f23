--- A trace file: every byte in both directions with its time, one readable line for each chunk.
--
--     0.000412 tx AT+CSQ\r
--     0.031007 rx AT+CSQ\r\r\n+CSQ: 25,0\r\n
--
-- Seconds since the trace began, direction, bytes. Outside printable ASCII a byte is written as \r, \n, \\
-- or \xHH, so that `trace.parse` gives every byte back; secrets are masked beforehand (`dfota.at.redact`).
-- Lines that begin with # are comments. A package does not belong in a file that is passed on: data sent in data mode
-- is summed up in a comment after it, by size and SHA-256, unless the trace was asked for the data. So is a file that
-- the module sends: `# read-back of 156104 bytes, sha256 …`.
--
--     4.120033 tx AT+QFUPL="fota.pack",156104,60,1\r
--     4.171200 rx AT+QFUPL="fota.pack",156104,60,1\r\r\nCONNECT\r\n
--     # data 1024
--     4.259871 rx A
--     …
--     # upload of 156104 bytes, sha256 cf4b…, from 4.171290 to 17.861174
--     17.902115 rx \r\n+QFUPL: 156104,4300\r\n\r\nOK\r\n
--
-- `# data N`: N bytes had been sent when the next chunk came. docs/traces.md describes the whole format.
-- @module dfota.at.trace

local core = require "dfota.core"
local ReceivedFile = require "dfota.at.received_file"
local private_file = require "dfota.base.private_file"
local Secrets = require "dfota.at.secrets"
local redact = require "dfota.at.redact"
local text = require "dfota.base.text"
local uv = require "luv"

local trace = {}

local Trace = {}
Trace.__index = Trace
Trace.__name = "dfota.at.trace"

local TO_TEXT = { ["\r"] = "\\r", ["\n"] = "\\n", ["\\"] = "\\\\" }
local TO_BYTE = { r = "\r", n = "\n", ["\\"] = "\\" }

for byte = 0, 255 do
  local char = string.char(byte)
  if not TO_TEXT[char] and (byte < 32 or byte > 126) then TO_TEXT[char] = ("\\x%02X"):format(byte) end
end

--- Bytes as printable ASCII.
function trace.escape(bytes)
  return (bytes:gsub("[^ -%[%]-~]", TO_TEXT))
end

local function unescape(shown)
  return (shown:gsub("\\([rnx\\])(%x?%x?)", function(kind, digits)
    if kind == "x" then return string.char(tonumber(digits, 16)) end
    return TO_BYTE[kind] .. digits
  end))
end

--- One line of a trace file, read back.
-- @tparam string line without its line end
-- @treturn[1] number seconds since the trace began
-- @treturn[1] string "tx" or "rx"
-- @treturn[1] string bytes
-- @treturn[2] nil for a comment, or anything that is not a trace line
function trace.parse(line)
  local seconds, direction, shown = line:match("^%s*(%d+%.%d+) ([rt]x) (.*)$")
  if not seconds then return nil end
  local bytes = trace.unescape(shown)
  if not bytes then return nil end
  return tonumber(seconds), direction, bytes
end

--- The reverse of `escape`; nil if the text cannot have come from `escape`.
function trace.unescape(shown)
  if shown:find("[^ -~]") then return nil end
  local rest = shown:gsub("\\[rn\\]", " "):gsub("\\x%x%x", " ")
  if rest:find("\\", 1, true) then return nil end
  return unescape(shown)
end

local BEGINNING = "# dfota trace "

-- A file that is not a trace, such as the package, must not be written to.
local function is_ours(path)
  local stat = uv.fs_stat(path)
  if not stat or stat.type ~= "file" or stat.size == 0 then return true end
  local file = io.open(path, "rb")
  if not file then return true end -- may be append-only
  local head = file:read(#BEGINNING)
  file:close()
  return head == BEGINNING
end

local function refuse(path, reason)
  return nil, core.error("usage", ("trace file %s cannot be written: %s"):format(text.printable(path), reason))
end

--- Opens a trace file. It is appended to, never overwritten: it may hold the only trace of an earlier run.
-- @tparam string path
-- @tparam function clock seconds, monotonic; the same clock as the tap's times
-- @tparam[opt] table options `max_bytes` that may be added (setting max_trace_bytes); `data`: include what is sent in
--   data mode (--trace-data); `secrets` masked wherever they are received (`dfota.at.secrets`)
-- @treturn[1] Trace
-- @treturn[2] nil
-- @treturn[2] err kind "usage"
function trace.open(path, clock, options)
  local fd, real = private_file.open(path)
  if not fd then return refuse(path, real) end
  if not is_ours(real) then
    uv.fs_close(fd)
    return refuse(path, "it is not a trace: choose another file")
  end
  local secrets = options and options.secrets or Secrets.new()
  local self = setmetatable({
    fd = fd, path = path, start = clock(), mask = redact.new(), secrets = secrets, received_bytes = secrets:stream(),
    room = options and options.max_bytes or math.huge, with_data = options and options.data,
  }, Trace)
  self:put(BEGINNING .. "1, begun " .. os.date("!%Y-%m-%dT%H:%M:%SZ"))
  return self
end

local function fail(self, reason)
  self.failure = ("trace file %s ended early: %s"):format(text.printable(self.path), reason)
end

-- A single system call writes all of it unless the disk is full or a device is busy.
local function write(fd, bytes)
  local from = 1
  while from <= #bytes do
    local n, message = uv.fs_write(fd, bytes:sub(from), -1)
    if not n then return nil, text.reason(message) end
    from = from + n
  end
  return true
end

-- The last line says why there is no more.
local function end_here(self, line)
  write(self.fd, ("# the trace ends here: max_trace_bytes is reached, and the next chunk has %d bytes\n"):format(#line))
  fail(self, "max_trace_bytes is reached")
end

-- Written line by line, unbuffered, so that the file survives a kill -9. A full disk ends the trace, not the job.
function Trace:put(line)
  if not self.fd or self.failure then return end
  self.room = self.room - #line - 1
  if self.room < 0 then return end_here(self, line) end
  local ok, reason = write(self.fd, line .. "\n")
  if not ok then fail(self, reason) end
end

--- A comment, such as the name of a phase.
function Trace:note(comment)
  self:put("# " .. text.printable(self.secrets:masked(comment)))
end

--- The line's rate from here on, which decides what is text and what is noise.
-- @tparam integer baud bits per second
function Trace:note_baud(baud)
  self:note(("baud %d"):format(baud))
end

-- The end of data, complete or not, identified by its hash.
local function note_data(self, data)
  if data.size == 0 then return end
  self:note(("%s of %d bytes, sha256 %s, from %.6f to %.6f"):format(
    data.what, data.size, text.hex(data.sha:final()), data.first, data.last))
end

local function new_data(what) return { what = what, size = 0, sha = core.sha256() } end

--- From here until `end_data`, what is sent is a package.
function Trace:begin_data()
  if self.with_data then return end
  self.data = new_data "upload"
end

--- After the next CONNECT the module sends a file. Until `end_data`, or its last byte, that is not written down.
-- @tparam integer size in bytes
function Trace:expect_data(size)
  if self.with_data then return end
  self.received = { data = new_data "read-back", file = ReceivedFile.new(size) }
end

--- From here on, what is sent and received are commands and replies again.
function Trace:end_data()
  local data, received = self.data, self.received
  self.data, self.received = nil, nil
  if data then note_data(self, data) end
  if received then note_data(self, received.data) end
end

local function count_data(data, bytes, t)
  data.sha:update(bytes)
  data.size = data.size + #bytes
  data.first, data.last = data.first or t, t
end

local function put_masked(self, direction, bytes, t)
  self:put(("%.6f %s %s"):format(t, direction, trace.escape(self.mask(direction, bytes))))
end

-- What looked like the beginning of a secret comes before whatever is sent next, at the time it came.
local function put_held(self)
  local held = self.received_bytes:flush()
  if held ~= "" then put_masked(self, "rx", held, self.heard_t) end
end

local function put_bytes(self, direction, bytes, t)
  if direction == "tx" then
    put_held(self)
    return put_masked(self, direction, bytes, t)
  end
  local shown = self.received_bytes:feed(bytes)
  self.heard_t = t
  if shown ~= "" or bytes == "" then put_masked(self, direction, shown, t) end
end

--- How the run ended that this trace is of.
-- @tparam integer rc its exit code
function Trace:note_end(rc)
  put_held(self)
  self:note(("exit code %d"):format(rc))
end

-- A read holds the reply before the file, a part of it, and perhaps what follows.
local function put_received(self, bytes, t)
  local received = self.received
  local before, data, after = received.file:feed(bytes)
  if before ~= "" then put_bytes(self, "rx", before, t) end
  if data ~= "" then count_data(received.data, data, t) end
  if received.file.left == 0 then self:end_data() end
  if after ~= "" then put_bytes(self, "rx", after, t) end
end

-- What comes back in data mode depends on how much was sent.
local function note_position(self)
  local data = self.data
  if data.size == (data.noted or 0) then return end
  data.noted = data.size
  self:note(("data %d"):format(data.size))
end

--- The function to give to `port:tap`.
-- @treturn function of direction, bytes and time
function Trace:tap()
  return function(direction, bytes, time)
    local t = math.max(time - self.start, 0)
    if self.data and direction == "tx" then
      put_held(self)
      return count_data(self.data, bytes, t)
    end
    if self.received and direction == "rx" then return put_received(self, bytes, t) end
    if self.data then note_position(self) end
    put_bytes(self, direction, bytes, t)
  end
end

--- Why the trace is incomplete: returned once, nil before and after.
-- @treturn string|nil
function Trace:failed()
  if self.failure and not self.reported then
    self.reported = true
    return self.failure
  end
end

--- Closes the file. Closing it twice is allowed.
function Trace:close()
  if not self.fd then return end
  self:end_data()
  put_held(self)
  local ok, message = uv.fs_close(self.fd)
  self.fd = nil
  if not ok and not self.failure then fail(self, text.reason(message)) end
end

Trace.__close = Trace.close
Trace.__gc = Trace.close

return trace
