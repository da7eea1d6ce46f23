--- What is written behind a script's name: options for all scripts, by argparse.
-- @module dfota.cli
local argparse = require "argparse"
local core = require "dfota.core"
local Spec = require "dfota.sim.spec"
local report = require "dfota.report"
local url = require "dfota.url"
local uv = require "luv"

local cli = {}

local function exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

-- `--sim` may stand alone, so what follows it is a SPEC only if it cannot be the package.
local function is_spec(text)
  if not text or text:find("^%-") or url.is_url(text) or exists(text) then return false end
  return text:find("=", 1, true) ~= nil or Spec.parse(text) ~= nil
end

-- argparse has no option whose value may be left out before a positional: take --sim out first.
local function take_sim(args)
  local rest, sim = {}, nil
  local i = 1
  while i <= #args do
    local word = args[i]
    if word == "--" then
      table.move(args, i, #args, #rest + 1, rest)
      break
    elseif word == "--sim" then
      sim = ""
      if is_spec(args[i + 1]) then
        i = i + 1
        sim = args[i]
      end
    elseif word:find("^%-%-sim=") then
      sim = word:sub(7)
    else
      rest[#rest + 1] = word
    end
    i = i + 1
  end
  return rest, sim
end

local function natural(text)
  local number = text:find("^%d+$") and math.tointeger(tonumber(text))
  if not number or number > 1000 then return nil, ("'%s' is not a number of repetitions"):format(text) end
  return number
end

local function baud(text)
  if text == "auto" then return text end
  local number = text:find("^%d+$") and math.tointeger(tonumber(text))
  if not number or number < 75 or number > 4000000 then
    return nil, ("'%s' is not a baud rate: give a number such as 115200, or auto"):format(text)
  end
  return number
end

local function revision(text)
  if text:find("^[%w._/+-]+$") and #text <= 64 then return text end
  return nil, ("'%s' is not a revision such as ATI reports it"):format(text:gsub("%c", "?"))
end

-- Every script that talks to a module has these.
local function port_options(parser)
  parser:option("--port", "Serial device, udev symlink or pty (or env DFOTA_PORT)."):argname("DEV")
  parser:option("--baud", "Rate of the line; auto finds the one at which the module answers."):argname("N|auto")
    :default("auto"):convert(baud)
  parser:flag("--sim", "Start the simulated module and use it as the port; --sim=SPEC sets its switches.")
  parser:option("--set", "Any setting, such as update_silence_s=300."):argname("NAME=VALUE"):count("*")
  parser:option("--config", "A Lua file that returns a table of settings."):argname("FILE")
  parser:option("--trace", "Write every byte both ways with its time."):argname("FILE")
  parser:option("--ledger", "Where updates are recorded: a file, postgres://…, or none.")
    :argname("FILE|URL|none")
  parser:flag("--json", "JSON Lines on stdout, people's text on stderr.")
  parser:flag("--quiet", "Only warnings, errors and the result.")
  parser:flag("--no-color", "No colours (or env NO_COLOR)."):target("no_color")
end

local gates = {
  revision = true, supply = true, sim = true, registration = true, signal = true,
  room = true, package = true, wear = true, dfota = true,
}

local function gate(text)
  if gates[text] then return text end
  local names = {}
  for name in pairs(gates) do names[#names + 1] = name end
  table.sort(names)
  return nil, ("there is no gate '%s': the gates are %s"):format(text:gsub("%c", "?"), table.concat(names, ", "))
end

local function update_options(parser)
  parser:argument("package", "Delta package: a file, or an http:// URL that the module fetches itself.")
    :argname("PACKAGE")
  parser:option("--apn", "PDP context for a URL; auto: from the SIM's home network."):argname("NAME|auto")
  parser:option("--user", "User name for the APN."):argname("NAME")
  parser:option("--password", "Password for the APN."):argname("WORD")
  parser:option("--from", "Source revision that must be there before."):argname("REV"):convert(revision)
  parser:option("--to", "Target revision that must be there after."):argname("REV"):convert(revision)
  parser:option("--retries", "How often a step that is safe to repeat is repeated."):argname("N"):convert(natural)
  parser:flag("--check", "Look, decide, and change nothing.")
  parser:option("--force", "Pass one named gate."):argname("GATE"):count("*"):convert(gate)
end

local function watch_options(parser)
  parser:option("--from", "Revision the module ran before."):argname("REV"):convert(revision)
  parser:option("--to", "Target revision that must be there after."):argname("REV"):convert(revision)
end

local scripts = {
  update = { "Bring a Quectel MC65, M65 or M08-R from one firmware to another.", update_options },
  watch = { "Follow a module that is updating itself, and say how it ended. Triggers nothing.", watch_options },
  info = { "Show a module: identity, revision, supply, signal, SIM, registration, storage." },
}

local function parser_of(name)
  local about, more = table.unpack(scripts[name])
  local parser = argparse("dfota-" .. name, about)
  parser:flag("--version", "Show the version."):action(function()
    io.stdout:write("dfota-", name, " ", core.version, "\n")
    os.exit(0)
  end)
  port_options(parser)
  if more then more(parser) end
  parser:epilog("Exit codes, settings and how to change a flow: see README.md and docs/.")
  return parser
end

-- What a mistake at the keyboard looks like: one line.
local function usage(message)
  local line = message:gsub("%s*\n%s*", "; "):gsub("%c", "?")
  return nil, core.error("usage", line .. " (--help shows the options)")
end

--- Read a script's arguments.
-- @tparam string name update, watch or info
-- @tparam table args
-- @tparam[opt=os.getenv] function getenv
-- @treturn table|nil options by name; nil, err of kind `usage`
function cli.parse(name, args, getenv)
  getenv = getenv or os.getenv
  local rest, sim = take_sim(args)
  local ok, options = parser_of(name):pparse(rest)
  if not ok then return usage(options) end
  options.sim = sim
  if sim and options.port then return usage("--sim and --port exclude each other") end
  if not sim and not options.port then
    local port = getenv "DFOTA_PORT"
    options.port = port ~= "" and port or nil
  end
  if options.port == "" then return usage("--port is empty: name a serial device") end
  local no_color = getenv "NO_COLOR"
  if no_color and no_color ~= "" then options.no_color = true end
  return options
end

--- Is JSON asked for? Known before the arguments are understood, so that a mistake in them gets its result too.
-- @tparam table args
-- @treturn boolean
function cli.wants_json(args)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    if word == "--json" then return true end
  end
  return false
end

--- The report of a script on its own output.
-- @tparam table args
-- @tparam table options as far as they are known
-- @tparam function clock
-- @treturn Report
function cli.report(args, options, clock)
  local json = cli.wants_json(args)
  local tty = uv.guess_handle(json and 2 or 1) == "tty"
  return report.new {
    out = io.stdout, err = io.stderr, json = json, quiet = options.quiet,
    tty = tty, color = tty and not options.no_color, clock = clock, port = options.port,
  }
end

return cli
