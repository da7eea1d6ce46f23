--- The command line of the simulated module: what scripts/sim.lua does.
local argparse = require "argparse"
local core = require "dfota.core"
local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"
local Options = require "dfota.sim.options"

local OK, USAGE, BAD_OUTPUT = 0, 2, 74

local function new_parser()
  local parser = argparse("sim.lua", "A simulated Quectel MC65 on a pty. The first line it prints is the port to open.")
  parser:option("--spec", "Switches: name=value,name,… (see --list)."):argname("SPEC")
  parser:option("--seed", "Seed of everything random."):argname("N"):convert(math.tointeger)
  parser:option("--http", "Where a URL is fetched from: nowhere, or the real server."):choices { "simulated", "real" }
  parser:option("--link", "Throttle of the line: a rate in bit/s, or 'baud' for the module's own."):argname("BAUD")
  parser:flag("--quiet", "Say nothing but the port's name.")
  parser:option("--owned", "End when the process that started it ends; its PID tells one that ended before this began.")
    :args("?"):argname("PID"):convert(math.tointeger)
  parser:flag("--version", "Print the version and end.")
  parser:flag("--list", "Print the switches and end.")
  parser:option("--make-package", "Write a simulated delta package that upgrades from A to B, and end.")
    :args(3):argname { "A", "B", "FILE" }
  parser:option("--size", "Size of that package in bytes."):argname("N"):convert(math.tointeger)
  parser:option("--plus", "Does it hold +++: avoid, any, or the offset where one is put.")
    :argname("WHERE"):default("avoid")
  return parser
end

local function complain(err, message)
  err:write("sim.lua: ", tostring(message), "\n")
  return USAGE
end

local function list_switches(out)
  local group
  for _, switch in ipairs(Options.list) do
    if switch.group ~= group then
      group = switch.group
      out:write(group, "\n")
    end
    local unit = switch.unit ~= "" and " [" .. switch.unit .. "]" or ""
    local source = switch.source ~= "" and " (default: " .. switch.source .. ")" or ""
    out:write(("  %s=%s%s  %s%s\n"):format(switch.name, tostring(switch.default), unit, switch.doc, source))
  end
  return OK
end

local function make_package(options, out, err)
  local from, to, path = table.unpack(options.make_package)
  local plus = math.tointeger(tonumber(options.plus)) or options.plus
  local bytes, why = Package.make(from, to, options.size, options.seed, { plus = plus })
  if not bytes then return complain(err, why) end
  local file, message = io.open(path, "wb")
  if not file then
    err:write("sim.lua: ", message, "\n")
    return BAD_OUTPUT
  end
  local written = file:write(bytes)
  if not (file:close() and written) then
    err:write("sim.lua: ", path, ": could not be written\n")
    return BAD_OUTPUT
  end
  if not options.quiet then out:write(("%s: %d bytes, from %s to %s\n"):format(path, #bytes, from, to)) end
  return OK
end

local function serve(options, out, err)
  local spec, why = Options.parse(options.spec)
  if not spec then return complain(err, why) end
  spec.http = options.http or spec.http
  spec.link = options.link or spec.link
  local m, bad = Module.new(spec, options.seed)
  if not m then return complain(err, bad) end
  if options.owned then core.die_with_parent(options.owned[1]) end
  local pty, broken = core.pty()
  if not pty then
    err:write("sim.lua: ", tostring(broken), "\n")
    return BAD_OUTPUT
  end
  out:write(pty:name(), "\n")
  if not options.quiet then
    err:write(("%s %s, revision %s; stop it with Ctrl-C\n"):format(spec.manufacturer, spec.model, spec.revision))
  end
  out:flush()
  local ended, fault = require("dfota.sim.pty_driver").run(m, pty)
  pty:close()
  if ended then return OK end
  err:write("sim.lua: ", tostring(fault), "\n")
  return BAD_OUTPUT
end

--- Runs it.
-- @tparam table args the command line
-- @param out where the port's name goes
-- @param err where everything else goes
-- @treturn integer exit code
return function(args, out, err)
  local parser = new_parser()
  local good, options = parser:pparse(args)
  if not good then return complain(err, options) end
  if options.version then
    out:write("dfota-sim ", core.version, "\n")
    return OK
  end
  if options.list then return list_switches(out) end
  if options.make_package then return make_package(options, out, err) end
  return serve(options, out, err)
end
