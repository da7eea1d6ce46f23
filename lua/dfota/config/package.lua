--- A package file: its size and hash, and from which to which revision its manifest says it upgrades.
-- The manifest beside it, PACKAGE.json, is optional (`dfota.config.manifest`).
-- @module dfota.config.package

local core = require "dfota.core"
local escape_sequence = require "dfota.at.escape_sequence"
local file_signs = require "dfota.config.file_signs"
local manifest = require "dfota.config.manifest"
local regular_file = require "dfota.base.regular_file"
local settings_list = require "dfota.config.settings_list"
local text = require "dfota.base.text"
local transport = require "dfota.config.transport"

local packages = {}

local BLOCK = 64 * 1024 -- even, so that the checksums of blocks can be combined

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
  local sha, sum, size, head = core.sha256(), 0, 0, ""
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

-- What its manifest says of the package, if it says the same as the package.
local function take(package, path, values, trust)
  local same, err = manifest.compare(path, values, package)
  if not same then return nil, err end
  local trusted, key, warning = true, nil, nil
  if trust then trusted, key, warning = trust:check(path, values) end
  if not trusted then return nil, key end
  package.from, package.to, package.model, package.notes = values.from, values.to, values.model, values.notes
  package.manifest, package.signed_by = path, key
  if warning then warn(package, warning) end
  return package
end

local function without_manifest(package, options)
  if options.manifest then return manifest.refuse(options.manifest, "no such file or directory") end
  if not options.trust then return package end
  local ok, err, warning = options.trust:check_absent(package.url or package.path)
  if not ok then return nil, err end
  if warning then warn(package, warning) end
  return package
end

--- Reads the manifest of a package, compares both, and takes over what it says.
-- @tparam table package from `read`, or of a URL from `dfota.config.url`
-- @tparam table options `manifest`: its path, if it is not beside the package, or if that is a URL; `trust` a
--   `dfota.config.trust`
-- @treturn[1] table the package with `from`, `to`, `model`, `notes` of the manifest, `manifest` its path, `signed_by`
--   the path of a key; for a URL `announced_bytes`, the size according to the manifest
-- @treturn[2] nil
-- @treturn[2] err kind "package"
function packages.add_manifest(package, options)
  local path = options.manifest or not package.url and manifest.path_of(package.path)
  if not path then return without_manifest(package, options) end
  local values, err = manifest.read(path, options.trust and options.trust.sums)
  if err then return nil, err end
  if not values then return without_manifest(package, options) end
  if package.url then package.announced_bytes = values.size end
  return take(package, path, values, options.trust)
end

local function measure_open(path, file, size, max_bytes)
  local ok, err = check_size(path, size, max_bytes or default_limit())
  if not ok then return nil, err end
  return measure(path, file)
end

--- Reads a package without its manifest.
-- @tparam string path
-- @tparam[opt] integer max_bytes the largest package (default: the setting max_package_bytes)
-- @treturn table|nil as from `read`; nil, err
function packages.measure(path, max_bytes)
  local file, size = open(path)
  if not file then return nil, size end
  local package, err = measure_open(path, file, size, max_bytes)
  if package then return package end
  file:close()
  return nil, err
end

--- Reads a package and its manifest, with constant memory. The package stays open, so that the file uploaded is the one
-- read here, even if its name is reused.
-- @tparam string path
-- @tparam[opt] table options `max_bytes`: the largest package (default: the setting max_package_bytes); `manifest` and
--   `trust` as of `add_manifest`
-- @treturn[1] table path, file (open; the caller closes it), size (bytes), sha256 (lower-case hex), sum16 (the checksum
--   that +QFUPL reports), plus (offsets of "+++" from 0, and their number n, as core.scan_plus returns them), warnings
--   (if it does not look like a package, or contains "+++"), transport (see `dfota.config.transport`), and what
--   `add_manifest` adds
-- @treturn[2] nil
-- @treturn[2] err kind "package_missing" if the file cannot be read, "package" if it is not usable
function packages.read(path, options)
  options = options or {}
  local package, err = packages.measure(path, options.max_bytes)
  if not package then return nil, err end
  local meant, ok, completed = options.trust and options.trust.sums, true, nil
  if meant then ok, err = meant:check(path, package.sha256) end
  if ok then completed, err = packages.add_manifest(package, options) end
  if completed then return completed end
  package.file:close()
  return nil, err
end

return packages
