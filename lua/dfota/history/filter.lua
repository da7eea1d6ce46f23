--- Which updates a program is asked to show: the options that `dfota.config.option_list` has for it, in the ledger's
-- words.
--
-- Pure: the clock is passed in.
-- @module dfota.history.filter
local period = require "dfota.history.period"

local filter = {}

--- What the options mean.
-- @tparam table options as parsed: `imei`, `run`, `outcome`, `since`, `until`
-- @tparam number now seconds since the epoch
-- @treturn table|nil as of `dfota.ledger.selection`; nil if a time makes no sense
-- @treturn ?string what is wrong, with the option's name
function filter.of(options, now)
  local since, before, why = period.of(options.since, options["until"], now)
  if why then return nil, why end
  return { imei = options.imei, run = options.run, outcomes = options.outcome, since = since, before = before }
end

return filter
