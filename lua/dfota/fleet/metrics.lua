--- A fleet's run as metrics for Prometheus: a file for the textfile collector of its node_exporter.
--
-- Names and units follow Prometheus' conventions: base units, `_total` for what only grows, one family after its HELP
-- and TYPE.
-- @module dfota.fleet.metrics

local directory = require "dfota.base.directory"
local states = require "dfota.fleet.states"
local text = require "dfota.base.text"
local whole_file = require "dfota.base.whole_file"

local metrics = {}

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function label(value) return '"' .. value:gsub('[\\"\n]', ESCAPES) .. '"' end

local function family(lines, name, kind, help)
  lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
  lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
end

--- The metrics as text.
-- @tparam table run `id`; `counts` of the scheduler; `elapsed_s`; `finished`: whether it is over; `rc`, its exit code
--   then; `tries`, how many were begun; `central`, if it has one, with `reached`
-- @tparam number now seconds since 1970
-- @treturn string
function metrics.text(run, now)
  local lines, own = {}, "run=" .. label(run.id)
  family(lines, "dfota_fleet_modules", "gauge", "Modules of the run by state.")
  for _, state in ipairs(states.LIST) do
    lines[#lines + 1] = ("dfota_fleet_modules{%s,state=%s} %d"):format(own, label(state), run.counts[state])
  end
  family(lines, "dfota_fleet_tries_total", "counter", "Tries that were begun, updates and watching.")
  lines[#lines + 1] = ("dfota_fleet_tries_total{%s} %d"):format(own, run.tries)
  family(lines, "dfota_fleet_duration_seconds", "gauge", "How long the run has taken so far.")
  lines[#lines + 1] = ("dfota_fleet_duration_seconds{%s} %.3f"):format(own, run.elapsed_s)
  family(lines, "dfota_fleet_active", "gauge", "Whether the run goes on (1) or is over (0).")
  lines[#lines + 1] = ("dfota_fleet_active{%s} %d"):format(own, run.finished and 0 or 1)
  if run.finished then
    family(lines, "dfota_fleet_exit_code", "gauge", "The run's exit code.")
    lines[#lines + 1] = ("dfota_fleet_exit_code{%s} %d"):format(own, run.rc)
  end
  if run.central and run.central.reached ~= nil then
    family(lines, "dfota_fleet_central_up", "gauge",
      "Whether the central ledger answered the last question (1) or not (0).")
    lines[#lines + 1] = ("dfota_fleet_central_up{%s} %d"):format(own, run.central.reached and 1 or 0)
  end
  family(lines, "dfota_fleet_last_update_timestamp_seconds", "gauge", "When these numbers were written.")
  lines[#lines + 1] = ("dfota_fleet_last_update_timestamp_seconds{%s} %.3f"):format(own, now)
  return table.concat(lines, "\n") .. "\n"
end

--- Where they may be written, as far as that is known before: node_exporter passes over every other name.
-- @tparam string path
-- @treturn string|nil the same file wherever the run is resumed; nil, and what is wrong with it
function metrics.path(path)
  if not path:find "[^/]%.prom$" then
    return nil, ("'%s' does not end with .prom: node_exporter passes over every other file"):format(text.brief(path))
  end
  local ok, why = directory.takes(path)
  if ok then return directory.absolute(path) end
  return nil, ("'%s': %s"):format(text.brief(path), why)
end

--- Writes them, never half: the collector reads whenever it likes.
-- @tparam string path see `path`
-- @tparam string content
-- @treturn boolean|nil nil, and the reason
function metrics.write(path, content) return whole_file.write(path, content, true) end

return metrics
