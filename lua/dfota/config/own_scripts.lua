--- The user's own copies of scripts and tables, in folders that no install and no upgrade writes to.
-- The first of them that has a file of a name counts, and only then the installed one.
-- @module dfota.config.own_scripts

local core = require "dfota.core"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"
local user_files = require "dfota.config.user_files"
local uv = require "luv"

local own_scripts = {}

--- The user's own copy of a script or table.
-- @tparam string name such as "update.lua"
-- @tparam[opt] table host as of `dfota.config.user_files.places`
-- @treturn[1] string|nil its path; nil if there is none
-- @treturn[2] nil
-- @treturn[2] string what is wrong with the one that would count, in one line with its path
function own_scripts.find(name, host)
  local places, err = user_files.places(host or {})
  if not places then return nil, err.message end
  local path, wrong = user_files.find(places, name)
  if not path then return nil, wrong and wrong.message end
  local file, why = regular_file.open(path)
  if not file then return nil, ("%s: %s"):format(text.printable(path), why) end
  file:close()
  return path
end

local MAX_LIST_BYTES = 1 << 20
local MAX_SCRIPT_BYTES = 1 << 20
local MAX_STEPS = 1000000
local MAX_MEMORY_BYTES = 16 << 20

-- LuaRocks lists what it installed as Lua code: rock_manifest = { scripts = { ["update.lua"] = "MD5", … }, … }. It is
-- read like the user's tables.
local function sums_of_rock(source)
  local manifest = core.read_table(source .. "\nreturn rock_manifest", "=rock_manifest", MAX_STEPS, MAX_MEMORY_BYTES)
  local scripts = type(manifest) == "table" and manifest.scripts
  return type(scripts) == "table" and scripts or nil
end

-- dpkg as lines: MD5, two spaces, the path without its first slash.
local function sums_of_package(source)
  local sums = {}
  for sum, name in source:gmatch "(%x+)  usr/share/dfota/scripts/([^\n]+)" do sums[name] = sum end
  return sums
end

local PACKAGED = "/usr/share/dfota/scripts"
local PACKAGE_LIST = "/var/lib/dpkg/info/dfota.md5sums"

-- What the package manager says of a folder that it will replace; nil where `make install` keeps edits, and in a tree.
local function sums_of(folder)
  local source = regular_file.read(folder .. "/../rock_manifest", MAX_LIST_BYTES)
  if source then return sums_of_rock(source) end
  source = uv.fs_realpath(folder) == PACKAGED and regular_file.read(PACKAGE_LIST, MAX_LIST_BYTES)
  return source and sums_of_package(source) or nil
end

local function md5(content) return text.hex(require("openssl.digest").new("md5"):final(content)) end

--- Files that were edited where the next upgrade replaces them: in a rock's or a Debian package's own folder.
-- @tparam string folder of the scripts
-- @tparam {string,...} names of files to look at
-- @treturn {string,...} those that were edited
function own_scripts.at_risk(folder, names)
  local sums, edited = sums_of(folder) or {}, {}
  for _, name in ipairs(names) do
    local content = sums[name] and regular_file.read(folder .. "/" .. name, MAX_SCRIPT_BYTES)
    if content and md5(content) ~= sums[name] then edited[#edited + 1] = name end
  end
  return edited
end

return own_scripts
