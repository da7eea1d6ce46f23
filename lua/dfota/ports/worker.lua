--- A process that asks one port, so that a port which hangs, even in its opening, holds up no other.
-- See `dfota.ports.prober` for the other end.
-- @module dfota.ports.worker
local core = require "dfota.core"
local json = require "dkjson"
local transcript = require "dfota.at.transcript"
local probe = require "dfota.ports.probe"
local uv = require "luv"

local worker = {}

local STATES = {
  port_busy = "busy", port_permission = "no_permission", port_missing = "missing", not_a_port = "not_a_port",
}

local function failed(err) return { state = STATES[err.kind] or "failed", message = err.message } end

local ARROWS = { tx = ">", rx = "<" }

-- For people: several ports are asked at once, so each line is written whole, with its port.
local function follow(port, verbose)
  if not verbose then return end
  local listener = transcript.new(function(direction, line)
    uv.fs_write(2, ("%s %s %s\n"):format(port:name(), ARROWS[direction], line))
  end, { bytes = verbose > 1 })
  port:tap(listener:tap())
end

-- The line is put back as it was: what it leads to may be no module.
local function ask(request)
  local set = request.settings
  local port, err = core.open(request.name, { baud = request.bauds[1], rtscts = set.rtscts == "on", restore = true })
  if not port then return failed(err) end
  follow(port, request.verbose)
  local facts, lost = probe(port, request)
  port:close()
  return facts or failed(lost)
end

local function answer(request)
  local caught, why = core.catch_signals()
  if not caught then return failed(why) end
  local ok, facts = pcall(ask, request)
  return ok and facts or failed { message = tostring(facts) }
end

--- Ask, and write the answer to standard output as one line of JSON. It is short enough to be written in one piece.
-- @tparam integer parent the requesting process
-- @tparam string text JSON: `number`, `name`, `bauds`, `settings`, `deep`, `verbose`
function worker.main(parent, text)
  core.die_with_parent(parent)
  local request = assert(json.decode(text))
  local facts = answer(request)
  facts.number = request.number
  uv.fs_write(1, json.encode(facts) .. "\n")
end

return worker
