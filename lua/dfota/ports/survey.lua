--- Asks what answers on each port of a list, but for those that are better left alone: one that another program holds,
-- and one where an update was triggered whose end is not recorded, since that module may be writing its flash.
-- @module dfota.ports.survey
local names = require "dfota.ports.names"
local rates = require "dfota.at.rates"

-- Opening one connects to a distant device, and may wait for it; ModemManager leaves them alone for the same reason.
local function is_bluetooth(port) return port.transport == "bluetooth" end

local function holder_words(port)
  return ("in use by process %d (%s)%s"):format(port.holder_pid, port.holder_name or "unknown",
    port.holder_lock_file and ", says " .. port.holder_lock_file or "")
end

-- The ledger's record of an update on this port, under any of its names, whose end was not seen.
local function open_record(port, ledger)
  for _, name in ipairs(names.of(port)) do
    local row, err = ledger:open_on(name)
    if row or err then return row, err end
  end
end

-- Why it is not asked: its state, and a message for people.
local function left_alone(port, opts)
  if port.state then return port.state, port.message end
  if port.holder_pid then return "busy", holder_words(port) end
  if is_bluetooth(port) and not port.given then
    return "not_asked", "a Bluetooth port is asked only if it is named"
  end
  local row, err = open_record(port, opts.ledger)
  if err then opts.on_trouble(err) end
  if not row then return nil end
  port.imei = row.imei
  return "recorded", "not asked: an update was triggered here, and its end is not recorded"
end

-- The rate that the module here had last is tried first. A ledger that does not tell it is not asked again: each time
-- may take long.
local function bauds_for(port, opts)
  if opts.baud then return { opts.baud } end
  for _, name in ipairs(opts.rates_unknown and {} or names.of(port)) do
    local rate, err = opts.ledger:rate_on(name)
    if rate then return rates.beginning_with(rate) end
    opts.rates_unknown = opts.rates_unknown or err ~= nil
  end
  return rates.standard
end

--- Ask them, side by side.
-- @tparam {table,...} ports of `dfota.ports.catalog`; each gets `state` and `message`, and what
--   `dfota.ports.probe` tells. Besides its states: "recorded" (see above), with the `imei` if it is known; "not_asked"
-- @tparam table opts `ledger`; `baud`, or nil for every rate; `settings`; `deep` as of `dfota.ports.probe`; `prober`
--   as `dfota.ports.prober`, and `verbose` as there; `on_trouble` function(err), called if the ledger fails: may raise;
--   `on_answer` function(n, count), called after each answer
-- @treturn boolean|nil true; nil, err after a signal
local function survey(ports, opts)
  local asked, requests = {}, {}
  for _, port in ipairs(ports) do
    port.state, port.message = left_alone(port, opts)
    if not port.state then
      asked[#asked + 1] = port
      requests[#requests + 1] = { name = port.name, bauds = bauds_for(port, opts) }
    end
  end
  local came = 0
  local function on_answer()
    came = came + 1
    if opts.on_answer then opts.on_answer(came, #requests) end
  end
  local answers, err = opts.prober(requests, {
    settings = opts.settings, deep = opts.deep, verbose = opts.verbose, on_answer = on_answer,
  })
  if not answers then return nil, err end
  for i, port in ipairs(asked) do
    for name, value in pairs(answers[i]) do port[name] = value end
  end
  return true
end

return survey
