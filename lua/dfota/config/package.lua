--- A package file: its size and hash, and from which to which revision its sidecar says it upgrades.
-- The sidecar PACKAGE.json is optional: {"model":…, "from":…, "to":…, "size":…, "sha256":…}, each key optional.
-- @module dfota.config.package

local core = require "dfota.core"
local digest = require "openssl.digest"
local escape_sequence = require "dfota.at.escape_sequence"
local file_signs = require "dfota.config.file_signs"
local json = require "dkjson"
local suggest = require "dfota.base.suggest"
local regular_file = require "dfota.base.regular_file"
local settings_list = require "dfota.config.settings_list"
local text = require "dfota.base.text"
local transport = require "dfota.config.transport"

local packages = {}

local BLOCK = 64 * 1024 -- even, so that the checksums of blocks can be combined
local MAX_SIDECAR_BYTES = 64 * 1024

local function default_limit()
  for _, setting in ipairs(settings_list) do
    if setting.name == "max_package_bytes" then return setting.default end
  end
end

local function refuse(kind, path, reason)
  local shown = path == "" and "''" or text.printable(path)
  return nil, core.error(kind, ("%s: %s"):format(shown, reason))
end

local function open(path)
  local file, size = regular_file.open(path)
  if file then return file, size end
  return refuse("package_missing", path, size == "is a directory" and "is a directory, not a package" or size)
end

local function check_size(path, size, limit)
  if size == 0 then return refuse("package", path, "the package is empty") end
  if size > limit then
    return refuse("package", path, ("%s exceeds max_package_bytes (%s)"):format(
      text.bytes(size), text.bytes(limit)))
  end
  return true
end

local function sums(path, file)
  local sha, sum, size, head = digest.new("sha256"), 0, 0, ""
  while true do
    local block, reason = file:read(BLOCK)
    if reason then return refuse("package_missing", path, reason:lower()) end
    if not block then break end
    if size == 0 then head = block:sub(1, file_signs.BYTES) end
    sha:update(block)
    sum = sum ~ core.sum16(block)
    size = size + #block
  end
  return { path = path, size = size, sum16 = sum, sha256 = text.hex(sha:final()) }, head
end

local function warn(package, warning)
  package.warnings = package.warnings or {}
  table.insert(package.warnings, warning)
end

-- Only what is certainly something else is refused: the format of these packages is not public.
local function check_signs(package, head)
  local name = file_signs.name(head)
  if name then
    return refuse("package", package.path, ("is %s, not a delta package: get the package itself"):format(name))
  end
  if not file_signs.is_package(head) then
    warn(package, ("%s %s"):format(text.printable(package.path), file_signs.NOT_KNOWN))
  end
  return package
end

local function measure(path, file)
  local package, head = sums(path, file)
  if not package then return nil, head end
  file:seek "set"
  local plus, err = core.scan_plus(file, path)
  if not plus then return nil, core.error("package_missing", err.message) end
  package.file, package.plus, package.transport = file, plus, transport.file(path, package.sha256)
  local held = escape_sequence.warning(plus)
  if held then warn(package, held) end
  return check_signs(package, head)
end

local function is_name(value)
  return type(value) == "string" and value:find("^[!-~][ -~]*$") and #value <= 64
end

local function is_size(value) return math.type(value) == "integer" and value > 0 end

local function is_hash(value) return type(value) == "string" and #value == 64 and not value:find("%X") end

local KEYS = {
  model = { is_name, "printable text" }, from = { is_name, "printable text" }, to = { is_name, "printable text" },
  size = { is_size, "a whole number of bytes" }, sha256 = { is_hash, "64 hexadecimal digits" },
}
local KEY_NAMES = { "model", "from", "to", "size", "sha256" }

-- One that exists but cannot be read does not count as absent: it may forbid the update.
local function read_sidecar(path)
  local source, reason, absent = regular_file.read(path, MAX_SIDECAR_BYTES)
  if source then return source end
  if absent then return nil end
  return refuse("package", path, reason)
end

-- Both metatables nil: the table then contains only what the file says.
local function decode(path, source)
  local ok, value, position, reason = pcall(json.decode, source, 1, json.null, nil, nil)
  if not ok then return refuse("package", path, "is not JSON") end
  if reason then return refuse("package", path, "is not JSON: " .. text.printable(reason)) end
  if source:find("%S", position) then return refuse("package", path, "contains more than one JSON value") end
  if type(value) ~= "table" or value == json.null then return refuse("package", path, "is not a JSON object") end
  return value
end

local function check_keys(path, values)
  for key, value in pairs(values) do
    local rule = KEYS[key]
    if not rule then
      local hint = suggest.hint(key, KEY_NAMES)
      return refuse("package", path, ("unknown key %s%s"):format(text.brief(key), hint))
    end
    if not rule[1](value) then return refuse("package", path, ("%s must be %s"):format(key, rule[2])) end
  end
  return true
end

local function compare(path, values, package)
  if values.size and values.size ~= package.size then
    return refuse("package", path, ("size says %d, the package has %d bytes"):format(values.size, package.size))
  end
  if values.sha256 and values.sha256:lower() ~= package.sha256 then
    return refuse("package", path, "sha256 does not match the package: it is damaged or the wrong one")
  end
  package.from, package.to, package.model = values.from, values.to, values.model
  return package
end

local function add_sidecar(package)
  local path = package.path .. ".json"
  local source, err = read_sidecar(path)
  if not source then
    if err then return nil, err end
    return package
  end
  local values
  values, err = decode(path, source)
  if not values then return nil, err end
  local ok
  ok, err = check_keys(path, values)
  if not ok then return nil, err end
  return compare(path, values, package)
end

local function read_open(path, file, size, limit)
  local ok, err = check_size(path, size, limit)
  if not ok then return nil, err end
  local package
  package, err = measure(path, file)
  if not package then return nil, err end
  return add_sidecar(package)
end

--- Reads a package and its sidecar, with constant memory. The package stays open, so that the file uploaded is the one
-- read here, even if its name is reused.
-- @tparam string path
-- @tparam[opt] table options `max_bytes`: the largest package (default: the setting max_package_bytes)
-- @treturn[1] table path, file (open; the caller closes it), size (bytes), sha256 (lower-case hex), sum16 (the checksum
--   that +QFUPL reports), plus (offsets of "+++" from 0, and their number n, as core.scan_plus returns them), warnings
--   (if it does not look like a package, or contains "+++"), transport (see `dfota.config.transport`), and from the
--   sidecar, if present: from, to, model
-- @treturn[2] nil
-- @treturn[2] err kind "package_missing" if the file cannot be read, "package" if it is not usable
function packages.read(path, options)
  local file, size = open(path)
  if not file then return nil, size end
  local package, err = read_open(path, file, size, options and options.max_bytes or default_limit())
  if package then return package end
  file:close()
  return nil, err
end

return packages
