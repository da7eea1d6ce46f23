--- Who ran when: a line for each module, on one scale of time. Pure.
-- @module dfota.fleet.lanes

local html = require "dfota.history.html"
local moment = require "dfota.history.moment"
local text = require "dfota.base.text"
local timeline = require "dfota.history.timeline"

local lanes = {}

local element = html.element

local WIDE, HIGH, LEAST = 1000, 20, 3 -- in the drawing's own units; what took no time is still seen
local NAME = 21 -- characters on one line: a socket has a long name, which stands in the table of modules

--- From the first begin to the last end.
-- @tparam {table,...} devices each with `tries` as of `dfota.fleet.tries`
-- @treturn number|nil seconds since 1970; nil if nothing ran
-- @treturn number|nil
function lanes.span(devices)
  local first, last
  for _, device in ipairs(devices) do
    for _, try in ipairs(device.tries) do
      first, last = math.min(first or try.began, try.began), math.max(last or try.finished, try.finished)
    end
  end
  return first, last
end

local function rect(scale, class, from, to)
  local x = (from - scale.from) * scale.per_s
  local wide = math.max(LEAST, (to - from) * scale.per_s)
  return element("rect", { class = class, x = ("%.1f"):format(math.min(x, WIDE - wide)), y = 0,
    width = ("%.1f"):format(wide), height = HIGH })
end

-- What came before the first phase is a part of it: the program's start.
local function phases_of(try)
  local list = {}
  for i, step in ipairs(try.steps) do
    local before, after = list[#list], try.steps[i + 1]
    if before and before.name == step.name then
      before.to = after and after.at or try.finished
    else
      list[#list + 1] = { name = step.name, from = step.at, to = after and after.at or try.finished }
    end
  end
  if not list[1] then list[1] = { name = "other" } end
  list[1].from = try.began
  list[#list].to = try.finished
  return list
end

-- One that did not end well has a mark behind it.
local function rects_of(scale, try, rects)
  for _, phase in ipairs(phases_of(try)) do
    rects[#rects + 1] = rect(scale, timeline.class_of(phase.name), phase.from, phase.to)
  end
  if not try.result or try.result.rc ~= 0 then
    rects[#rects + 1] = rect(scale, "end-bad", try.finished, try.finished)
  end
end

local function spoken(device)
  local parts = {}
  for i, try in ipairs(device.tries) do
    parts[i] = ("%s at %s, %s"):format(try.what, (moment.shown(try.began) or "?"):sub(12),
      text.duration(try.finished - try.began))
  end
  return table.concat(parts, "; ")
end

local function lane(scale, device)
  local rects = {}
  for _, try in ipairs(device.tries) do rects_of(scale, try, rects) end
  return element("li", nil, element("span", { class = "who" }, text.tail(text.printable(device.title), NAME)),
    element("svg", { class = "bar", viewBox = ("0 0 %d %d"):format(WIDE, HIGH), preserveAspectRatio = "none",
      role = "img", ["aria-label"] = spoken(device) }, rects))
end

local function clock(at) return os.date("%H:%M:%S", math.floor(at)) end

local function axis(from, to)
  return element("li", { class = "axis" }, element("span", { class = "who" }, ""),
    element("span", nil, element("span", nil, clock(from)), element("span", nil, clock((from + to) / 2)),
      element("span", nil, clock(to))))
end

local function by_begin(devices)
  local ran = {}
  for place, device in ipairs(devices) do
    if device.tries[1] then ran[#ran + 1] = { at = device.tries[1].began, place = place, device = device } end
  end
  table.sort(ran, function(a, b) return a.at < b.at or a.at == b.at and a.place < b.place end)
  for i, one in ipairs(ran) do ran[i] = one.device end
  return ran
end

--- Draws them.
-- @tparam {table,...} devices each `title` and `tries`: who began first has the first line, who never did has none
-- @tparam integer most lines
-- @treturn Element|nil nil if nothing ran
-- @treturn integer how many lines were left out
function lanes.draw(devices, most)
  local from, to = lanes.span(devices)
  if not from then return nil, 0 end
  local scale = { from = from, per_s = WIDE / math.max(to - from, 0.001) }
  local ran, list = by_begin(devices), {}
  for i = 1, math.min(#ran, most) do list[i] = lane(scale, ran[i]) end
  return element("ol", { class = "lanes" }, list, axis(from, to)), #ran - #list
end

return lanes
