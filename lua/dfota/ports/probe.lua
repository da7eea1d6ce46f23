--- What answers on one port. Sends queries only: AT, ATI, AT+GSN, and if asked for, what the module can do.
-- @module dfota.ports.probe
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local models = require "dfota.modem.models"

-- These end the probe; anything else only means that something is not known.
local FATAL = { hangup = true, io = true, interrupted = true }

-- A damaged reply is asked for once more. One that did not come in time is not: each port has little time.
local function twice(fn)
  local value, err = fn()
  if value == nil and err and not FATAL[err.kind] and err.kind ~= "timeout" then value, err = fn() end
  if value == nil and err and FATAL[err.kind] then error(err, 0) end
  return value, err
end

local function identify(modem, facts)
  local who, err = twice(function() return modem:identity() end)
  if who then
    facts.model, facts.revision, facts.imei = who.model, who.revision, who.imei
  else
    facts.message = err.message
    if err.kind ~= "timeout" then facts.model = twice(function() return modem:model() end) end
  end
  facts.family = models.judge(facts.model, facts.revision)
end

-- What it can do.
local function ask_abilities(modem, facts)
  facts.dfota = twice(function() return modem:knows_dfota() end)
  local free, total = twice(function() return modem.files:free() end)
  facts.free_bytes, facts.total_bytes = free, free and total
end

local function ask(port, opts)
  local set = opts.settings
  local channel = Channel.new(port, {
    gap_s = set.gap_s, write_s = set.write_s, at_s = set.at_s, fence_s = set.resync_timeout_s,
  })
  local found, err, heard = channel:sync { bauds = opts.bauds, timeout_s = 0, briefly = true }
  if not found then
    if err.kind ~= "no_answer" then error(err, 0) end
    return { state = "silent", heard = heard, message = heard and "no module answers, though something was received"
      or "no module answers" }
  end
  if not found.answered then
    return { state = "updating", baud = found.baud, message = "a module is updating itself here" }
  end
  local facts, modem = { state = "module", baud = found.baud }, Modem.new(channel, set)
  identify(modem, facts)
  if opts.deep then ask_abilities(modem, facts) end
  return facts
end

--- Ask one open port.
-- @param port a port of `dfota.core`
-- @tparam table opts `bauds` to try; `settings`; `deep`: also what the module can do
-- @treturn table|nil `state`: "module" with `baud`, `model`, `revision`, `imei`, `family` (as of
--   `dfota.modem.models.judge`), and of a deep probe `dfota`, `free_bytes`, `total_bytes`, as far as known; "updating"
--   with `baud`; "silent" with `heard`; each with a `message` if there is something to say. nil, err if the port is
--   lost or a signal arrived
local function probe(port, opts)
  local ok, result = pcall(ask, port, opts)
  if ok then return result end
  if type(result) == "table" and result.kind then return nil, result end
  error(result, 0)
end

return probe
