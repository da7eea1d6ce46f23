--- Events as JSON Lines: one object per line, UTF-8, keys in a fixed order.
-- @module dfota.report.json

local json = require "dkjson"
local text = require "dfota.base.text"

local report_json = {}

local Sink = {}
Sink.__index = Sink

local VERSION = 1

-- The keys of each event in order. They are always present, null if unknown; progress and urc contain only what is
-- known.
local KEYS = {
  identity = { "model", "revision", "imei" },
  gate = { "name", "ok", "value", "limit" },
  phase = { "name" },
  progress = { "phase", "percent", "bytes", "total", "rate_bps", "eta_s" },
  urc = { "text", "repeated" },
  note = { "level", "text" },
  brake = { "run", "reached", "stop", "reason" },
  plan = {
    "from", "to", "hops", "writes", "updates_seen", "max_updates", "bytes", "sending_s", "updates_s", "total_s",
  },
  hop = { "number", "of", "from", "to", "package", "ok", "rc", "outcome", "after", "code", "message", "recorded" },
  result = {
    "ok", "rc", "outcome", "changed", "before", "after", "code", "message", "advice", "retry", "duration_s",
    "recorded",
  },
}

-- Facts are named by the caller; `names` lists those that are included even if unknown.
local function keys_of(name, fields)
  if name ~= "facts" then return KEYS[name] or error("there is no event named " .. tostring(name), 5) end
  if fields.names then return fields.names end
  local names = {}
  for key in pairs(fields) do names[#names + 1] = key end
  table.sort(names)
  return names
end

local SPARSE = { progress = true, urc = true }

local FIRST = { "v", "t", "port", "event" }

local WITHIN = { plan = { "package", "size", "signed" } } -- of its hops

-- Each name once: dkjson writes a key as often as the order has it.
local function order(name, names)
  local keys, has = {}, {}
  for _, list in ipairs { FIRST, names, WITHIN[name] } do
    for _, key in ipairs(list) do
      if not has[key] then keys[#keys + 1] = key end
      has[key] = true
    end
  end
  return keys
end

local ORDERS = {} -- by the event's name: an update has hundreds of events
for name, names in pairs(KEYS) do ORDERS[name] = order(name, names) end

-- 60, not 60.0; what JSON cannot represent is null.
local function number(n)
  if n ~= n or n == math.huge or n == -math.huge then return json.null end
  return math.tointeger(n) or n
end

local value

local function nested(t)
  local all = {}
  for key, v in pairs(t) do all[key] = value(v) end
  return setmetatable(all, { __jsontype = (next(t) == nil or t[1] ~= nil) and "array" or "object" })
end

function value(v)
  local kind = type(v)
  if v == nil then return json.null end
  if kind == "boolean" then return v end
  if kind == "number" then return number(v) end
  if kind == "table" and not getmetatable(v) then return nested(v) end
  return text.utf8(tostring(v))
end

--- @tparam function write called with each line
-- @tparam[opt] string port
function report_json.new(write, port)
  return setmetatable({ write = write, port = port }, Sink)
end

function Sink:set_port(name) self.port = name end

function Sink:event(name, fields, t)
  local keys = keys_of(name, fields)
  local object = { v = VERSION, t = number(math.floor(t * 1000 + 0.5) / 1000), port = value(self.port), event = name }
  for _, key in ipairs(keys) do
    if not SPARSE[name] or fields[key] ~= nil then object[key] = value(fields[key]) end
  end
  self.write(text.visible_json(json.encode(object, { keyorder = ORDERS[name] or order(name, keys) })) .. "\n")
end

function Sink:list(_, facts, result, t)
  self:event("facts", facts, t)
  self:event("result", result, t)
end

-- Programs have the times of the events.
function Sink.tick() end

function Sink.overhear() end
function Sink.status() end

return report_json
