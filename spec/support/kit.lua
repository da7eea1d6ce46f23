--- A script that talks to a module, from its arguments to its exit code, in this process: the port is a simulated
-- module's, the clock jumps.
--
--     local done = kit.play("files", { "list" }, { stale_pack = 20 })
--     assert.equal(0, done.rc)
local VirtualHost = require "support.virtual_host"
local app = require "dfota.app"
local json = require "dkjson"
local sink = require "support.sink"

local kit = {}

-- Events by name, the last of each, and their order.
local function events_in(text)
  local events = {}
  for line in text:gmatch "[^\n]+" do
    local event = assert(json.decode(line))
    events[event.event] = event
  end
  return events
end

--- @param name of the script
-- @param args those of the script; port, ledger and --json are added
-- @param[opt] spec switches of the module
-- @param[opt] prepare called with the host before the run
-- @return `rc`, `events` (the last of each name), `result`, `text` for people, `json` lines, `m` the module, `host`
function kit.play(name, args, spec, prepare)
  local path = ("scripts/%s.lua"):format(name)
  local flow, takes = dofile(path)
  local host, out, err = VirtualHost.new(spec), sink.new(), sink.new()
  if prepare then prepare(host) end
  local script = { name = name, flow = flow, path = path, scripts = "scripts", host = host, out = out, err = err,
    args = table.move(args, 1, #args, 5, { "--port", VirtualHost.PORT, "--ledger=none", "--json" }) }
  for field, value in pairs(takes) do script[field] = value end
  local rc = app.main(script)
  local events = events_in(out:text())
  return { rc = rc, events = events, result = events.result, text = err:text(), json = out:text(), m = host.m,
    host = host }
end

return kit
