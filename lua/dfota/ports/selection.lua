--- Which of several ports is meant by a call that names none: the one with a module. Pure.
-- @module dfota.ports.selection

local selection = {}

local function in_state(ports, ...)
  local wanted, list = {}, {}
  for _, state in ipairs { ... } do wanted[state] = true end
  for _, port in ipairs(ports) do
    if wanted[port.state] then list[#list + 1] = port end
  end
  return list
end

local function with(list, fits)
  local found = {}
  for _, port in ipairs(list) do
    if fits(port) then found[#found + 1] = port end
  end
  return found
end

-- A module of another family is none that is looked for.
local function candidates(ports, imei)
  local list = with(in_state(ports, "module", "updating", "recorded"), function(port) return port.family ~= "other" end)
  if not imei then return list end
  -- One that is updating cannot say who it is.
  return with(list, function(port) return port.imei == imei or port.imei == nil and port.state ~= "module" end)
end

local function none(ports, imei)
  if imei then return ("no module with the IMEI %s was found on %d ports"):format(imei, #ports) end
  return ("no module was found on %d ports"):format(#ports)
end

local function too_many(list, imei)
  if #list > 1 then
    return ("%d ports may lead to the module%s"):format(#list, imei and " with the IMEI " .. imei or "")
  end
  return "the only port that may lead to the module was not asked, because of an update there"
end

--- Choose.
-- @tparam {table,...} ports that were asked by `dfota.ports.survey`
-- @tparam[opt] string imei the module that is meant
-- @treturn table|nil the one port: a module answers there that may be meant, or is heard to update itself, and no other
--   port comes into question
-- @treturn {table,...} those that come into question
-- @treturn ?string why none was chosen
function selection.choose(ports, imei)
  local list = candidates(ports, imei)
  -- The IMEI decides, whatever else is there.
  local sure = imei and with(list, function(port) return port.state == "module" end) or list
  if #sure == 1 and sure[1].state ~= "recorded" then return sure[1], list end
  if #list == 0 then return nil, list, none(ports, imei) end
  return nil, list, too_many(list, imei)
end

return selection
