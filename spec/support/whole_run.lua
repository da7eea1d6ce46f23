--- Complete runs of a flow on a simulated module, on the virtual clock, for specs that check output and commands.
--
--     local runs = WholeRun.new()
--     local run, world = runs:play { way = "file", spec = { fail = "end:6508" }, want = { to = false } }
--     assert.equal(81, run.rc)
--     runs:close()
local Stage = require "campaign.stage"
local World = require "campaign.world"

local WholeRun = {}
WholeRun.__index = WholeRun

WholeRun.A, WholeRun.B = Stage.SOURCE, Stage.TARGET

--- @return complete runs, with their own ledger and packages
function WholeRun.new()
  return setmetatable({ stage = Stage.new(), count = 0 }, WholeRun)
end

--- A world for several consecutive runs.
-- @param case as in `campaign.cases`
function WholeRun:world(case)
  self.count = self.count + 1
  case.id = "run-" .. self.count
  local spec = { update_step = 10 }
  for name, value in pairs(case.spec or {}) do spec[name] = value end
  case.spec = spec
  return World.new(case, self.stage, self.count)
end

--- One run in its own world.
-- @return run, world
function WholeRun:play(case, opts)
  local world = self:world(case)
  local run = world:run { accidents = case.accidents, flow = opts and opts.flow }
  assert(not run.fault, run.fault)
  return run, world
end

--- The texts of a run's notes that contain a word.
function WholeRun.notes(run, word)
  local found = {}
  for _, event in ipairs(run.report.events) do
    if event.event == "note" and event.text:find(word, 1, true) then found[#found + 1] = event.text end
  end
  return found
end

--- How often something was sent: a command line, or bytes such as "+++".
function WholeRun.sent(run, text)
  local count = 0
  for _, bytes in ipairs(run.sent) do
    if bytes == text or bytes == text .. "\r" then count = count + 1 end
  end
  return count
end

function WholeRun:close() self.stage:close() end

return WholeRun
