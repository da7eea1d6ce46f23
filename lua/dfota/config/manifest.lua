--- The manifest of a package, PACKAGE.json: which model it is for, from which to which revision it upgrades, what
-- identifies it, and who signed that (docs/packages.md). A JSON object; each key is optional.
-- @module dfota.config.manifest

local core = require "dfota.core"
local json = require "dkjson"
local regular_file = require "dfota.base.regular_file"
local strict_json = require "dfota.base.strict_json"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"
local url = require "dfota.config.url"

local manifest = {}

local MAX_BYTES = 64 * 1024
local MAX_NOTES = 500 -- characters

--- The error for a manifest: one line that names its file.
-- @tparam string path
-- @tparam string reason
-- @treturn nil
-- @treturn err kind "package"
function manifest.refuse(path, reason)
  return nil, core.error("package", ("%s: %s"):format(path == "" and "''" or text.printable(path), reason))
end

local refuse = manifest.refuse

local function is_name(value)
  return type(value) == "string" and value:find("^[!-~][ -~]*$") and #value <= 64
end

local function is_size(value) return math.type(value) == "integer" and value > 0 end

local function is_hash(value) return type(value) == "string" and #value == 64 and not value:find("%X") end

local function is_url(value) return type(value) == "string" and url.parse(value) ~= nil end

-- Unambiguous in the signed content, and safe to show: one line.
local function is_notes(value)
  local length = type(value) == "string" and utf8.len(value)
  return length and length <= MAX_NOTES and text.printable(value) == value
end

local function is_signature(value)
  return type(value) == "string" and #value <= 4200 and value:find("^[%l%d-]+:%x+$") ~= nil
end

local KEYS = {
  model = { is_name, "printable text" }, from = { is_name, "printable text" }, to = { is_name, "printable text" },
  size = { is_size, "a whole number of bytes" }, sha256 = { is_hash, "64 hexadecimal digits" },
  url = { is_url, "an http:// URL that AT+QFOTADL accepts" },
  notes = { is_notes, ("one line of at most %d printable characters"):format(MAX_NOTES) },
  signature = { is_signature, "SCHEME:HEXADECIMAL, as package.lua make --sign writes it" },
}

--- The keys in the order in which they are written and signed; `signature` is the last.
manifest.KEYS = { "model", "from", "to", "size", "sha256", "url", "notes", "signature" }

--- The path of a package's manifest.
-- @tparam string path of the package
-- @treturn string
function manifest.path_of(path) return path .. ".json" end

--- The path of the package that a manifest is beside of.
-- @tparam string path of the manifest
-- @treturn string|nil nil if it is not named as a manifest
function manifest.package_of(path) return path:match("^(.*[^/])%.json$") end

local function decoded(path, source)
  local values, kind = strict_json.decode(source)
  if values == nil then return refuse(path, kind) end
  if kind ~= "object" then return refuse(path, "is not a JSON object") end
  return values
end

local MOST_UNKNOWN = 3 -- more than that, and it is no manifest

local function unknown_keys(values)
  local names, wrong = {}, {}
  for key in pairs(values) do
    if not KEYS[key] then names[#names + 1] = tostring(key) end
  end
  table.sort(names)
  for i = 1, math.min(#names, MOST_UNKNOWN) do
    wrong[i] = ("unknown key %s%s"):format(text.brief(names[i]), suggest.hint(names[i], manifest.KEYS))
  end
  return wrong
end

--- Are these the keys of a manifest, each of its kind? All that is wrong is told.
-- @tparam string path to be named
-- @tparam table values
-- @treturn[1] true
-- @treturn[2] nil
-- @treturn[2] err kind "package"
function manifest.check(path, values)
  local wrong = unknown_keys(values)
  for _, key in ipairs(manifest.KEYS) do
    local rule, value = KEYS[key], values[key]
    if value ~= nil and not rule[1](value) then wrong[#wrong + 1] = ("%s must be %s"):format(key, rule[2]) end
  end
  if values.from and values.from == values.to then wrong[#wrong + 1] = "from and to are the same revision" end
  if wrong[1] then return refuse(path, table.concat(wrong, "; ")) end
  return true
end

--- The manifest in a text.
-- @tparam string path to be named
-- @tparam string source
-- @treturn[1] table values by key
-- @treturn[2] nil
-- @treturn[2] err kind "package"
function manifest.parse(path, source)
  local values, err = decoded(path, source)
  if not values then return nil, err end
  local ok
  ok, err = manifest.check(path, values)
  if not ok then return nil, err end
  if values.sha256 then values.sha256 = values.sha256:lower() end
  return values
end

local function check_sums(sums, path, source)
  if not source then return sums:check_absent(path) end
  return sums:check(path, text.hex(core.sha256():update(source):final()))
end

--- Reads a manifest. One that exists but cannot be read does not count as absent: it may forbid the update.
-- @tparam string path
-- @tparam[opt] table sums a `dfota.config.sums`: what it must be
-- @treturn[1] table values by key
-- @treturn[2] nil
-- @treturn[2] err kind "package"; nil if there is no such file
function manifest.read(path, sums)
  local source, reason, absent = regular_file.read(path, MAX_BYTES)
  local ok, err = source ~= nil or absent, nil
  if not ok then return refuse(path, reason) end
  if sums then ok, err = check_sums(sums, path, source) end
  if not (ok and source) then return nil, err end
  return manifest.parse(path, source)
end

--- Does a manifest say the same as its package?
-- @tparam string path of the manifest, to be named
-- @tparam table values
-- @tparam table package `size`, `sha256`; `url` of one that the module downloads: then only that can be compared
-- @treturn[1] true
-- @treturn[2] nil
-- @treturn[2] err kind "package"
function manifest.compare(path, values, package)
  if package.url then
    if values.url == package.url then return true end
    return refuse(path, values.url and ("url says %s, not %s"):format(values.url, package.url)
      or ("names no url: it is not about %s"):format(package.url))
  end
  if values.size and values.size ~= package.size then
    return refuse(path, ("size says %d, the package has %d bytes"):format(values.size, package.size))
  end
  if values.sha256 and values.sha256 ~= package.sha256 then
    return refuse(path, "sha256 does not match the package: it is damaged or the wrong one")
  end
  return true
end

--- What is signed: a title, and one line for each key that the manifest has, in the order of `KEYS`. No value contains
-- a line end, so that no two manifests have the same content.
-- @tparam table values
-- @treturn string
function manifest.content(values)
  local lines = { "dfota manifest 1" }
  for _, key in ipairs(manifest.KEYS) do
    local value = values[key]
    if value ~= nil and key ~= "signature" then
      lines[#lines + 1] = ("%s=%s"):format(key, key == "sha256" and value:lower() or value)
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- A manifest as it is written: JSON, one key a line.
-- @tparam table values
-- @treturn string
function manifest.encode(values)
  local lines = {}
  for _, key in ipairs(manifest.KEYS) do
    if values[key] ~= nil then lines[#lines + 1] = ('  "%s": %s'):format(key, json.encode(values[key])) end
  end
  return ("{\n%s\n}\n"):format(table.concat(lines, ",\n"))
end

return manifest
