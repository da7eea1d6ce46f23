--- The report of one update in a chain: passes events on, and keeps the result, which is the end of this hop and not of
-- the run.
-- @module dfota.report.hop

local Hop = {}
Hop.__index = Hop

--- @tparam table report of the whole run
-- @treturn Hop with `ended`: the fields of the result, once there is one
function Hop.new(report) return setmetatable({ report = report }, Hop) end

--- As `dfota.report.report`.
function Hop:event(name, fields)
  if name == "result" then return self:result(fields) end
  return self.report:event(name, fields)
end

--- Keeps the first result.
-- @tparam table fields
-- @treturn boolean whether it was the first
function Hop:result(fields)
  if self.ended then return false end
  self.ended = fields
  return true
end

--- As `dfota.report.report`.
function Hop:tick(age_s, words) return self.report:tick(age_s, words) end

--- As `dfota.report.report`.
function Hop:tick_s() return self.report:tick_s() end

--- As `dfota.report.report`.
function Hop:status(content, label) return self.report:status(content, label) end

return Hop
