--- The module's file system: room, list, delete, upload (GSM FILE manual, chapters on QFLDS to QFUPL).
-- @module dfota.storage
local core = require "dfota.core"
local codes = require "dfota.codes"
local failure = require "dfota.failure"

local Modem = {}

--- Free and total bytes of the UFS.
-- @treturn integer|nil free
-- @treturn integer|dfota.error total
function Modem:storage()
  local reply, err = self:ask('AT+QFLDS="UFS"', { expect = "+QFLDS:" })
  if not reply then return nil, err end
  local fields = reply[1] and core.fields(reply[1]) or {}
  if math.type(fields[1]) ~= "integer" then
    return nil, core.error("refused", self.channel.port:name() .. ': AT+QFLDS="UFS" was answered without a number')
  end
  return fields[1], fields[2]
end

-- File not found: 3919 or 4010, which of the twins is not known (GSM FILE manual).
local function is_absent(err) return err.kind == "cme" and (err.code == 3919 or err.code == 4010) end

--- Files in the UFS with their sizes.
-- @tparam[opt="*"] string name
-- @treturn table|nil name → bytes; nil, err
function Modem:files(name)
  local reply, err = self:ask(('AT+QFLST="%s"'):format(name or "*"), { expect = "+QFLST:", bare_ok = true })
  if not reply then
    if name and is_absent(err) then return {} end
    return nil, err
  end
  local files = {}
  for _, line in ipairs(reply) do
    local fields = core.fields(line)
    if fields[1] then files[fields[1]] = fields[2] or 0 end
  end
  return files
end

--- Room in the UFS for a file that may replace one of the same name.
-- @tparam string name
-- @treturn integer|nil bytes; nil, err
function Modem:free_for(name)
  local free, err = self:storage()
  if not free then return nil, err end
  local files, why = self:files()
  if not files and not failure.is_no(why) then return nil, why end
  return free + (files and files[name] or 0)
end

--- Delete a file. One that is not there is as good as deleted.
-- @tparam string name
-- @treturn boolean|nil true; nil, err
function Modem:delete(name)
  local reply, err = self:ask(('AT+QFDEL="%s"'):format(name), { timeout_s = self.set.query_s * 2 })
  if reply then return true end
  if is_absent(err) then return true end
  return nil, err
end

local function is_result(line) return line:find("^%+QFUPL:") ~= nil end

-- `+QFUPL: <size>,<checksum>`: one to four hex digits, in either case (protocol: GSM and LTE modules differ).
local function parse_result(line)
  local size, sum = line:match("^%+QFUPL:%s*(%d+)%s*,%s*(%x+)%s*$")
  if size and #sum <= 4 then return math.tointeger(tonumber(size)), tonumber(sum, 16) end
end

local function plus_at(package, size)
  for _, offset in ipairs(package.plus or {}) do
    if size == offset or size == offset + 3 then return true end
  end
end

-- Size and sum must both agree: the sum is blind to swapped words and trailing zeros.
local function judge(self, line, up, package)
  local name = self.channel.port:name()
  local sent, size = up:bytes()
  if not line then
    return nil, core.error("upload", name .. ": the upload ended without its +QFUPL line")
  end
  local got, sum = parse_result(line)
  if not got then
    return nil, core.error("upload", ("%s: the upload's result cannot be read: %s"):format(name, line))
  elseif got ~= size and plus_at(package, got) then
    return nil, core.error("upload", ("%s: the module ended the upload at the +++ inside the package (byte %d of %d): "
      .. "this package needs the URL way"):format(name, got, size))
  elseif got ~= size then
    return nil, core.error("upload", ("%s: the module has %d of %d bytes (%d were sent)"):format(name, got, size, sent))
  elseif package.sum16 and up:sum() ~= package.sum16 then
    return nil, core.error("package", package.path .. ": the file changed while it was uploaded")
  elseif sum ~= up:sum() then
    return nil, core.error("upload", ("%s: the module's checksum is %04X, the package's %04X"):format(
      name, sum, up:sum()))
  end
  return true
end

-- Whether acknowledgements are wanted. A `+++` across a 1024-byte edge would be
-- torn apart by the waiting there, so such a package goes without them.
local function wants_ack(self, package)
  local mode = self.set.ack_mode
  if mode ~= "auto" then return mode == "on" end
  for _, offset in ipairs(package.plus or {}) do
    if offset % 1024 > 1021 then return false end
  end
  return self.set.rtscts ~= "on"
end

-- After these the module takes commands again, or nothing at all.
local no_data_mode = { cme = true, refused = true, reboot = true, hangup = true }

-- Send the file, and hear what the module says of it: its +QFUPL line, or false where it said OK alone.
local function stream(self, up, progress)
  local set, channel = self.set, self.channel
  local line, err = channel:send_data(up, { idle_s = set.upload_idle_s, is_result = is_result, progress = progress })
  if line == true then return channel:data_result(is_result, set.result_s) end
  if line then -- the module ended the upload by itself: its final is still to come
    channel:end_data_mode()
    channel:quiet(0.3)
  end
  return line, err
end

local function upload_once(self, name, package, ack, progress)
  local set = self.set
  local up <close>, err = core.upload(package.path, package.size, { ack = ack })
  if not up then return nil, err end
  local command = ('AT+QFUPL="%s",%d,%d,%d'):format(name, package.size, set.upload_timeout_s, ack and 1 or 0)
  local reply
  reply, err = self:ask(command, { timeout_s = set.connect_s })
  if not reply then
    -- The CONNECT may be what was lost: then the module waits for data.
    self.in_data_mode = err.kind == "timeout" or err.kind == "interrupted"
    return nil, err
  end
  if reply.final ~= "connect" then
    return nil, core.error("upload", self.channel.port:name() .. ": AT+QFUPL was answered with OK instead of CONNECT")
  end
  self.in_data_mode = true
  local line
  line, err = stream(self, up, progress)
  self.in_data_mode = line == nil and not no_data_mode[err.kind]
  if line == nil then return nil, err end
  return judge(self, line, up, package)
end

--- Take back a failed upload: leave data mode, delete the partial file.
-- @tparam string name of the file
-- @tparam dfota.error because what ended the upload
-- @treturn boolean|nil true; nil, err
function Modem:discard_upload(name, because)
  local channel = self.channel
  if self.in_data_mode then
    -- A module whose supply goes will not sit out its time-out.
    local timeout_s = because.kind == "power" and 0 or self.set.upload_timeout_s
    local back, err = channel:leave_data_mode {
      guard_s = self.set.guard_s, again_s = self.set.again_s, module_timeout_s = timeout_s,
    }
    if not back then return nil, err end
    self.in_data_mode = false
  else
    local found, err = channel:sync { answer_s = self.set.boot_s }
    if not found then return nil, err end
  end
  return self:delete(name)
end

--- Upload a package and make sure that all of it arrived: size and 16-bit sum.
-- A file of that name is deleted first; a partial one afterwards.
-- @tparam string name in the UFS; for an update the note demands "fota.pack"
-- @tparam table package `path`, `size`, `plus` (see `dfota.manifest`)
-- @tparam[opt] function progress called with sent and total bytes
-- @treturn boolean|nil true
-- @treturn dfota.error kinds `upload`, `cme`, `refused`, `power`, `reboot`, `hangup`, `interrupted`
function Modem:upload(name, package, progress)
  local files, err = self:files(name)
  if not files and not failure.is_no(err) then return nil, err end
  if not files or files[name] then
    local gone
    gone, err = self:delete(name)
    if not gone and not failure.is_no(err) then return nil, err end
  end
  local done
  done, err = upload_once(self, name, package, wants_ack(self, package), progress)
  if done then return true end
  if err.kind == "hangup" then return nil, err end
  local deleted, why = self:discard_upload(name, err)
  if not deleted then
    local message = ("%s; what arrived could not be deleted: %s"):format(err.message, why.message)
    return nil, core.error(err.kind, message, err.code)
  end
  if err.kind == "cme" and err.code then
    return nil, core.error("upload", ("%s (%s)"):format(err.message, codes.describe(err.code)), err.code)
  end
  return nil, err
end

return Modem
