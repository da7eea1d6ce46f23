--- A trace as JSON Lines: one object per item, for programs (docs/traces.md). Pure: returns lines.
-- @module dfota.trace.lines_json

local json = require "dkjson"
local text = require "dfota.base.text"
local trace = require "dfota.at.trace"

local lines_json = {}

local VERSION = 1

local ORDER = {
  "v", "item", "t", "line", "run", "runs", "begun", "duration_s", "model", "imei", "before", "after", "commands",
  "unsolicited", "odd", "text", "bytes", "reply", "final", "code", "done_t", "took_s", "echo", "late", "class", "size",
  "declared", "sha256", "to_t", "acks", "baud", "what", "advice", "name", "from", "to", "total_s", "count",
  "unanswered", "longest_s", "at", "answering_s", "unanswered_s", "listening_s", "phases", "turns",
}

-- Microseconds, as in the file.
local function number(n)
  local rounded = tonumber(("%.6f"):format(n))
  return math.tointeger(rounded) or rounded
end

local function value(v)
  if type(v) == "number" then return number(v) end
  if type(v) == "string" then return text.utf8(v) end
  if type(v) ~= "table" then return v end
  local copy = {}
  for key, each in pairs(v) do copy[key] = value(each) end
  return setmetatable(copy, { __jsontype = (next(v) == nil or v[1] ~= nil) and "array" or "object" })
end

local function line_of(name, fields)
  local object = value(fields)
  object.v, object.item = VERSION, name
  return text.visible_json(json.encode(object, { keyorder = ORDER }))
end

-- What an item is for programs: its kind is the line's `item`, and bytes are escaped as in the file.
local function told(item)
  local fields = {}
  for key, v in pairs(item) do fields[key] = v end
  fields.kind, fields.next_t, fields.summed_up = nil, nil, nil
  if item.bytes then fields.bytes = trace.escape(item.bytes) end
  if item.kind == "command" then fields.took_s = item.done_t and item.done_t - item.t end
  return line_of(item.kind, fields)
end

--- @tparam table about of `dfota.trace.summary`, with `run`, `runs`, `begun` and `odd`
-- @treturn string the line "run"
function lines_json.heading(about) return line_of("run", about) end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @treturn {string,...} a line each
function lines_json.conversation(items)
  local lines = {}
  for i, item in ipairs(items) do lines[i] = told(item) end
  return lines
end

--- @tparam table taken of `dfota.trace.times`
-- @treturn {string,...} one line "times"
function lines_json.times(taken) return { line_of("times", taken) } end

--- @tparam {table,...} findings of `dfota.trace.odd`
-- @treturn {string,...} a line "odd" each
function lines_json.odd(findings)
  local lines = {}
  for i, found in ipairs(findings) do lines[i] = line_of("odd", found) end
  return lines
end

return lines_json
