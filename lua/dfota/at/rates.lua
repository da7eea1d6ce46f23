--- The baud rates that a module may be found at.
-- @module dfota.at.rates

local rates = {}

--- Joins lists of rates, each rate once.
-- @param ... rates and lists of rates; nil and 0, which a lost port returns, are left out
-- @treturn {integer,...}
function rates.joined(...)
  local list, seen = {}, {}
  local function add(rate)
    if not rate or rate == 0 or seen[rate] then return end
    seen[rate] = true
    list[#list + 1] = rate
  end
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    for _, rate in ipairs(type(part) == "table" and part or { part }) do add(rate) end
  end
  return list
end

--- The rates that a module is likely to have, the likeliest first (GSM AT manuals: 75 to 115200; hardware manual: up to
-- 460800).
rates.likely = rates.joined(115200, 9600, 57600, 38400, 19200, 4800, 460800, 230400, 2400, 1200, 921600, 600, 300)

--- All standard rates, the likeliest first.
rates.standard = rates.joined(rates.likely, 28800, 14400)

--- The other rates that AT+IPR accepts: one query takes seconds there, so they are tried last, and only once.
rates.slowest = rates.joined(150, 75)

--- The standard rates, beginning with one of them.
-- @tparam integer|nil rate any other rate changes nothing
-- @treturn {integer,...}
function rates.beginning_with(rate)
  for _, known in ipairs(rates.standard) do
    if known == rate then return rates.joined(rate, rates.standard) end
  end
  return rates.standard
end

return rates
