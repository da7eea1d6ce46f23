--- The scripts as a user runs them: separate processes, on the simulated module's pty. Or, where neither the process
-- nor the port matters, from their arguments to their exit code in this process, on a virtual module: the clock jumps.
--
--     local module = run.module { fail = "end:6508" } -- or run.virtual
--     local done = run.update(module, { run.package() })
--     assert.equal(81, done.rc)
--     module:stop()
local Process = require "support.process"
local Simulator = require "support.simulator"
local Trace = require "dfota.at.trace"
local Options = require "dfota.sim.options"
local VirtualHost = require "support.virtual_host"
local app = require "dfota.app"
local environment = require "dfota.config.environment"
local folder = require "support.folder"
local json = require "dkjson"
local sink = require "support.sink"
local uv = require "luv"

local run = {}

--- Default revisions of packages and modules here.
run.A, run.B = "MC65FAR01A01", "MC65FAR01A02"

-- A module with all times short.
local QUICK = {
  boot_s = 0.02, reboot_s = 0.02, cpin_s = 0.01, call_ready_s = 0.02, reg_s = 0, power_back_s = "0.05", end_s = 0.01,
  update_s = 0.05, update_step = 20, download_s = 0.05, deact_s = 0.01, trigger_s = 0.01, flash_s = 0.002,
  connect_s = 0.002, qiact_s = 0.01, qideact_s = 0.01, reply_s = 0.001,
}

-- Matching settings.
local FAST = {
  gap_s = 0.002, at_s = 0.06, verify_pause_s = 0.02, reading_pause_s = 0.01, listen_s = 0.1, guard_s = 0.1,
  resync_timeout_s = 1,
}

local home, remove_home
local files = 0

--- A name in a directory that `run.clean` removes.
function run.path(name)
  if not home then home, remove_home = folder.new() end
  files = files + 1
  return ("%s/%d-%s"):format(home, files, name)
end

--- Removes what the specs of a file have created.
function run.clean()
  if home then remove_home() end
  home = nil
end

local Package = require "dfota.sim.package"

--- A simulated package in a file.
-- @param[opt] options `from`, `to`, `size` (4000 bytes), `plus`
-- @return its path
function run.package(options)
  options = options or {}
  local bytes = assert(Package.make(options.from or run.A, options.to or run.B, options.size or 4000, 1, options))
  return folder.write(run.path "A2B.pack", bytes)
end

local function joined(quick, own, between)
  local all, words = {}, {}
  for name, value in pairs(quick) do all[name] = value end
  for name, value in pairs(own or {}) do all[name] = value end
  for name, value in pairs(all) do words[#words + 1] = name .. "=" .. tostring(value) end
  table.sort(words)
  return between and table.concat(words, between) or words
end

--- The switches of a fast module, as text.
function run.spec(switches) return joined(QUICK, switches, ",") end

--- A simulated module on a pty; `name` is the port, `stop()` ends it.
function run.module(switches, more)
  return Simulator.start(run.spec(switches), more)
end

local function with_name(host)
  host.name, host.stop = VirtualHost.PORT, function() end
  return host
end

--- A virtual one with the same switches, which `run.update` and its like take, too.
function run.virtual(switches)
  return with_name(VirtualHost.new(assert(Options.read(run.spec(switches))), switches and switches.seed))
end

--- A virtual one that answers as a `dfota.sim.player` does.
function run.virtual_player(player) return with_name(VirtualHost.of(player)) end

-- What whoever runs the specs has set is none of theirs.
local function of_specs(changes)
  local all = { XDG_CONFIG_HOME = "/nonexistent" }
  for _, variable in ipairs(environment.list) do all[variable.name] = false end
  for key, value in pairs(changes or {}) do all[key] = value end
  return all
end

local function changed_environment(changes)
  local env, list = uv.os_environ(), {}
  for name, value in pairs(changes) do env[name] = value or nil end
  for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
  return list
end

local function events_of(text)
  local events = {}
  for line in text:gmatch "[^\n]+" do events[#events + 1] = assert(json.decode(line, 1, json.null)) end
  return events
end

--- Starts a script.
-- @param name update, watch or info, or a path
-- @param args
-- @param[opt] options `env` (name → value, false to remove one), `folder` of the scripts, `lua` interpreter
-- @return a process
function run.start(name, args, options)
  options = options or {}
  local path = name:find("/") and name or ("%s/%s.lua"):format(options.folder or "scripts", name)
  local words = table.move(args, 1, #args, 2, { path })
  return Process.start(options.lua or Process.lua, words, { env = changed_environment(of_specs(options.env)) })
end

local function has(args, word)
  for _, each in ipairs(args) do
    if each == word then return true end
  end
end

local function with_events(done, args)
  if not has(args, "--json") then return done end
  done.events = events_of(done.out)
  done.result = done.events[#done.events]
  return done
end

local function finished(process, args)
  return with_events({ rc = process:wait(), out = process.out, err = process.err }, args)
end

-- The environment has these changes while the function runs.
local function in_environment(changes, fn)
  local before = {}
  local function set(name, value) if value then uv.os_setenv(name, value) else uv.os_unsetenv(name) end end
  for name, value in pairs(changes) do
    before[name] = os.getenv(name) or false
    set(name, value)
  end
  local ok, result = pcall(fn)
  for name, value in pairs(before) do set(name, value) end
  return ok and result or error(result, 0)
end

-- In this process, on a virtual module.
local function run_here(name, host, words, options)
  local scripts = options.folder or "scripts"
  local path = ("%s/%s.lua"):format(scripts, name)
  local flow, script = dofile(path)
  local out, err = sink.new(), sink.new()
  script.name, script.path, script.scripts, script.flow, script.host = name, path, scripts, flow, host
  script.out, script.err = out, err
  script.args = table.move(words, 1, #words, 1, { [-1] = Process.lua, [0] = path })
  local rc = in_environment(of_specs(options.env), function() return app.main(script) end)
  return with_events({ rc = rc, out = out:text(), err = err:text() }, words)
end

--- Starts a script and waits for its end.
-- @param name, args, options as of `start`, and `meanwhile` function(process) called when it has started
-- @return `rc`, `out`, `err`, and with --json `events` and `result`
function run.script(name, args, options)
  local process = run.start(name, args, options)
  if options and options.meanwhile then options.meanwhile(process) end
  return finished(process, args)
end

-- With --json, a trace, and settings for a fast module.
local function words_for(name, module, args, options, trace)
  local words = { "--port", module.name, "--ledger", options.ledger or "none", "--json", "--trace", trace }
  for _, setting in ipairs(joined(FAST, options.set)) do
    words[#words + 1] = "--set"
    words[#words + 1] = setting
  end
  -- No spec contacts a server outside; those with their own server say so.
  if name == "update" and not options.preflight then words[#words + 1] = "--no-preflight" end
  return table.move(args, 1, #args, #words + 1, words)
end

local function on_module(name, module, args, options)
  options = options or {}
  local trace = run.path "trace"
  local words = words_for(name, module, args, options, trace)
  local is_virtual = getmetatable(module) == VirtualHost
  local done = is_virtual and run_here(name, module, words, options) or run.script(name, words, options)
  done.trace = io.open(trace) and folder.read(trace) or ""
  done.sent = run.sent(done.trace)
  return done
end

--- The same in parallel, for independent runs.
-- @param name update, watch or info
-- @return function that waits for the end: `rc`, `out`, `err`, `events`, `result`
function run.begin(name, module, args, options)
  local words = words_for(name, module, args, options or {}, run.path "trace")
  local process = run.start(name, words, options)
  return function() return finished(process, words) end
end

--- Runs update.lua on a module, with --json and a trace.
-- @param module from `run.module` or `run.virtual`
-- @param args further arguments
-- @param[opt] options as of `run.script`; `set` settings, name → value; `ledger`;
--   `preflight` to let it check the URL first
-- @return as from `run.script`; `trace` its text; `sent` the commands sent
function run.update(module, args, options) return on_module("update", module, args, options) end

--- The same for watch.lua and info.lua.
function run.watch(module, args, options) return on_module("watch", module, args, options) end
function run.info(module, args, options) return on_module("info", module, args, options) end

--- The commands in a trace: what was sent and begins with AT.
function run.sent(text)
  local commands = {}
  for line in text:gmatch "[^\n]+" do
    local _, direction, bytes = Trace.parse(line)
    local command = direction == "tx" and bytes:match "^([Aa][Tt][^\r]*)\r$"
    if command then commands[#commands + 1] = command end
  end
  return commands
end

--- How often the update was triggered, by a trace's commands.
function run.triggers(done)
  local count = 0
  for _, command in ipairs(done.sent) do
    if command:find "^AT%+QFOTADL=[^?]" then count = count + 1 end
  end
  return count
end

--- Events of one name.
function run.only(done, name)
  local found = {}
  for _, event in ipairs(done.events) do
    if event.event == name then found[#found + 1] = event end
  end
  return found
end

--- A separate site: the scripts copied as by `make install`, some files replaced.
-- @param replaced file name → content
-- @return the directory of its scripts
function run.site(replaced)
  local site = run.path "site"
  local root = assert(uv.fs_realpath "lua")
  assert(uv.fs_mkdir(site, 448))
  assert(uv.fs_mkdir(site .. "/scripts", 448))
  assert(uv.fs_symlink(root, site .. "/lua"))
  for name in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir "scripts") do
    folder.write(site .. "/scripts/" .. name, replaced[name] or folder.read("scripts/" .. name))
  end
  return site .. "/scripts"
end

--- retries.lua without pauses.
run.NO_PAUSES = [[
local table = { sync = { times = 1 } }
for _, step in ipairs { "query", "register", "pdp", "upload" } do table[step] = { times = 3, pause_s = 0 } end
return table
]]

return run
