--- The module's file system: free space, list, delete, upload, read back (GSM FILE manual, chapters on QFLDS to
-- QFDWL).
-- @module dfota.modem.files
local core = require "dfota.core"
local DataMode = require "dfota.at.data_mode"
local Forms = require "dfota.modem.upload_forms"
local ReadBack = require "dfota.modem.read_back"
local checksum_line = require "dfota.modem.checksum_line"
local codes = require "dfota.modem.codes"
local escape_sequence = require "dfota.at.escape_sequence"
local errors = require "dfota.at.errors"
local text = require "dfota.base.text"

local Files = {}
Files.__index = Files

--- @param commands a `dfota.modem.commands`
-- @treturn Files
function Files.new(commands)
  local channel = commands.channel
  local self = setmetatable({
    commands = commands, channel = channel, set = commands.set, data_mode = DataMode.new(channel), held = {},
  }, Files)
  self.read_back = ReadBack.new(commands, self.data_mode, function(name) return self:list(name) end)
  return self
end

--- Free and total bytes of the UFS.
-- @treturn integer|nil free
-- @treturn integer|dfota.error total
function Files:free()
  local reply, err = self.commands:ask('AT+QFLDS="UFS"', { expect = "+QFLDS:" })
  if not reply then return nil, err end
  local fields = reply[1] and core.fields(reply[1]) or {}
  if math.type(fields[1]) ~= "integer" then
    return nil, core.error("refused", self.channel.port:name() .. ': AT+QFLDS="UFS" was answered without a number')
  end
  return fields[1], fields[2]
end

-- File not found: 3919 or 4010; the GSM FILE manual lists both.
local function is_absent(err) return err.kind == "cme" and (err.code == 3919 or err.code == 4010) end

--- Files in the UFS with their sizes.
-- @tparam[opt="*"] string name
-- @tparam[opt] number timeout_s default: the setting query_s
-- @treturn table|nil name → bytes; nil, err
function Files:list(name, timeout_s)
  local reply, err = self.commands:ask(('AT+QFLST="%s"'):format(name or "*"), {
    expect = "+QFLST:", timeout_s = timeout_s,
  })
  if not reply then
    if name and is_absent(err) then return {} end
    return nil, err
  end
  local files = {}
  for _, line in ipairs(reply) do
    local fields = core.fields(line)
    local size = math.type(fields[2]) == "integer" and fields[2] or 0
    if type(fields[1]) == "string" then files[fields[1]] = math.max(size, 0) end
  end
  return files
end

--- Space in the UFS for a file that may replace one of the same name.
-- @tparam string name
-- @treturn integer|nil bytes; nil, err
function Files:room(name)
  local free, err = self:free()
  if not free then return nil, err end
  local files, why = self:list()
  if not files and not errors.is_no(why) then return nil, why end
  return free + (files and files[name] or 0)
end

--- Delete a file. It is not an error if it does not exist.
-- @tparam string name
-- @tparam[opt] number timeout_s default: twice the setting query_s
-- @treturn boolean|nil true; nil, err
function Files:delete(name, timeout_s)
  self.held[name] = nil
  timeout_s = timeout_s or self.set.query_s * 2
  local reply, err = self.commands:ask(('AT+QFDEL="%s"'):format(name), { timeout_s = timeout_s })
  if reply then return true end
  if is_absent(err) then return true end
  return nil, err
end

-- Which of these is in the list, the other way round from what is wanted.
local function first_of(names, files, there)
  for _, name in ipairs(names) do
    if (files[name] ~= nil) == there then return name end
  end
end

--- Delete files that must be there, and look whether they are gone.
-- @tparam {string,...} names
-- @treturn table|nil name → bytes
-- @treturn dfota.error kind `absent` if one is not there, and then none is deleted; `refused` if one is still there
function Files:remove(names)
  local before, err = self:list()
  if not before then return nil, err end
  local missing = first_of(names, before, false)
  if missing then return nil, self.read_back:absent(missing) end
  local removed = {}
  for _, name in ipairs(names) do
    if not removed[name] then -- the same name twice is one file
      local gone, why = self:delete(name)
      if not gone then return nil, why end
      removed[name] = before[name]
    end
  end
  local after, lost = self:list()
  if not after then return nil, lost end
  local left = first_of(names, after, true)
  if not left then return removed end
  return nil, core.error("refused", ("%s: the module said that %s is deleted, and it is still there"):format(
    self.channel.port:name(), text.printable(left)))
end

--- Read a file of the module into a new local one, which appears under its name only when it is whole.
-- @tparam string name
-- @tparam string path that does not exist
-- @tparam[opt] function progress called with received and total bytes
-- @treturn table|nil `bytes`, `sum`, `sha256`; nil, err
-- @see dfota.modem.read_back
function Files:save(name, path, progress) return self.read_back:save(name, path, progress) end

--- Compare a file of the module with a local one.
-- @tparam string name
-- @tparam string path
-- @tparam[opt] function progress called with received and total bytes
-- @treturn table|nil `same`, `bytes`, `file_bytes`, `differs_at`, `sum`, `sha256`; nil, err
-- @see dfota.modem.read_back
function Files:compare(name, path, progress)
  local found, err = self.read_back:compare(name, path, progress)
  self.held[name] = found and found.sha256 or nil
  return found, err
end

--- What is in a file of the module, as far as this run knows: it was uploaded or compared.
-- @tparam string name
-- @treturn string|nil SHA-256, lower-case hex
function Files:holds(name) return self.held[name] end

local function is_result(line) return line:find("^%+QFUPL:") ~= nil end

-- Has the local file changed, whatever the module reports? The module's checksum cannot detect swapped words.
local function judge_source(package, up, sha256)
  if package.sha256 and sha256 ~= package.sha256 or package.sum16 and up:sum() ~= package.sum16 then
    return nil, errors.package_changed(package.path)
  end
  return true
end

-- The module's own size and checksum. Both must match: the checksum is blind to swapped words and trailing zeros.
local function judge_result(name, line, up, package)
  local sent, size = up:bytes()
  local got, sum = checksum_line.parse("+QFUPL", line)
  if not got then
    return nil, core.error("upload", ("%s: the upload's result cannot be read: %s"):format(name, line))
  elseif got ~= size and escape_sequence.ends_at(package.plus or {}, got) then
    return nil, core.error("package", ("%s: the module ended the upload at the +++ inside the package (byte %d of %d): "
      .. "install it from a URL instead"):format(name, got, size))
  elseif got ~= size or sent ~= size then
    return nil, core.error("upload", ("%s: the module received %d of %d bytes (%d sent): check cable and flow control")
      :format(name, got, size, sent))
  elseif sum ~= up:sum() then
    return nil, core.error("upload", ("%s: the module's checksum is %04X, the package's %04X: check the cable"):format(
      name, sum, up:sum()))
  end
  return true
end

local function judge(self, line, up, package, sha256)
  local name = self.channel.port:name()
  if up:done() then
    local same, err = judge_source(package, up, sha256)
    if not same then return nil, err end
  end
  if line then return judge_result(name, line, up, package) end
  return nil, core.error("upload", name .. ": the upload ended without its +QFUPL line: check the cable")
end

local function wants_ack(self, package)
  local mode = self.set.ack_mode
  if mode ~= "auto" then return mode == "on" end
  return self.set.rtscts ~= "on" and not escape_sequence.is_torn(package.plus or {})
end

-- Data mode. The SHA-256 of what was sent, or nil, err.
local function send_file(self, up, package, progress)
  local sha, set = core.sha256(), self.set
  local line, err = self.data_mode:upload(up, {
    idle_s = set.upload_idle_s, ack_s = set.ack_s, result_s = set.result_s, is_result = is_result, progress = progress,
    sent = function(bytes) sha:update(bytes) end,
  })
  if line == nil then return nil, err end
  local sha256 = text.hex(sha:final())
  local arrived, why = judge(self, line, up, package, sha256)
  return arrived and sha256, why
end

-- CONNECT, or nil, err and why this form of the command failed.
local function begin_upload(self, name, package)
  local set = self.set
  local command = self.forms:command(name, package.size, set.upload_timeout_s)
  local begun, err = self.data_mode:begin(command, { timeout_s = set.connect_s })
  if begun then return true end
  if err then return nil, err, Forms.reason(err, true) end
  return nil, core.error("upload", self.channel.port:name() .. ": AT+QFUPL was answered with OK instead of CONNECT")
end

local function upload_once(self, name, package, progress)
  package.file:seek "set"
  local up <close>, unread = core.upload(package.file, package.size, { ack = self.forms:ack(), name = package.path })
  if not up then return nil, errors.of_source(unread) end
  local begun, err, reason = begin_upload(self, name, package)
  if not begun then return nil, err, reason end
  local sha256
  sha256, err = send_file(self, up, package, progress)
  if sha256 then return sha256 end
  return nil, err, Forms.reason(err, false)
end

--- Undo a failed upload: leave data mode, delete the partial file.
-- @tparam string name of the file
-- @tparam dfota.error because what ended the upload
-- @treturn boolean|nil true; nil, err
function Files:discard_upload(name, because)
  local set, data_mode = self.set, self.data_mode
  local back, err
  if data_mode.active then
    -- A module whose supply is failing will not last until its time-out.
    local timeout_s = because.kind == "power" and 0 or set.upload_timeout_s
    back, err = data_mode:leave {
      guard_s = set.guard_s, resync_timeout_s = set.resync_timeout_s, module_timeout_s = timeout_s,
    }
  else
    back, err = self.channel:sync { timeout_s = set.boot_s }
  end
  if not back then return nil, err end
  return self:delete(name)
end

-- A missing file need not be deleted; if the module refuses, it may be missing.
local function delete_old(self, name)
  local files, err = self:list(name)
  if not files and not errors.is_no(err) then return nil, err end
  if files and not files[name] then return true end
  local gone, why = self:delete(name)
  if not gone and not errors.is_no(why) then return nil, why end
  return true
end

local KINDS = { no_ack = "upload", stalled = "upload", cme = "upload", refused = "upload" }

-- The error for people: what the code means, and which forms of the command were tried.
local function explained(self, err)
  local kind, message = KINDS[err.kind] or err.kind, err.message
  if err.kind == "cme" and err.code then
    local meaning, advice = codes.describe(err.code)
    if codes.is_full(err.code) then kind = "room" end
    message = ("%s (%s)%s"):format(message, meaning, advice and ": " .. advice or "")
  end
  local tried = self.forms:tried()
  if tried then message = ("%s; tried %s"):format(message, tried) end
  return core.error(kind, message, err.code)
end

--- Upload a package and verify it: size and 16-bit checksum from the module, SHA-256 of what was sent.
-- A file of that name is deleted first; a partial one afterwards. If the module does not accept the command's
-- parameters, or never acknowledges, the next call uses a simpler form (see `dfota.modem.upload_forms`).
-- @tparam string name in the UFS; for an update the note requires "fota.pack"
-- @tparam table package `path`, `file`, `size`, `plus`, `sha256` (see `dfota.config.package`)
-- @tparam[opt] function progress called with sent and total bytes
-- @treturn boolean|nil true
-- @treturn dfota.error kinds `upload`, `room` (the file system is full), `package` (it changed, or contains a +++ that
--   ends the upload), `package_missing`, `power`, `reboot`, `hangup`, `interrupted`
function Files:upload(name, package, progress)
  self.forms, self.held[name] = self.forms or Forms.new(wants_ack(self, package), self.set.ack_mode == "on"), nil
  local free, blocked = delete_old(self, name)
  if not free then return nil, blocked end
  local sha256, err, reason = upload_once(self, name, package, progress)
  if sha256 then
    self.forms, self.held[name] = nil, sha256
    return true
  end
  self.forms:advance(reason)
  err = explained(self, err)
  if err.kind == "hangup" then return nil, err end
  local deleted, why = self:discard_upload(name, err)
  if deleted then return nil, err end
  local message = ("%s; the partial file could not be deleted: %s"):format(err.message, why.message)
  return nil, core.error(err.kind, message, err.code)
end

return Files
