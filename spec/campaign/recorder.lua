--- A report that remembers what it was told, so that a judge can look at it. With `real` every event goes through
-- the real report as well (JSON Lines, and the bar of a terminal), and its lines are kept.
local report = require "dfota.report.report"
local sink = require "support.sink"

local Recorder = {}
Recorder.__index = Recorder

--- @tparam function clock seconds
-- @tparam string port its name
-- @tparam boolean real
-- @treturn Recorder with `events`; `on_event` function(event), called with each, may be set
function Recorder.new(clock, port, real)
  local self = setmetatable({ events = {} }, Recorder)
  if real then
    self.out = sink.new()
    self.real = report.new {
      out = self.out, err = sink.new(), json = true, tty = true, color = true, clock = clock, port = port,
    }
  end
  return self
end

function Recorder:event(name, fields)
  local event = { event = name }
  for key, value in pairs(fields) do event[key] = value end
  event.event = name
  self.events[#self.events + 1] = event
  if self.on_event then self.on_event(event) end
  if self.real then self.real:event(name, fields) end
end

function Recorder:result(fields)
  self:event("result", fields)
end

function Recorder:status(text)
  if self.real then self.real:status(text) end
end

function Recorder:tick(age_s, wait)
  assert(type(age_s) == "number" and wait.at_s > 0 and type(wait.what) == "string")
  if self.real then self.real:tick(age_s, wait) end
end

--- Lines the real report wrote for programs, or nil.
function Recorder:lines()
  return self.out and self.out:lines()
end

return Recorder
