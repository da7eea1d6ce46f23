--- The files that a run was begun with: its package or those of its folder, and their manifests. Whoever is updated
-- later is to get what those got that went first. No job is begun once they are others, and the job itself refuses what
-- was exchanged behind that look.
-- @module dfota.fleet.pins

local Catalog = require "dfota.config.catalog"
local Sums = require "dfota.config.sums"
local core = require "dfota.core"
local file_stamp = require "dfota.base.file_stamp"
local manifest = require "dfota.config.manifest"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local pins = {}

local BLOCK_BYTES = 64 * 1024

-- What else a file may be than its hash.
local ABSENT = "absent"

local function hash_of(path)
  local file <close>, why, absent = regular_file.open(path)
  if not file then return absent and ABSENT or nil, why end
  local sha = core.sha256()
  for block, reason in function() return file:read(BLOCK_BYTES) end do
    if reason then return nil, reason:lower() end
    sha:update(block)
  end
  return text.hex(sha:final())
end

local function stamp_of(path) return file_stamp.of(path) or ABSENT end

-- Those that a job may read. A manifest that comes later would be read, too.
local function paths_of(package, is_folder)
  if not is_folder then return { package, manifest.path_of(package) } end
  local paths, names, err = {}, Catalog.names(package)
  if not names then return nil, err end
  for _, name in ipairs(names) do
    local path = Catalog.path(package, name)
    table.move({ path, manifest.package_of(path) }, 1, 2, #paths + 1, paths)
  end
  return paths
end

local function cannot_be_read(path, why)
  return core.error("package_missing", ("%s cannot be read: %s"):format(text.printable(path), why))
end

-- The stamp is of before it was read: who changes it meanwhile is noticed.
local function pin_of(path)
  local stamp = stamp_of(path)
  local hash, why = hash_of(path)
  if not hash then return nil, cannot_be_read(path, why) end
  return { path = path, hash = hash, stamp = stamp }
end

--- What is there now.
-- @tparam string package a path: of the package, or of a folder of packages
-- @tparam boolean is_folder
-- @tparam[opt] table pin of the package, if it was read already
-- @treturn[1] {table,...} each with `path`, `hash`, which is "absent" where there is no such file, and its `stamp`
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `package_missing`
function pins.take(package, is_folder, pin)
  local paths, err = paths_of(package, is_folder)
  if not paths then return nil, err end
  local list = {}
  for i, path in ipairs(paths) do
    list[i] = pin and pin.path == path and pin
    if not list[i] then list[i], err = pin_of(path) end
    if not list[i] then return nil, err end
  end
  return list
end

local SUMS = "SHA256SUMS"

--- Writes down for the jobs which files are meant (`dfota.config.sums`).
-- @param folder a `dfota.fleet.run_folder`
-- @tparam {table,...} list as of `take`
-- @treturn[1] string the path of that file
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `run`
function pins.keep(folder, list)
  local there = {}
  for _, pin in ipairs(list) do
    if pin.hash ~= ABSENT then there[#there + 1] = pin end
  end
  local path, content = folder.path .. "/" .. SUMS, Sums.encode(there)
  if regular_file.read(path, #content) == content then return path end -- a full disk need not stop who goes on
  local ok, err = folder:put(SUMS, content)
  return ok and path, err
end

local Pins = {}
Pins.__index = Pins
Pins.__name = "dfota.fleet.pins"

--- @tparam table call of a run: `package`, `is_folder`, and `pins` as of `take`
-- @treturn Pins
function pins.new(call)
  local self = setmetatable({ package = call.package, is_folder = call.is_folder, list = call.pins, stamps = {} }, Pins)
  self.known = {}
  for _, pin in ipairs(self.list) do self.known[pin.path], self.stamps[pin.path] = true, pin.stamp end
  return self
end

-- It is read again only where it may be another since it was read last.
local function change_of(self, pin)
  local stamp = stamp_of(pin.path)
  if stamp == self.stamps[pin.path] then return nil end
  local hash, why = hash_of(pin.path)
  if not hash then return "cannot be read: " .. why end
  if hash == pin.hash then
    self.stamps[pin.path] = stamp
    return nil
  end
  return hash == ABSENT and "is gone" or pin.hash == ABSENT and "was not there" or "has other content"
end

-- A folder's new manifests may lead another way.
local function new_manifest(self)
  local paths, err = paths_of(self.package, true)
  if not paths then return err.message end
  for _, path in ipairs(paths) do
    if not self.known[path] then return ("%s was not there"):format(text.printable(path)) end
  end
end

local function change(self)
  for _, pin in ipairs(self.list) do
    local what = change_of(self, pin)
    if what then return ("%s %s"):format(text.printable(pin.path), what) end
  end
  return self.is_folder and new_manifest(self) or nil
end

--- Is anything else there than when the run was begun? Once it was, it stays so for this supervisor.
-- @treturn string|nil what, in words
function Pins:changed()
  self.words = self.words or change(self)
  return self.words
end

return pins
