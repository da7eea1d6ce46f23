--- The SHA-256 that packages and manifests must have, from a file as `sha256sum` writes it.
--
-- Whoever looked at them wrote it; what is read later must be the same, and nothing else is used. A path counts from
-- the working directory, or from the folder of that file.
-- @module dfota.config.sums

local core = require "dfota.core"
local directory = require "dfota.base.directory"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local Sums = {}
Sums.__index = Sums

local MAX_BYTES = 8 << 20

local SHOWN = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }
local MEANT = { ["\\\\"] = "\\", ["\\n"] = "\n", ["\\r"] = "\r" }

local function refuse(kind, path, reason, ...)
  return nil, core.error(kind, ("%s: %s"):format(text.printable(path), reason:format(...)))
end

-- However it is written. Links count as they are named: the file behind one may be gone.
local function plain(path)
  local parts = {}
  for part in directory.absolute(path):gmatch "[^/]+" do
    if part ~= "." then parts[#parts + 1] = part end
  end
  return "/" .. table.concat(parts, "/")
end

-- A name with a backslash or a line end in it is escaped, and its line begins with a backslash.
local function parse(line)
  local escaped, hash, name = line:match "^(\\?)(%x+) [ *](.+)$"
  if not hash or #hash ~= 64 then return nil end
  return escaped == "" and name or name:gsub("\\.", MEANT), hash:lower()
end

--- Reads such a file.
-- @tparam string path
-- @treturn[1] Sums
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `package_missing` if it cannot be read, `package` if it is none
function Sums.read(path)
  local source, why = regular_file.read(path, MAX_BYTES)
  if not source then return refuse("package_missing", path, "%s", why) end
  local self = setmetatable({ path = path, hashes = {} }, Sums)
  local folder = path:match "^(.*/)[^/]*$" or ""
  for line in source:gmatch "[^\r\n]+" do
    local name, hash = parse(line)
    if not name then return refuse("package", path, "is not as sha256sum writes it: %s", text.brief(line)) end
    self.hashes[plain(name)] = hash
    if name:sub(1, 1) ~= "/" then self.hashes[plain(folder .. name)] = hash end
  end
  return self
end

--- May this file be used?
-- @tparam string path
-- @tparam string sha256 what was read has, lower-case hex
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `package`
function Sums:check(path, sha256)
  local hash = self.hashes[plain(path)]
  if hash == sha256 then return true end
  if not hash then
    return refuse("package", path, "is not named in %s: name it there, or take it away", text.printable(self.path))
  end
  return refuse("package", path, "is not the file that %s names: put that back", text.printable(self.path))
end

--- May this file be absent?
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `package`
function Sums:check_absent(path)
  if not self.hashes[plain(path)] then return true end
  return refuse("package", path, "is gone, and %s names it: put it back", text.printable(self.path))
end

--- Such a file's text.
-- @tparam {table,...} list each with `path` and `hash`
-- @treturn string
function Sums.encode(list)
  local lines = {}
  for i, one in ipairs(list) do
    local name, count = one.path:gsub("[\\\n\r]", SHOWN)
    lines[i] = ("%s%s  %s\n"):format(count > 0 and "\\" or "", one.hash, name)
  end
  return table.concat(lines)
end

return Sums
