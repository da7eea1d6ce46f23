--- Connecting to a centre that is crowded: many gateways have fewer connections between them.
-- @module dfota.central.patience

local connection = require "dfota.central.connection"
local core = require "dfota.core"

local patience = {}

-- Long enough that a crowded server gets to those that wait: whoever gives up while it is his turn has wasted it.
local CONNECT_S = 30
local PAUSE_S = { 0.5, 20 } -- the first pause at most, and the longest

-- A thousand gateways that were refused at once must not come back at once.
local function pause(tries)
  local most = math.min(PAUSE_S[1] * 2 ^ tries, PAUSE_S[2])
  core.wait(most * (0.1 + 0.9 * math.random()))
end

-- A server that is busy or starting; one that nothing listens on is not waited for.
local BUSY = { "no free connection", "is starting", "does not answer" }

local function is_worth_waiting(err)
  for _, words in ipairs(BUSY) do
    if err.kind == "central" and err.message:find(words, 1, true) then return true end
  end
  return false
end

--- Connects, patiently.
-- @tparam string url
-- @tparam number patience_s
-- @tparam function tell called before every further try
-- @treturn Connection|nil nil, err
function patience.connect(url, patience_s, tell)
  local until_s, tries = core.now() + patience_s, 0
  while true do
    local conn, err = connection.open(url, math.min(CONNECT_S, patience_s))
    if conn or not is_worth_waiting(err) or core.now() >= until_s then return conn, err end
    tell "busy"
    pause(tries)
    tries = tries + 1
  end
end

return patience
