--- Looks an APN up in the database of mobile-broadband-provider-info (serviceproviders.xml).
-- Without lxp, or without the file, nothing is found.
-- @module dfota.config.apn_providers

local regular_file = require "dfota.base.regular_file"

local database = {}

--- The Debian package that contains the database.
database.PACKAGE = "mobile-broadband-provider-info"

local PATH = "/usr/share/mobile-broadband-provider-info/serviceproviders.xml"

local Reader = {}
Reader.__index = Reader

local start = {}

function start.provider(self, attributes)
  self.provider = { networks = {}, entries = {}, primary = attributes.primary == "true" }
end

start["network-id"] = function(self, attributes)
  if self.provider then self.provider.networks[(attributes.mcc or "") .. (attributes.mnc or "")] = true end
end

function start.apn(self, attributes) self.apn = { apn = attributes.value } end

function start.usage(self, attributes)
  if self.apn then self.apn.usage = attributes.type end
end

-- Those for the internet; a provider's first one is its usual one.
local function close_apn(self)
  local found = self.apn
  self.apn = nil
  local internet = not found.usage or found.usage == "internet"
  local list = self.provider and internet and self.provider.entries
  if list then list[#list + 1] = found end
end

-- The primary provider owns the network; the others are virtual operators on it.
local function close_provider(self)
  local provider = self.provider
  self.provider = nil
  for _, entry in ipairs(provider.entries) do entry.name = provider.name end
  for network in pairs(provider.networks) do
    local list = self.found[network]
    for i, entry in ipairs(list and provider.entries or {}) do
      table.insert(list, provider.primary and i or #list + 1, entry)
    end
  end
end

function Reader:text_of(element, content)
  if self.apn then
    if element == "username" then self.apn.user = content end
    if element == "password" then self.apn.password = content end
  elseif self.provider and element == "name" then
    self.provider.name = self.provider.name or content
  end
end

function Reader:callbacks()
  local content = ""
  return {
    StartElement = function(_, element, attributes)
      content = ""
      if start[element] then start[element](self, attributes) end
    end,
    CharacterData = function(_, text) content = content .. text end,
    EndElement = function(_, element)
      self:text_of(element, content)
      if element == "apn" and self.apn then close_apn(self) end
      if element == "provider" and self.provider then close_provider(self) end
      content = ""
    end,
  }
end

local function parse(reader, file, lxp)
  local parser = lxp.new(reader:callbacks())
  for block in function() return file:read(65536) end do
    if not parser:parse(block) then break end
  end
  pcall(parser.close, parser)
end

--- The access points of `networks`, those of the first one first; of each network its primary provider's first.
-- @tparam {string,...} networks MCC and MNC together
-- @tparam[opt] string path of the database
-- @treturn {table,...} each apn, user, password, name
function database.all(networks, path)
  local found, lxp = pcall(require, "lxp")
  local file = found and regular_file.open(path or PATH)
  if not file then return {} end
  local reader = setmetatable({ found = {} }, Reader)
  for _, network in ipairs(networks) do reader.found[network] = {} end
  parse(reader, file, lxp)
  file:close()
  local all = {}
  for _, network in ipairs(networks) do
    table.move(reader.found[network], 1, #reader.found[network], #all + 1, all)
  end
  return all
end

--- Can the database be read?
-- @tparam[opt] string path
-- @treturn boolean
function database.is_there(path)
  local file = pcall(require, "lxp") and regular_file.open(path or PATH)
  if not file then return false end
  file:close()
  return true
end

return database
