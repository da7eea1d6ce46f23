--- The gates of a run: which were checked, and which were forced.
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

-- Whoever passes one of these may update the wrong module: a command that does so is never offered.
local IDENTITY = { imei = true, module = true, revision = true, package = true }

local function refusal_of_identity(err, found)
  err.advice = found.advice or "make sure that this is the module you mean, and that the call names it correctly"
  err.helps, err.value = found.helps or "info", found.value
  return err
end

local function refusal(found)
  local err = core.error(found.kind, found.message)
  if found.kind == "gate" and IDENTITY[found.name] then return refusal_of_identity(err, found) end
  err.advice = found.advice
  if found.kind == "gate" then
    local force = found.may_force and found.name or nil
    err.advice = err.advice or "fix what the gate names" .. (force and ", or pass it with --force " .. force or "")
    err.force = force
  end
  err.helps, err.value = found.helps, found.value
  return err
end

--- Check a gate and report it. A gate whose value is unknown only causes a warning.
-- @tparam table spec as of `dfota.update.gate`
-- @treturn dfota.error|nil if it does not hold and was not forced; raises a fault if the gate is malformed
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
  self.warn(("gate %s does not hold, but was passed with --force: %s"):format(name, found.message))
end

--- The module itself refused a package because its file system is full: gate `room`, which cannot be forced.
-- @tparam integer size of the package in bytes
function Gates:tell_full(size)
  self.asked[#self.asked + 1] = "room"
  self.event("gate", { name = "room", ok = false, limit = size, unit = "bytes" })
end

--- Was this gate forced?
-- @tparam string name
-- @treturn boolean
function Gates:was_forced(name)
  for _, passed in ipairs(self.passed) do
    if passed == name then return true end
  end
  return false
end

--- The gates that were forced.
-- @treturn string|nil their names
function Gates:forced() return self.passed[1] and table.concat(self.passed, ",") or nil end

--- Warn of each forced name that no gate of this run has: a mistyped name would otherwise go unnoticed.
function Gates:tell_unasked()
  local asked = {}
  for _, name in ipairs(self.asked) do asked[name] = true end
  for name in pairs(self.force) do
    if not asked[name] then
      self.warn(("--force %s: this run had no gate of that name%s"):format(name, suggest.hint(name, self.asked)))
    end
  end
end

return Gates
