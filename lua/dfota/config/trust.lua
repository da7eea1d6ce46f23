--- Whose signatures of manifests count: the keys that are given, or else those in the folder `keys` beside the user's
-- settings; and what a manifest without a good one means. Where somebody wrote down which files are meant, no others.
-- @module dfota.config.trust

local core = require "dfota.core"
local manifest = require "dfota.config.manifest"
local text = require "dfota.base.text"
local user_files = require "dfota.config.user_files"
local uv = require "luv"

local Trust = {}
Trust.__index = Trust

local MAX_KEYS = 100

-- A folder that cannot be read may hold the key that forbids this update.
local function pem_files(folder)
  local names, scan, why = {}, uv.fs_scandir(folder)
  if not scan then
    return nil, core.error("settings", ("keys %s: %s"):format(text.printable(folder), text.reason(why)))
  end
  for name in function() return uv.fs_scandir_next(scan) end do
    if name:find "%.pem$" then names[#names + 1] = folder .. "/" .. name end
  end
  table.sort(names)
  return names
end

-- The first that is found counts, as of the user's other files.
local function keys_folder(places)
  for _, place in ipairs(places) do
    local keys = place.path .. "/keys"
    local stat = place.kind == "directory" and uv.fs_stat(keys)
    if stat and stat.type == "directory" then return keys end
  end
end

-- OpenSSL is large, and loaded only where there is a key.
local function signatures()
  if pcall(require, "openssl.pkey") then return require "dfota.config.signature" end
  return nil, core.error("settings", "signatures cannot be checked here: luaossl is not installed")
end

local function public_keys(files)
  local keys, signature, err = {}, nil, nil
  if files[1] then signature, err = signatures() end
  for i, path in ipairs(signature and files or {}) do
    keys[i], err = signature.public_key(path)
    if not keys[i] then break end
  end
  if err then return nil, err end
  return keys
end

local function files_of(options)
  if options.files and options.files[1] then return options.files end
  local places, err = user_files.places { getenv = options.getenv, system = options.system }
  if not places then return nil, err end
  local folder = keys_folder(places)
  if not folder then return {} end
  return pem_files(folder)
end

--- Loads the keys.
-- @tparam[opt] table options `files` given with --key; without any, the `*.pem` in the first folder `keys` of
--   $DFOTA_CONFIG, $XDG_CONFIG_HOME/dfota (~/.config/dfota) and /etc/dfota count; `required`: is the setting
--   require_signature on? `sums` given with --sums; `getenv` and `system` as of `dfota.config.user_files`
-- @treturn[1] Trust with `keys`, `required`, `sums` (a `dfota.config.sums`, nil if any file is meant)
-- @treturn[2] nil
-- @treturn[2] err kind "settings": a key that cannot be used is never ignored; those of `dfota.config.sums`
function Trust.load(options)
  options = options or {}
  local files, err = files_of(options)
  if not files then return nil, err end
  if #files > MAX_KEYS then
    return nil, core.error("settings", ("%d keys are too many: %d are the most"):format(#files, MAX_KEYS))
  end
  local keys
  keys, err = public_keys(files)
  if not keys then return nil, err end
  local sums
  if options.sums then sums, err = require("dfota.config.sums").read(options.sums) end
  if err then return nil, err end
  return setmetatable({ keys = keys, required = options.required == true, sums = sums }, Trust)
end

local REQUIRED = "; signatures are required"

-- Good enough unless signatures are required.
local function at_most_warn(self, path, what)
  if self.required then return manifest.refuse(path, what .. REQUIRED) end
  return true, nil, #self.keys > 0 and ("%s: %s"):format(text.printable(path), what) or nil
end

--- What is thought of a package without a manifest.
-- @tparam string path of the package or its URL
-- @treturn[1] boolean true
-- @treturn[1] nil
-- @treturn[1] ?string a warning, if keys are known
-- @treturn[2] nil
-- @treturn[2] err of kind "package" if signatures are required
function Trust:check_absent(path) return at_most_warn(self, path, "has no manifest, and so no signature") end

local function check_signature(self, path, values)
  if not self.keys[1] then
    if self.required then
      return manifest.refuse(path, "the signature cannot be checked without a key (--key FILE)" .. REQUIRED)
    end
    return true, nil, ("%s: the signature was not checked: there is no key (--key FILE)"):format(text.printable(path))
  end
  local key, why = require("dfota.config.signature").signer(values, self.keys)
  if not key then return manifest.refuse(path, why) end
  if not (values.sha256 or values.url) then
    return manifest.refuse(path, "is signed, but names no sha256: it may be about any package")
  end
  return true, key.path
end

--- May this manifest be used?
-- @tparam string path
-- @tparam table values
-- @treturn[1] true
-- @treturn[1] ?string the path of the key that signed it
-- @treturn[1] ?string a warning
-- @treturn[2] nil
-- @treturn[2] err kind "package"
function Trust:check(path, values)
  if values.signature then return check_signature(self, path, values) end
  return at_most_warn(self, path, "is not signed")
end

return Trust
