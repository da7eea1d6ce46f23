--- Keeps the file with a run's metrics right: written soon after something changed, at once when the run stops, pauses
-- or ends, and now and then, since a file that grows old tells that nobody writes it any more.
-- @module dfota.fleet.metrics_file

local core = require "dfota.core"
local metrics = require "dfota.fleet.metrics"
local states = require "dfota.fleet.states"

local metrics_file = {}

local SOON_S, OFTEN_S = 1, 5 -- between two times: when something changed, and when nothing did

local MetricsFile = {}
MetricsFile.__index = MetricsFile
MetricsFile.__name = "dfota.fleet.metrics_file"

--- @tparam table options `path`, or nil if nobody wants them; `id` of the run; `warn(words)`; `now()` and
--   `write(path, content)`, if not the real ones
-- @treturn MetricsFile
function metrics_file.new(options)
  return setmetatable({
    path = options.path, id = options.id, warn = options.warn, now = options.now or core.now,
    write_file = options.write or metrics.write,
  }, MetricsFile)
end

local function tries_of(devices)
  local begun = 0
  for _, device in ipairs(devices) do begun = begun + (device.try or 0) end
  return begun
end

-- That they cannot be written is said once; the run goes on.
local function write(self, run, rc)
  local ok, why = self.write_file(self.path, metrics.text({
    id = self.id, counts = run.scheduler:counts(), elapsed_s = self.now() - run.began_at, tries = tries_of(run.devices),
    finished = rc ~= nil, rc = rc, central = run.central,
  }, os.time()))
  if ok or self.has_complained then return end
  self.has_complained = true
  self.warn(("metrics file %s cannot be written: %s"):format(self.path, why))
end

-- What tells whether anything is another than it was.
local function picture_of(run)
  local counts, parts = run.scheduler:counts(), { tries_of(run.devices), tostring(run.central and run.central.reached) }
  for _, state in ipairs(states.LIST) do parts[#parts + 1] = counts[state] end
  return table.concat(parts, " ")
end

--- Looks whether it is to be written. To be called some times a second.
-- @tparam table run `scheduler`, `devices`, `began_at`, and `central` if it has one
function MetricsFile:look(run)
  if not self.path or self.is_over then return end
  local picture, why, age_s = picture_of(run), run.scheduler:why_not(), self.at and self.now() - self.at or math.huge
  local is_due = why ~= self.why or age_s >= OFTEN_S or picture ~= self.picture and age_s >= SOON_S
  if not is_due then return end
  self.picture, self.why, self.at = picture, why, self.now()
  write(self, run)
end

--- The run is over: what is looked at later changes nothing any more.
-- @tparam table run as of `look`
-- @tparam integer rc its exit code
function MetricsFile:over(run, rc)
  self.is_over = true
  if self.path then write(self, run, rc) end
end

return metrics_file
