--- A period of time as people ask for it.
--
-- Pure: the clock is passed in.
-- @module dfota.history.period
local moment = require "dfota.history.moment"

local period = {}

--- When it begins and ends.
-- @tparam string|nil since as of `moment.parse`
-- @tparam string|nil to the last moment that is meant; a day counts to its end
-- @tparam number now seconds since the epoch
-- @treturn number|nil its first moment
-- @treturn number|nil the first moment after it
-- @treturn ?string what is wrong, with the option's name
function period.of(since, to, now)
  local from, before, why
  if since then
    from, why = moment.parse(since, now)
    if not from then return nil, nil, "--since: " .. why end
  end
  if to then
    local begins
    begins, before = moment.parse(to, now)
    if not begins then return nil, nil, "--until: " .. before end
  end
  if from and before and from >= before then
    return nil, nil, "--since is later than --until: no update is between them"
  end
  return from, before
end

return period
