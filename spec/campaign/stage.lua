--- What all cases share: packages in a folder of their own, settings, and one real ledger for some hundred cases.
local Catalog = require "dfota.config.catalog"
local Trust = require "dfota.config.trust"
local folder = require "support.folder"
local book = require "dfota.ledger.book"
local packages = require "dfota.config.package"
local Package = require "dfota.sim.package"
local settings = require "dfota.config.settings"
local url = require "dfota.config.url"
local uv = require "luv"

local Stage = {}
Stage.__index = Stage

Stage.SOURCE, Stage.TARGET = "MC65FAR01A01", "MC65FAR01A02"
Stage.NEXT = "MC65FAR01A03" -- the end of a chain over the target

local LEDGER_CASES = 200 -- then a new one is begun: looking for open rows reads all of them

-- A script without `arg` is loaded by a program, and gives its flow.
local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })

local function script(name) return assert(loadfile("scripts/" .. name, "t", without_arg)) end

-- Two packages with manifests, through which a chain goes.
local function chain_folder(self)
  local home = self.folder .. "/chain"
  assert(uv.fs_mkdir(home, 448))
  for name, way in pairs { ["a.pack"] = { self.SOURCE, self.TARGET }, ["b.pack"] = { self.TARGET, self.NEXT } } do
    folder.write(home .. "/" .. name, assert(Package.make(way[1], way[2], 1000)))
    folder.write(("%s/%s.json"):format(home, name), ('{"from":"%s","to":"%s"}'):format(way[1], way[2]))
  end
  self.trust = assert(Trust.load { getenv = function() return nil end })
  self.catalog = assert(Catalog.read(home, self.trust))
end

--- @treturn Stage
function Stage.new()
  local self = setmetatable({ packages = {}, used = 0, wall = 1600000000, settings = {} }, Stage)
  -- The ledger syncs every word to the disk; here a disk in memory will do.
  self.folder, self.remove = folder.new(uv.fs_access("/dev/shm", "W") and "/dev/shm" or nil)
  chain_folder(self)
  self.update = script("update.lua")()
  self.watch = script("watch.lua")()
  self.retries = script("retries.lua")()
  self.apns = script("apns.lua")()
  self.url = assert(url.parse("http://updates.example:8111/A1toA2.pack"))
  return self
end

--- The package of a size in bytes, as the flow sees it.
function Stage:package(size)
  if not self.packages[size] then
    local path = ("%s/%d.pack"):format(self.folder, size)
    folder.write(path, assert(Package.make(self.SOURCE, self.TARGET, size)))
    self.packages[size] = assert(packages.read(path))
  end
  local copy = {}
  for key, value in pairs(self.packages[size]) do copy[key] = value end
  return copy
end

-- Runs end with their verdict, or an accident that is meant to change one could come too late to do so. What is asked
-- behind it has cases of its own (campaign/behind.lua).
local ENDS_WITH_VERDICT = "after_s=0"

--- Settings with some of them set; the same table for the same text.
function Stage:set(list)
  local all = { ENDS_WITH_VERDICT, table.unpack(list or {}) }
  local key = table.concat(all, " ")
  self.settings[key] = self.settings[key] or assert(settings.load { set = all })
  return self.settings[key]
end

--- The real ledger, on the wall clock of the case that runs now.
-- @tparam function clock seconds since the epoch
function Stage:ledger(clock)
  if not self.book or self.used >= LEDGER_CASES then
    self:close_ledger()
    self.used = 0
    self.books = (self.books or 0) + 1
    self.book = assert(book.open(("%s/%d.db"):format(self.folder, self.books), { clock = clock }))
  end
  self.used = self.used + 1
  self.book.clock = clock
  return self.book
end

function Stage:close_ledger()
  if self.book then self.book:close() end
  self.book = nil
end

--- A trace file of its own.
function Stage:trace_path(name)
  return ("%s/%s.trace"):format(self.folder, (name:gsub("[^%w]", "_")))
end

function Stage:close()
  self:close_ledger()
  self.remove()
end

return Stage
