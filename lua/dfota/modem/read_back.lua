--- Reading a file back from the module (GSM FILE manual, QFDWL), and what is done with its bytes.
--
-- CONNECT, the file's bytes, `+QFDWL: <size>,<checksum>`, OK. QFDWL does not announce the size, so it is listed before
-- (QFLST); listed size, reported size, and the checksum of what arrived must agree. The handle commands QFOPEN and
-- QFREAD of the same manual are not needed for whole files, and a run that breaks off would leave a handle open.
-- @module dfota.modem.read_back
local NewFile = require "dfota.base.new_file"
local checksum = require "dfota.modem.checksum_line"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local ReadBack = {}
ReadBack.__index = ReadBack

--- @param commands a `dfota.modem.commands`
-- @param data_mode a `dfota.at.data_mode` of its channel
-- @tparam function list function(name) → name → bytes|nil, err
-- @treturn ReadBack
function ReadBack.new(commands, data_mode, list)
  local channel = commands.channel
  return setmetatable({
    commands = commands, data_mode = data_mode, list = list, channel = channel, set = commands.set,
  }, ReadBack)
end

--- The error for a file that is not there.
-- @tparam string name
-- @treturn dfota.error kind `absent`
function ReadBack:absent(name)
  local err = core.error("absent", ("%s: the module has no file %s"):format(self.channel.port:name(),
    text.printable(name)))
  err.advice = "list the module's files: a name must match exactly"
  return err
end

local function size_of(self, name)
  local files, err = self.list(name)
  if not files then return nil, err end
  if not files[name] then return nil, self:absent(name) end
  return files[name]
end

-- Sum and hash of what passes on its way to `take`.
local function meter(take)
  local sha, state = core.sha256(), 0
  local function count(bytes)
    sha:update(bytes)
    local _
    _, state = core.sum16(bytes, state)
    return take(bytes)
  end
  return count, function() return state & 0xFFFF, text.hex(sha:final()) end
end

local function judge(self, line, size, sum)
  local name = self.channel.port:name()
  local told, told_sum = checksum.parse("+QFDWL", line or "")
  if not told then
    return nil, core.error("upload", ("%s: the read-back ended without a +QFDWL line that can be read: check the cable")
      :format(name))
  elseif told ~= size then
    return nil, core.error("upload", ("%s: the module listed %d bytes and sent %d"):format(name, size, told))
  elseif told_sum ~= sum then
    return nil, core.error("upload", ("%s: the module's checksum is %04X, that of what arrived %04X: check the cable")
      :format(name, told_sum, sum))
  end
  return true
end

-- Stop what may still be coming. A module that does not know `+++` here is through after as long as the rest takes.
local function leave(self, size)
  if not self.data_mode.active then return end
  return self.data_mode:leave {
    guard_s = self.set.guard_s, resync_timeout_s = self.set.resync_timeout_s,
    module_timeout_s = self.channel:transfer_s(size),
  }
end

local function receive(self, size, take, progress)
  local count, finish = meter(take)
  local line, err = self.data_mode:receive {
    size = size, idle_s = self.set.upload_idle_s, result_s = self.set.result_s, take = count, progress = progress,
    is_result = function(one) return one:find "^%+QFDWL:" ~= nil end,
  }
  if line == nil then return nil, err end
  local sum, sha256 = finish()
  local whole, why = judge(self, line, size, sum)
  if not whole then return nil, why end
  return { bytes = size, sum = sum, sha256 = sha256 }
end

local FILE_CODES = 1000 -- from here on CME codes are about files (GSM FILE manual); below they are 3GPP TS 27.007's

-- Whether a module that refused a read does not know the command at all: then it refuses its test command, too.
local function explained(self, err)
  if not errors.is_no(err) or (err.code or 0) >= FILE_CODES then return err end
  local known, why = self.commands:ask "AT+QFDWL=?"
  if known or not errors.is_no(why) then return err end
  return core.error("unable", ("%s: this module cannot read files back (AT+QFDWL: %s)"):format(
    self.channel.port:name(), err.message:match "answered with (.*)$" or "refused"))
end

local function begin(self, name)
  local begun, err = self.data_mode:begin(('AT+QFDWL="%s"'):format(name), { timeout_s = self.set.connect_s })
  if begun then return begun end
  if err then return nil, explained(self, err) end
  return nil, core.error("upload", self.channel.port:name() .. ": AT+QFDWL was answered with OK instead of CONNECT")
end

local KINDS = { stalled = "upload", timeout = "upload" }

local function transfer(self, name, size, take, progress)
  local found, err = begin(self, name)
  if found then found, err = receive(self, size, take, progress) end
  if found then return found end
  if err.kind ~= "hangup" then leave(self, size) end
  return nil, KINDS[err.kind] and core.error(KINDS[err.kind], err.message) or err
end

--- Read a file. The trace has size and hash of it alone, unless it was asked for the data.
-- @tparam string name
-- @tparam integer size as listed
-- @tparam function take function(bytes) → true, or nil, err to end it
-- @tparam[opt] function progress called with received and total bytes
-- @treturn table|nil `bytes`, `sum` (the 16-bit checksum), `sha256` (lower-case hex)
-- @treturn dfota.error kinds `upload` (it did not arrive whole), `unable` (no such command), `refused`, `cme`,
--   the port's, and those of `take`
function ReadBack:read(name, size, take, progress)
  local trace = self.channel.trace
  if trace then trace:expect_data(size) end
  local found, err = transfer(self, name, size, take, progress)
  if trace then trace:end_data() end
  return found, err
end

local function unwritable(path, why)
  return nil, core.error("usage", ("%s: cannot be written: %s"):format(text.printable(path), why))
end

--- Read a file into a new local one, which appears under its name only when it is whole.
-- @tparam string name in the module
-- @tparam string path that does not exist
-- @tparam[opt] function progress
-- @treturn table|nil as of `read`
-- @treturn dfota.error as of `read`; `absent`; `usage` if the local file cannot be written
function ReadBack:save(name, path, progress)
  local file <close>, why = NewFile.create(path)
  if not file then return unwritable(path, why) end
  local size, err = size_of(self, name)
  if not size then return nil, err end
  local found
  found, err = self:read(name, size, function(bytes)
    local written, reason = file:write(bytes)
    if written then return true end
    return unwritable(path, reason)
  end, progress)
  if not found then return nil, err end
  local done, reason = file:finish()
  if not done then return unwritable(path, reason) end
  return found
end

-- The first byte, from 0, in which two strings of the same or another length differ.
local function first_difference(a, b)
  for at = 1, math.min(#a, #b) do
    if a:byte(at) ~= b:byte(at) then return at - 1 end
  end
  return math.min(#a, #b)
end

local function unreadable(path, why)
  return nil, core.error("package_missing", ("%s: %s"):format(text.printable(path), why))
end

-- Compares what arrives with a local file.
local function comparer(file, path, found)
  local at = 0
  return function(bytes)
    if not found.differs_at then
      local own, reason = file:read(#bytes)
      if reason then return unreadable(path, reason:lower()) end
      if own ~= bytes then found.differs_at = at + first_difference(own or "", bytes) end
    end
    at = at + #bytes
    return true
  end
end

--- Compare a file in the module with a local one. If their sizes differ nothing is read.
-- @tparam string name in the module
-- @tparam string path
-- @tparam[opt] function progress
-- @treturn table|nil `same`; `bytes` in the module, `file_bytes`; of files of one size `sum` and `sha256` of what the
--   module has; `differs_at` the first byte that differs, from 0
-- @treturn dfota.error as of `read`; `absent`; `package_missing` if the local file cannot be read
function ReadBack:compare(name, path, progress)
  local file <close>, local_size = regular_file.open(path)
  if not file then return unreadable(path, local_size) end
  local size, err = size_of(self, name)
  if not size then return nil, err end
  local found = { same = false, bytes = size, file_bytes = local_size }
  if size ~= local_size then return found end
  local read
  read, err = self:read(name, size, comparer(file, path, found), progress)
  if not read then return nil, err end
  found.sum, found.sha256, found.same = read.sum, read.sha256, found.differs_at == nil
  return found
end

return ReadBack
