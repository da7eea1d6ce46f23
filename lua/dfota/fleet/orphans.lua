--- Stops a run whose supervisor died: its jobs are processes of their own, and live on.
-- @module dfota.fleet.orphans

local core = require "dfota.core"
local supervisor = require "dfota.fleet.supervisor"
local text = require "dfota.base.text"
local uv = require "luv"

local Orphans = {}
Orphans.__index = Orphans
Orphans.__name = "dfota.fleet.orphans"

local orphans = {}

local function nothing() end

local function count(devices)
  local told, followed = 0, 0
  for _, device in ipairs(devices) do
    if device.interrupted then
      told = told + 1
    elseif device.job then
      followed = followed + 1
    end
  end
  return told, followed
end

--- Leaves those that still run to themselves, at the end of this program: luv does not outlive handles that are open.
function orphans.leave()
  uv.walk(function(handle)
    if not handle:is_closing() then handle:close() end
  end)
  uv.run "nowait"
end

--- Becomes the run's supervisor for as long as this process lives, begins nothing, and interrupts what is not
-- triggered, as every supervisor that is stopped. That it was stopped is kept with the run.
-- @tparam table folder of the run, which nobody else carries out
-- @tparam {table,...} devices of its plan, numbered
-- @treturn[1] Orphans with the numbers of those jobs that were `told` to end, and that are `followed`
-- @treturn[2] nil, err if somebody else is at the run, or its folder cannot be written
function orphans.stop(folder, devices)
  local ok, err = folder:claim()
  if not ok then return nil, err end
  local self = setmetatable({}, Orphans)
  self.run = supervisor.new {
    folder = folder, devices = devices, on_event = nothing, on_change = nothing, warn = nothing,
    on_end = function() self.is_over = true end,
  }
  self.run.scheduler:stop "user"
  self.run:begin()
  self.told, self.followed = count(devices)
  ok, err = folder:tell "stop"
  if ok then return self end
  orphans.leave()
  return nil, err
end

--- Returns once all of its jobs have ended.
-- @treturn boolean|nil nil, err of kind `interrupted`
function Orphans:wait()
  while not self.is_over do
    uv.run "once" -- a job is looked at twice a second
    if core.signal_pending() then return nil, core.error("interrupted", "interrupted by a signal") end
  end
  return true
end

--- What people are told.
-- @tparam string id of the run
-- @treturn string
function Orphans:words(id)
  local told, followed = self.told, self.followed
  if told + followed == 0 then return ("run %s is not being carried out: nobody is there to be told"):format(id) end
  local words = ("run %s has no supervisor any more: %s told to stop"):format(id, text.count(told, "job"))
  return followed > 0 and ("%s, %d past the trigger or watching"):format(words, followed) or words
end

return orphans
