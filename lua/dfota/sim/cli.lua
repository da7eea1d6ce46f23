--- The simulated module as a program: what scripts/sim.lua does with its options.
local core = require "dfota.core"
local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"
local Options = require "dfota.sim.options"

local OK, USAGE, BAD_OUTPUT = 0, 2, 74

local function complain(program, message, code)
  program:warn(tostring(message))
  return code or USAGE
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

local function make_package(options, program)
  local from, to, path = table.unpack(options.make_package)
  local plus = math.tointeger(tonumber(options.plus)) or options.plus
  local bytes, why = Package.make(from, to, options.size, options.seed, { plus = plus })
  if not bytes then return complain(program, why) end
  local file, message = io.open(path, "wb")
  if not file then return complain(program, message, BAD_OUTPUT) end
  local written = file:write(bytes)
  if not (file:close() and written) then return complain(program, path .. ": could not be written", BAD_OUTPUT) end
  if not options.quiet then program:say(("%s: %d bytes, from %s to %s"):format(path, #bytes, from, to)) end
  return OK
end

local function serve(options, program)
  local spec, why = Options.parse(options.spec)
  if not spec then return complain(program, why) end
  spec.http = options.http or spec.http
  spec.link = options.link or spec.link
  local m, bad = Module.new(spec, options.seed)
  if not m then return complain(program, bad) end
  if options.owned then core.die_with_parent(options.owned[1]) end
  local pty, broken = core.pty()
  if not pty then return complain(program, broken, BAD_OUTPUT) end
  program:say(pty:name())
  program:flush() -- whoever started it waits for the name
  if not options.quiet then
    program.err:write(("%s %s, revision %s; stop it with Ctrl-C\n"):format(
      spec.manufacturer, spec.model, spec.revision))
  end
  local ended, fault = require("dfota.sim.pty_driver").run(m, pty)
  pty:close()
  if ended then return OK end
  return complain(program, fault, BAD_OUTPUT)
end

--- Runs it.
-- @tparam table options as scripts/sim.lua declares them
-- @tparam table program `say`, `flush` and `warn` write what is said; `err`, a file
-- @treturn integer exit code
return function(options, program)
  if options.list then
    program:say(list_switches())
    return OK
  end
  if options.make_package then return make_package(options, program) end
  return serve(options, program)
end
