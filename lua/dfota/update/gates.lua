--- The gates of a run: which were asked for, which were passed by force.
-- @module dfota.update.gates
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local gate = require "dfota.update.gate"
local suggest = require "dfota.base.suggest"

local Gates = {}
Gates.__index = Gates

--- @tparam table opts `force` gate → true; `event` function(name, fields); `warn` function(text)
-- @treturn Gates
function Gates.new(opts)
  return setmetatable({
    force = opts.force or {}, event = opts.event, warn = opts.warn, asked = {}, passed = {},
  }, Gates)
end

local function refusal(found)
  local err = core.error(found.kind, found.message)
  err.advice = found.advice
    or found.kind == "gate" and "fix what the gate names, or pass it with --force " .. found.name or nil
  return err
end

--- Look at a gate and tell it. One that cannot be told is not checked, which is a warning and no more.
-- @tparam table spec as of `dfota.update.gate`
-- @treturn dfota.error|nil where it does not hold and was not passed by force; raises a fault where it is put wrongly
function Gates:check(spec)
  local ok, found = pcall(gate.judge, spec)
  if not ok then error(blame.fault(found), 0) end
  local name = found.name
  self.asked[#self.asked + 1] = name
  if found.warning then self.warn(found.warning) end
  self.event("gate", { name = name, ok = found.ok, value = found.value, limit = found.limit, unit = found.unit })
  if found.doubt then self.warn(("gate %s was not checked: %s"):format(name, found.doubt)) end
  if found.ok ~= false then return nil end
  if not (found.may_force and self.force[name]) then return refusal(found) end
  self.passed[#self.passed + 1] = name
  self.warn(("gate %s does not hold and was passed with --force: %s"):format(name, found.message))
end

--- The module itself refused a package for want of room: gate `room`, which no force can pass.
-- @tparam integer size of the package in bytes
function Gates:tell_full(size)
  self.asked[#self.asked + 1] = "room"
  self.event("gate", { name = "room", ok = false, limit = size, unit = "bytes" })
end

--- The gates that were passed by force.
-- @treturn string|nil their names
function Gates:forced() return self.passed[1] and table.concat(self.passed, ",") or nil end

--- Tell which names were to be passed by force and were asked for by no gate: a name that was mistyped would pass
-- nothing and say nothing.
function Gates:tell_unasked()
  local asked = {}
  for _, name in ipairs(self.asked) do asked[name] = true end
  for name in pairs(self.force) do
    if not asked[name] then
      self.warn(("--force %s: no gate of that name was asked for%s"):format(name, suggest.hint(name, self.asked)))
    end
  end
end

return Gates
