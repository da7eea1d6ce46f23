--- Which access point name (APN) a SIM needs, by its home network.
-- The engineer's own table (scripts/apns.lua) comes first, then the database of the Debian package
-- mobile-broadband-provider-info, if it and lxp are installed.
-- @module dfota.config.apn

local core = require "dfota.core"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"

local apn = {}

-- What can be quoted on an AT command line: printable ASCII without the quote.
local function is_quotable(value) return not value:find('[^ !#-~]') end

-- Maximum lengths from the vendor's SDK for a sibling module (ql_gprs.h); the AT manuals give none.
local LIMITS = { { "APN", 100 }, { "user", 32 }, { "password", 32 } }

-- The value itself is not shown: it may be the password.
local function check_value(name, limit, value)
  if type(value) ~= "string" then return core.error("usage", name .. ": not a string") end
  if #value > limit then
    return core.error("usage", ("%s: longer than %d characters"):format(name, limit))
  end
  if not is_quotable(value) then
    return core.error("usage", name .. ": only printable ASCII without quotes can be sent to the module")
  end
end

--- Can an APN, user and password be put into AT+QICSGP?
-- @tparam[opt] string name the APN
-- @tparam[opt] string user
-- @tparam[opt] string password
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] err kind "usage"
function apn.check(name, user, password)
  local values = { name, user, password }
  for i, limit in ipairs(LIMITS) do
    local err = values[i] ~= nil and check_value(limit[1], limit[2], values[i])
    if err then return nil, err end
  end
  if name == "" then return nil, core.error("usage", "APN: empty") end
  return true
end

--- The networks an IMSI may belong to: the IMSI alone does not show whether its MNC has two digits or three.
-- @tparam string imsi
-- @tparam[opt] integer mnc_digits 2 or 3, if the SIM says so
-- @treturn {string,...} MCC and MNC together; two, the longer one first, if the length is not known; empty if it is not
--   an IMSI
function apn.networks(imsi, mnc_digits)
  if type(imsi) ~= "string" or not imsi:find("^%d+$") or #imsi < 6 or #imsi > 15 then return {} end
  if mnc_digits then return { imsi:sub(1, 3 + mnc_digits) } end
  return { imsi:sub(1, 6), imsi:sub(1, 5) }
end

local function can_be_sent(entry)
  if type(entry) ~= "table" or type(entry.apn) ~= "string" then return nil, "has no apn" end
  return apn.check(entry.apn, entry.user, entry.password)
end

local function wrong(network, why, path)
  local place = text.printable(path or "scripts/apns.lua")
  error(core.error("settings", ("%s: %s: %s"):format(place, text.brief(network), tostring(why))), 0)
end

local FIELDS = { "apn", "user", "password", "name" }
local KNOWN_FIELDS = { apn = true, user = true, password = true, name = true }

local function check_row(network, entry, path)
  if type(network) ~= "string" or not network:find("^%d%d%d%d%d%d?$") then
    wrong(network, "a network is MCC and MNC: five or six digits, as a string", path)
  end
  local ok, why = can_be_sent(entry)
  if not ok then wrong(network, why, path) end
  for field in pairs(entry) do
    if not KNOWN_FIELDS[field] then
      wrong(network, ("unknown field %s%s"):format(text.brief(field), suggest.hint(field, FIELDS)), path)
    end
  end
  if entry.name ~= nil and type(entry.name) ~= "string" then wrong(network, "name: not a string", path) end
end

--- Raises an err of kind "settings" if the engineer's table is wrong: a mistake is reported, not ignored.
-- @tparam table own what apns.lua returns
-- @tparam[opt="scripts/apns.lua"] string path of the table, for the message
function apn.check_table(own, path)
  for network, entry in pairs(own) do check_row(network, entry, path) end
end

local TABLE = "apns.lua"

local function from_table(own, networks)
  for _, network in ipairs(networks) do
    local entry = own and own[network]
    if entry then
      check_row(network, entry)
      return { entry }
    end
  end
  return {}
end

local function from_database(networks, path)
  local usable = {}
  for _, entry in ipairs(require("dfota.config.apn_providers").all(networks, path)) do
    if can_be_sent(entry) then usable[#usable + 1] = entry end
  end
  return usable
end

-- Each once, with its source.
local function add(found, entries, source)
  for _, entry in ipairs(entries) do
    local key = table.concat({ entry.apn, entry.user or "", entry.password or "" }, "\0")
    if not found[key] then
      found[key] = true
      found[#found + 1] = {
        apn = entry.apn, user = entry.user, password = entry.password, name = entry.name, source = source,
      }
    end
  end
end

--- All access points that are known for a SIM, the most likely one first.
-- @tparam table options `networks` of the SIM; `table`: what apns.lua returns; `database`: path of the provider
--   database, false for none. An entry of the table that cannot be used raises an err of kind "settings".
-- @treturn {table,...} each apn, user, password, name (of the network), source
function apn.candidates(options)
  local found = {}
  add(found, from_table(options.table, options.networks), TABLE)
  if options.database ~= false then
    add(found, from_database(options.networks, options.database), require("dfota.config.apn_providers").PACKAGE)
  end
  return found
end

--- The access point for a SIM: the engineer's own, or else the first of the database.
-- @tparam table options as of `candidates`
-- @treturn table|nil apn, user, password, name (of the network), source; nil if none is known
function apn.choose(options)
  local own = {}
  add(own, from_table(options.table, options.networks), TABLE)
  return own[1] or apn.candidates(options)[1]
end

--- The access point that a request asks for: the one given, or with `auto` that of the SIM's home network. A given user
-- and password apply to either.
-- @tparam table request `apn`, `user`, `password`
-- @tparam[opt] {string,...} networks for `auto`: of the SIM, as of `networks`
-- @tparam[opt] table own what apns.lua returns
-- @treturn table|nil `apn`, `user`, `password`; nil, err of kind "usage" if none is known for this SIM
-- @treturn ?string for `auto`: whose it is and where it was found, in words
function apn.requested(request, networks, own)
  if request.apn ~= "auto" then
    return { apn = request.apn, user = request.user, password = request.password }
  end
  local found = networks and apn.choose { networks = networks, table = own }
  if not found then
    return nil, core.error("usage",
      "no APN is known for this SIM: name one with --apn, or add it to apns.lua")
  end
  return { apn = found.apn, user = request.user or found.user, password = request.password or found.password },
    ("APN %s of %s (%s)"):format(found.apn, found.name or "the SIM's home network", found.source)
end

return apn
