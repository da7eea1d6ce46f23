--- The modules of a fleet that has no plan: those that answer on the ports of this machine.
-- @module dfota.all_modules
local catalog = require "dfota.ports.catalog"
local core = require "dfota.core"
local prober = require "dfota.ports.prober"
local survey = require "dfota.ports.survey"
local text = require "dfota.base.text"
local words = require "dfota.ports.words"

local all_modules = {}

-- The socket that an adapter is plugged into stays what it is; so does the adapter's serial number, if it has one.
local function lasting_name(port)
  for _, kind in ipairs { "by_path", "by_id", "links" } do
    if port[kind][1] then return port[kind][1] end
  end
  return port.name
end

local FAMILIES = {
  other = "is of another family than MC65, M65, M08-R",
  unknown = "may be of another family than MC65, M65, M08-R: name it in a plan if it is to be updated",
}

-- The ports at which each module answers, by its IMEI: two lines may lead to one.
local function by_imei(ports)
  local found = {}
  for _, port in ipairs(ports) do
    if port.state == "module" and port.imei then
      found[port.imei] = found[port.imei] or {}
      table.insert(found[port.imei], port)
    end
  end
  return found
end

-- Another one that leads to the same module.
local function twin_of(port, ports_of)
  for _, other in ipairs(ports_of[port.imei]) do
    if other ~= port then return other end
  end
end

-- Why a port has no part in the run; nil if it has.
local function why_not(port, ports_of)
  if port.state == "recorded" then return words.summary(port) .. "; watch.lua sees it to its end" end
  if port.state ~= "module" then return words.summary(port) end
  local who = ("%s, IMEI %s: "):format(text.brief(port.model or "module"), text.brief(port.imei or "unknown"))
  if FAMILIES[port.family] then return who .. FAMILIES[port.family] end
  if port.dfota == false then return who .. "does not support AT+QFOTADL" end
  if not port.imei then return who .. "only a plan can name it" end
  local twin = twin_of(port, ports_of)
  if not twin then return nil end
  local where = text.printable(lasting_name(twin))
  return ("%sthe same IMEI answers on %s: name one of the two in a plan"):format(who, where)
end

--- Tells modules from what is none. Pure.
-- @tparam {table,...} ports of `dfota.ports.catalog`, asked by `dfota.ports.survey`, deep
-- @treturn {table,...} as of `dfota.fleet.plan`, with `revision` and `model`: what was found there
-- @treturn {string,...} of each other port why it has no part, one line
function all_modules.of(ports)
  local devices, others, ports_of = {}, {}, by_imei(ports)
  for _, port in ipairs(ports) do
    local why = why_not(port, ports_of)
    if why then
      others[#others + 1] = ("%s has no part: %s"):format(text.printable(lasting_name(port)), why)
    else
      devices[#devices + 1] = {
        port = lasting_name(port), imei = port.imei, revision = port.revision, model = port.model,
      }
    end
  end
  return devices, others
end

-- Another run of this program may hold them all.
local function none_found(ports)
  local held = 0
  for _, port in ipairs(ports) do held = held + (port.state == "busy" and 1 or 0) end
  local none = ("no module was found on %s"):format(text.count(#ports, "port"))
  return held == 0 and none or ("%s; in use: %d of them: wait for who uses them, or end that"):format(none, held)
end

--- Asks every port of this machine. Only queries are sent; a port that another program holds, or where an update was
-- triggered whose end is not recorded, is left alone.
-- @tparam table options `ledger`; `baud`, or nil for every rate; `settings`; `warn(line)`; for specs `host` and
--   `prober` as of `dfota.ports.only_port`
-- @treturn[1] {table,...} as of `of`, at least one
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `port_missing`, `no_answer`, of the ledger, or `interrupted`
function all_modules.find(options)
  local ports, err = catalog.read { host = options.host }
  if not ports then return nil, err end
  if #ports == 0 then return nil, core.error("port_missing", "no serial port was found: plug the adapters in") end
  local trouble, asked
  asked, err = survey(ports, {
    ledger = options.ledger, baud = options.baud, settings = options.settings, deep = true,
    prober = options.prober or prober, on_trouble = function(why) trouble = trouble or why end,
  })
  if not asked or trouble then return nil, err or trouble end
  local devices, others = all_modules.of(ports)
  for _, line in ipairs(others) do options.warn(line) end
  if #devices > 0 then return devices end
  return nil, core.error("no_answer", none_found(ports))
end

return all_modules
