--- The command line of the simulated module: what scripts/sim.lua does.
local argparse = require "argparse"
local core = require "dfota.core"
local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"
local Options = require "dfota.sim.options"

local OK, LOST, USAGE, BAD_OUTPUT = 0, 1, 2, 74

local function new_parser()
  local parser = argparse("sim.lua", "A simulated Quectel MC65 on a pty. The first line it prints is the port to open.")
    :add_help(false)
  parser:flag("-h --help", "Print this help and exit.")
  parser:option("--spec", "Switches: name=value,name,… (see --list)."):argname("SPEC")
  parser:option("--seed", "Seed of everything random."):argname("N"):convert(math.tointeger)
  parser:option("--http", "Where to download a URL from: nowhere, or the real server."):choices { "simulated", "real" }
  parser:option("--link", "Throttle the line: a rate in bit/s, or 'baud' for the module's own."):argname("BAUD")
  parser:flag("--quiet", "Print only the port's name.")
  parser:option("--owned", "Exit when the parent process ends; its PID detects one that has already ended.")
    :args("?"):argname("PID"):convert(math.tointeger)
  parser:flag("--version", "Print the version and exit.")
  parser:flag("--list", "Print the switches and exit.")
  parser:option("--make-package", "Write a simulated delta package that upgrades from A to B, and exit.")
    :args(3):argname { "A", "B", "FILE" }
  parser:option("--size", "Size of that package in bytes."):argname("N"):convert(math.tointeger)
  parser:option("--plus", "Whether it contains +++: avoid, any, or the offset of one.")
    :argname("WHERE"):default("avoid")
  return parser
end

local function complain(err, message)
  err:write("sim.lua: ", tostring(message), "\n")
  return USAGE
end

-- Lost output is a failure.
local function tell(out, err, words)
  local ok, why = out:write(words, "\n")
  if ok then ok, why = out:flush() end
  if ok then return OK end
  err:write("sim.lua: the output was lost: ", why, "\n")
  return LOST
end

local function list_switches()
  local group, lines = nil, {}
  for _, switch in ipairs(Options.list) do
    if switch.group ~= group then
      group = switch.group
      lines[#lines + 1] = group
    end
    local unit = switch.unit ~= "" and " [" .. switch.unit .. "]" or ""
    local source = switch.source ~= "" and " (default: " .. switch.source .. ")" or ""
    lines[#lines + 1] = ("  %s=%s%s  %s%s"):format(switch.name, tostring(switch.default), unit, switch.doc, source)
  end
  return table.concat(lines, "\n")
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
  if options.quiet then return OK end
  return tell(out, err, ("%s: %d bytes, from %s to %s"):format(path, #bytes, from, to))
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
  if tell(out, err, pty:name()) ~= OK then return LOST end -- without its name nobody can open it
  if not options.quiet then
    err:write(("%s %s, revision %s; stop it with Ctrl-C\n"):format(spec.manufacturer, spec.model, spec.revision))
  end
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
  if options.help then return tell(out, err, parser:get_help()) end
  if options.version then return tell(out, err, "dfota-sim " .. core.version) end
  if options.list then return tell(out, err, list_switches()) end
  if options.make_package then return make_package(options, out, err) end
  return serve(options, out, err)
end
