--- Making a manifest for a package.
-- @module dfota.config.making

local core = require "dfota.core"
local manifest = require "dfota.config.manifest"
local packages = require "dfota.config.package"
local signature = require "dfota.config.signature"
local text = require "dfota.base.text"
local whole_file = require "dfota.base.whole_file"

local making = {}

-- What the package's file says of itself; its present manifest, if it has one, does not count.
local function measured(path)
  local package, err = packages.measure(path)
  if not package then return nil, err end
  package.file:close()
  return package
end

local function signed(values, key_path)
  if not key_path then return values end
  local private, err = signature.private_key(key_path)
  if not private then return nil, err end
  values.signature = signature.sign(values, private)
  return values
end

--- The manifest of a package.
-- @tparam string path of the package
-- @tparam table says `from`, `to`, and if known `model`, `url`, `notes`
-- @tparam[opt] string key_path a private key to sign it with
-- @treturn[1] table values
-- @treturn[1] table the package that was read, with its `warnings`
-- @treturn[2] nil
-- @treturn[2] err
function making.values(path, says, key_path)
  local package, err = measured(path)
  if not package then return nil, err end
  local values = { model = says.model, from = says.from, to = says.to, size = package.size, sha256 = package.sha256,
    url = says.url, notes = says.notes }
  local ok
  ok, err = manifest.check(manifest.path_of(path), values)
  if not ok then return nil, err end
  values, err = signed(values, key_path)
  return values, values and package or err
end

--- Writes a manifest beside its package.
-- @tparam string path of the package
-- @tparam table values
-- @tparam[opt] boolean replace an existing one
-- @treturn[1] string the path that was written
-- @treturn[2] nil
-- @treturn[2] err
function making.write(path, values, replace)
  local to = manifest.path_of(path)
  local ok, why, exists = whole_file.write(to, manifest.encode(values), replace)
  if ok then return to end
  if exists then
    return nil, core.error("usage", ("%s exists already: --replace writes it anew"):format(text.printable(to)))
  end
  return nil, core.error("io", ("%s: %s"):format(text.printable(to), why))
end

return making
