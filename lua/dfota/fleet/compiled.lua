--- The library as bytecode, for the jobs of one run: each loads some hundred modules, and would compile them all.
--
-- Names of files and lines are kept: what a job says of a fault is the same. The scripts are not compiled here, and
-- whatever cannot be had as bytecode is loaded as ever.
-- @module dfota.fleet.compiled

local directory = require "dfota.base.directory"
local disk = require "dfota.fleet.disk"
local file_stamp = require "dfota.base.file_stamp"
local uv = require "luv"

local compiled = {}

-- Read by scripts/start.lua.
local VARIABLE = "DFOTA_COMPILED"

-- A disk that is nearly full is for what the jobs say and record. This takes one and a half million bytes.
local LEAST_FREE_BYTES = 64 << 20

local MODE = tonumber("700", 8)
local NOT_OF_A_JOB = { fleet = true, sim = true }
local OF_OTHERS = { "argparse", "dkjson" }

local Compiled = {}
Compiled.__index = Compiled
Compiled.__name = "dfota.fleet.compiled"

-- The modules of a folder and of those in it, by name.
local function add_modules(names, folder, prefix)
  local scan = uv.fs_scandir(folder)
  while scan do
    local name, kind = uv.fs_scandir_next(scan)
    if not name then break end
    local stem = name:match "^([%w_]+)%.lua$"
    if stem then
      names[#names + 1] = prefix .. stem
    elseif kind == "directory" and not NOT_OF_A_JOB[name] then
      add_modules(names, folder .. "/" .. name, prefix .. name .. ".")
    end
  end
end

local function modules()
  local home = package.searchpath("dfota.app", package.path):match "^(.*)/[^/]*$"
  local names = table.move(OF_OTHERS, 1, #OF_OTHERS, 1, {})
  add_modules(names, home, "dfota.")
  return names
end

local function write(path, bytes)
  local ok = directory.make(directory.of(path), MODE)
  local file = ok and io.open(path, "wb")
  if not file then return false end
  local is_written = file:write(bytes)
  return file:close() and is_written ~= nil
end

-- A module that does not compile is for the job to complain of.
local function compile(self, name)
  local source = package.searchpath(name, package.path)
  if not source then return true end
  self.stamps[source] = file_stamp.of(source)
  local chunk = loadfile(source)
  if not chunk then return true end
  local path = ("%s/%s.lua"):format(self.path, (name:gsub("%.", "/")))
  return write(path, string.dump(chunk))
end

--- Compiles it. Only time is lost if that cannot be done.
-- @tparam string path of a folder to be made for it
-- @treturn Compiled
function compiled.new(path)
  directory.remove(path) -- of a supervisor that was killed
  local self = setmetatable({ path = path, stamps = {} }, Compiled)
  self.is_whole = disk.has_room(directory.of(path), LEAST_FREE_BYTES)
  for _, name in ipairs(modules()) do
    self.is_whole = self.is_whole and compile(self, name)
  end
  return self
end

-- The library is still what was compiled: somebody may have installed another meanwhile, or edited a module.
local function is_current(self)
  if not self.is_whole then return false end
  for source, stamp in pairs(self.stamps) do
    if file_stamp.of(source) ~= stamp then return false end
  end
  return true
end

--- Lets the jobs that are started from now on use it, if it is still right.
function Compiled:offer()
  if is_current(self) then uv.os_setenv(VARIABLE, self.path) else uv.os_unsetenv(VARIABLE) end
end

--- Removes it: no job is started any more.
function Compiled:remove()
  uv.os_unsetenv(VARIABLE)
  directory.remove(self.path)
end

return compiled
