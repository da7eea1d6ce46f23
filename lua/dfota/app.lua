--- From a script's arguments to its exit code: what a call says is read before anything that carries it out is loaded.
--
-- A fleet has a process for each module, and each pays for what it loads. So what few calls need is loaded where such a
-- call needs it, but always before the trigger: behind it nothing is read from a disk that may fail, or be upgraded
-- meanwhile.
-- @module dfota.app
local core = require "dfota.core"
core.fill_standard_handles() -- before anything is opened, by libuv for one

local handles = require "dfota.handles"
local enough, too_few = handles.spare()
if not enough then return handles.refusing(too_few) end

local cli = require "dfota.config.cli"

local app = {}

local function is_switches(word) return require("dfota.sim.options").parse(word) ~= nil end

-- Arguments are read once, and what read them is a tenth of all that is loaded: its room is for the rest.
local function forget_parser()
  for _, name in ipairs { "argparse", "dfota.config.parser" } do package.loaded[name] = nil end
  collectgarbage()
end

-- The ledger's own process begins beside us, and while we are small (`dfota.base.worker_process`).
local function begin_ledger(options)
  local has_none = options.ledger == "none" or options.sim and not options.ledger
  if not has_none then require("dfota.ledger.ledger").prepare() end
end

--- Run a script's flow.
-- @tparam table script `name`; `args` its arguments, as of `dfota.config.call`; `scripts` folder of the tables; `flow`
--   gets the job as flows see it (`dfota.update.words`); `path` of the script's source; `like`, `about` and `options`
--   as of `cli.parse`: what it takes; `check` function(options) → true; nil, err: what else can be wrong with a call;
--   `out` and `err`, the files that are written to; `owns_output`: these are the process's own; `host` its ports,
--   signals, clock and waiting: `list`, `holder`, `open`, `catch_signals`, `hold_signals`, `signals_taken`, `now`,
--   `wait` (those of `dfota.core`); `prober`, if not `dfota.ports.prober`
-- @treturn integer exit code
function app.main(script)
  local options, err = cli.parse(script, script.args, { is_switches = is_switches })
  if options and options.words then return require("dfota.output").tell(script, options.words) end
  if script.owns_output then forget_parser() end
  if script.owns_output and options then begin_ledger(options) end
  return require("dfota.assembly").main(script, options, err)
end

return app
