--- A timeline of phases: a bar as SVG, which fits any width, and below it the phases with their durations as text.
-- @module dfota.history.timeline
local html = require "dfota.history.html"
local phases = require "dfota.history.phases"
local text = require "dfota.base.text"

local timeline = {}

local element = html.element

local WIDE, HIGH, LEAST = 1000, 24, 3 -- in the drawing's own units; a phase of no length is still seen

local known = { other = true }
for _, name in ipairs(phases.ORDER) do known[name] = true end

--- The style of a phase: a name of others must not become one of ours.
-- @tparam string name
-- @treturn string
function timeline.class_of(name) return "p-" .. (known[name] and name or "other") end

-- Shares of the width: short phases get a little, at the cost of the long ones.
local function widths(list, total)
  local spare = WIDE - LEAST * #list
  local wide = {}
  for i, phase in ipairs(list) do wide[i] = LEAST + (total > 0 and spare * phase.seconds / total or spare / #list) end
  return wide
end

local function spoken(list)
  local parts = {}
  for i, phase in ipairs(list) do parts[i] = ("%s %s"):format(phase.name, text.duration(phase.seconds)) end
  return table.concat(parts, ", ")
end

local function bar(list, total)
  local rects, x = {}, 0
  for i, wide in ipairs(widths(list, total)) do
    local phase = list[i]
    rects[i] = element("rect", { class = timeline.class_of(phase.name), x = ("%.1f"):format(x), y = 0,
      width = ("%.1f"):format(wide), height = HIGH })
    x = x + wide
  end
  return element("svg", { class = "bar", viewBox = ("0 0 %d %d"):format(WIDE, HIGH), preserveAspectRatio = "none",
    role = "img", ["aria-label"] = "Timeline: " .. spoken(list) }, rects)
end

local function share(phase, total)
  if total <= 0 then return nil end
  local percent = math.floor(100 * phase.seconds / total + 0.5)
  return percent >= 1 and (" (%d %%)"):format(percent) or nil
end

local function legend(list, total, longest)
  local items = {}
  for i, phase in ipairs(list) do
    items[i] = element("li", { class = phase == longest and "longest" or "phase" },
      element("i", { class = "key " .. timeline.class_of(phase.name) }), phase.name .. " ",
      element("b", nil, text.duration(phase.seconds)), share(phase, total))
  end
  return element("ol", { class = "legend" }, items)
end

--- Draws one.
-- @tparam {table,...} list as of `dfota.history.phases`
-- @tparam number total seconds
-- @treturn Element|nil nil if there is nothing to draw
function timeline.draw(list, total)
  if not list[1] then return nil end
  return element("div", { class = "timeline" }, bar(list, total), legend(list, total, phases.longest(list)))
end

return timeline
