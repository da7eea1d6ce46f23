--- The user's own copies of scripts and tables, in folders that no install and no upgrade writes to.
-- The first of these that has a file of a name counts, and only then the installed one (docs/flows.md).
-- @module dfota.config.own_scripts

local digest = require "openssl.digest"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"
local uv = require "luv"

local own_scripts = {}

-- For all users of this machine.
local SYSTEM = "/etc/dfota"

-- The XDG specification says to ignore relative paths.
local function absolute(path) return path and path:find "^/" and path:gsub("/+$", "") or nil end

--- The folders of the user's files, the first one first: $DFOTA_CONFIG, $XDG_CONFIG_HOME/dfota (or ~/.config/dfota),
-- /etc/dfota.
-- @tparam[opt=os.getenv] function getenv
-- @treturn {string,...}
function own_scripts.folders(getenv)
  getenv = getenv or os.getenv
  local folders = {}
  local named, config, home = getenv "DFOTA_CONFIG", absolute(getenv "XDG_CONFIG_HOME"), absolute(getenv "HOME")
  if named and named ~= "" then folders[1] = named end
  config = config or home and home .. "/.config"
  if config then folders[#folders + 1] = config .. "/dfota" end
  folders[#folders + 1] = SYSTEM
  return folders
end

--- The folder that a new copy goes into: the first, but for root that of all users, since what root writes into the
-- home of somebody else can no longer be edited there.
-- @tparam[opt=os.getenv] function getenv
-- @tparam[opt] integer uid
-- @treturn string
function own_scripts.home(getenv, uid)
  getenv = getenv or os.getenv
  local named = getenv "DFOTA_CONFIG"
  if named and named ~= "" then return named end
  return (uid or uv.getuid()) == 0 and SYSTEM or own_scripts.folders(getenv)[1]
end

--- The user's own copy of a script or table.
-- @tparam string name such as "update.lua"
-- @tparam[opt] {string,...} folders default: `own_scripts.folders`
-- @treturn[1] string|nil its path; nil if there is none
-- @treturn[2] nil
-- @treturn[2] string what is wrong with the one that would count, in one line with its path
function own_scripts.find(name, folders)
  for _, folder in ipairs(folders or own_scripts.folders()) do
    local path = folder .. "/" .. name
    if uv.fs_lstat(path) then
      local file, why = regular_file.open(path)
      if not file then return nil, ("%s: %s"):format(text.printable(path), why) end
      file:close()
      return path
    end
  end
end

local MAX_LIST_BYTES = 1 << 20
local MAX_SCRIPT_BYTES = 1 << 20

-- LuaRocks lists what it installed as Lua code: rock_manifest = { scripts = { ["update.lua"] = "MD5", … }, … }
local function sums_of_rock(source)
  local rock = {}
  local chunk = load(source, "=rock_manifest", "t", rock)
  if not chunk or not pcall(chunk) then return nil end
  local scripts = type(rock.rock_manifest) == "table" and rock.rock_manifest.scripts
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

local function md5(content) return text.hex(digest.new("md5"):final(content)) end

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
