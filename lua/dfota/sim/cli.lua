--- The simulated module as a program: what scripts/sim.lua does with its options.
local core = require "dfota.core"
local ineffective = require "dfota.sim.ineffective"
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

-- The switches, as given and all of them; nil, err.
local function switches(options)
  local some, why = Options.read(options.spec)
  if not some then return nil, why end
  some.http, some.link = options.http or some.http, options.link or some.link
  local spec, wrong = Options.new(some)
  if not spec then return nil, wrong end
  return spec, some
end

local function serve(options, program)
  local spec, some = switches(options)
  if not spec then return complain(program, some) end
  local m, bad = Module.new(spec, options.seed)
  if not m then return complain(program, bad) end
  for _, line in ipairs(ineffective(some, spec)) do program:warn(line) end
  if options.owned then core.die_with_parent(options.owned[1]) end
  program:interrupt_waits() -- it was stopped then, and ends with 0
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

-- The options that say nothing to each of the three things that it does.
local IN_VAIN = {
  list = { "make_package", "spec", "seed", "http", "link", "owned", "size" },
  make_package = { "spec", "http", "link", "owned" },
  serve = { "size" },
}

-- An option that would be passed over is a mistake in the call.
local function check(options, does, program)
  for _, name in ipairs(IN_VAIN[does]) do
    if options[name] then
      local how = does == "serve" and "without --make-package" or "with --" .. does:gsub("_", "-")
      program.usage(("--%s has no effect %s"):format(name:gsub("_", "-"), how))
    end
  end
  if does ~= "make_package" and options.plus ~= "avoid" then
    program.usage "--plus has no effect without --make-package"
  end
end

--- Runs it.
-- @tparam table options as scripts/sim.lua declares them
-- @tparam table program `say`, `flush` and `warn` write what is said; `err`, a file
-- @treturn integer exit code
return function(options, program)
  check(options, options.list and "list" or options.make_package and "make_package" or "serve", program)
  if options.list then
    program:say(list_switches())
    return OK
  end
  if options.make_package then return make_package(options, program) end
  return serve(options, program)
end
