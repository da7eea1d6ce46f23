--- The module's identity: ATI in the formats of sibling modules, and its fields one by one.
-- Source: AT command manuals of MC60, M66, M95; public logs of M95 and BC66; the RDA8955 SDK for the bare lines.
local Transmitter = require "dfota.sim.transmitter"

-- One character replaced by another, as by an undetected line error.
local function misread(m, text)
  local at = m.random:integer(1, #text)
  local byte = text:byte(at)
  local other = string.char(byte ~ 1):find("%w") and byte ~ 1 or byte ~ 2
  return text:sub(1, at - 1) .. string.char(other) .. text:sub(at + 1)
end

local function labelled(m, revision)
  return "Revision:" .. (m.spec.ati_blank and " " or "") .. revision
end

local function short(name)
  return (name:gsub("^Quectel_", ""))
end

-- manufacturer, model, revision → the lines of ATI
local SHAPES = {
  quectel = function(m, maker, model, revision) return { maker, model, labelled(m, revision) } end,
  short = function(m, _, model, revision) return { "Quectel", short(model), labelled(m, revision) } end,
  bare = function(_, maker, model, revision) return { maker, model, revision } end,
  blanks = function(m, maker, model, revision)
    return { " " .. maker, " " .. model, "", " " .. labelled(m, revision) }
  end,
  no_revision = function(_, maker, model) return { maker, model } end,
}

local function identify(m)
  m.readings = m.readings + 1
  local revision = m.wrong_readings[tostring(m.readings)] and misread(m, m.revision) or m.revision
  local lines = SHAPES[m.spec.ati](m, m.spec.manufacturer, m.spec.model, revision)
  if m.spec.ati_urc ~= "" then
    table.insert(lines, math.min(m.spec.ati_urc_at, #lines) + 1, "\r\n" .. m.spec.ati_urc .. "\r\n")
  end
  Transmitter.line(m, table.concat(lines, "\r\n"))
end

local function revision_by(switch)
  return function(m)
    local form = m.spec[switch]
    if form == "error" then return "error" end
    Transmitter.line(m, form == "bare" and m.revision or "Revision: " .. m.revision)
  end
end

local function say(name)
  return function(m) Transmitter.line(m, m.spec[name]) end
end

local function nothing() end

local function when_known(switch, fn)
  return function(m)
    if not m.spec[switch] then return "error" end
    return fn(m)
  end
end

return {
  ["I"] = { exec = identify },
  ["+GMI"] = { exec = say "manufacturer", test = nothing },
  ["+CGMI"] = { exec = say "manufacturer", test = nothing },
  ["+GMM"] = { exec = say "model", test = nothing },
  ["+CGMM"] = { exec = say "model", test = nothing },
  ["+GMR"] = { exec = revision_by "gmr", test = nothing },
  ["+CGMR"] = { exec = revision_by "cgmr", test = nothing },
  ["+GSN"] = { exec = when_known("gsn", say "imei"), test = nothing },
  ["+CGSN"] = { exec = when_known("cgsn", say "imei"), test = nothing },
  ["+QGSN"] = {
    test = when_known("qgsn", nothing),
    exec = when_known("qgsn", function(m) Transmitter.line(m, ('+QGSN: "%s"'):format(m.spec.imei)) end),
  },
}
