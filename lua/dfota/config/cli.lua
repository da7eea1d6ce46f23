--- Command-line options for all scripts, by argparse.
-- @module dfota.config.cli
local argparse = require "argparse"
local core = require "dfota.core"
local arguments = require "dfota.config.arguments"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"
local url = require "dfota.config.url"
local uv = require "luv"

local cli = {}

local function exists(path) return uv.fs_stat(path) ~= nil end

-- The SPEC of `--sim` is optional, so what follows is one only if it cannot be the package.
local function is_spec(word, is_switches)
  if not word or word:find("^%-") or url.is_url(word) or exists(word) then return false end
  return word:find("=", 1, true) ~= nil or is_switches(word)
end

-- argparse has no option with an optional value before a positional: take --sim out first.
local function take_sim(args, is_switches)
  local rest, sim = {}, nil
  local i = 1
  while i <= #args do
    local word = args[i]
    if word == "--" then
      table.move(args, i, #args, #rest + 1, rest)
      break
    elseif word == "--sim" then
      sim = ""
      if is_spec(args[i + 1], is_switches) then
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

local function natural(value)
  local number = value:find("^%d+$") and math.tointeger(tonumber(value))
  if not number or number > 1000 then return nil, ("'%s' is not a valid number of retries"):format(value) end
  return number
end

local function baud(value)
  if value == "auto" then return value end
  local number = value:find("^%d+$") and math.tointeger(tonumber(value))
  if not number or number < 75 or number > 4000000 then
    return nil, ("'%s' is not a baud rate: give a number such as 115200, or auto"):format(value)
  end
  return number
end

local function revision(value)
  -- A space may occur inside; at either end it is a quoting mistake.
  if value:find("^[%w._/+-][%w._/+ -]*$") and not value:find(" $") and #value <= 64 then return value end
  return nil, ("'%s' is not a revision as ATI reports it"):format(text.brief(value))
end

local function imei(value)
  if value:find("^%d+$") and #value == 15 then return value end
  return nil, ("'%s' is not an IMEI: it has 15 digits"):format(text.brief(value))
end

-- It is stored in the ledger and appears in tables and queries.
local function run_id(value)
  if value:find("^[%w][%w._:/+-]*$") and #value <= 64 then return value end
  return nil, ("'%s' cannot name a run: use up to 64 letters, digits and ._:/+-"):format(text.brief(value))
end

-- Gates may be custom ones: any name that a flow may use.
local function gate(value)
  if value:find("^[%w_][%w_.-]*$") and #value <= 64 then return value end
  return nil, ("'%s' is not the name of a gate"):format(text.brief(value))
end

-- Every script that talks to a module has these.
local function port_options(parser)
  parser:option("--port", "Serial device, udev symlink or pty (or env DFOTA_PORT)."):argname("DEV")
  parser:option("--baud", "Baud rate; auto finds the one the module answers at."):argname("N|auto")
    :default("auto"):convert(baud)
  parser:flag("--sim", "Start the simulated module and use it as the port; --sim=SPEC sets its switches.")
  parser:option("--set", "Any setting, such as update_silence_s=300."):argname("NAME=VALUE"):count("*")
  parser:flag("--settings", "List all settings: value, where it comes from, default, bounds, meaning, source.")
  parser:option("--config", "A Lua file that returns a table of settings."):argname("FILE")
  parser:option("--trace", "Record every byte in both directions, with its time."):argname("FILE")
  parser:flag("--trace-data", "Include uploaded data in the trace, not just its size and SHA-256.")
    :target("trace_data")
  parser:option("--ledger", "Where updates are recorded: a file, postgres://…, or none.")
    :argname("FILE|URL|none")
  parser:flag("--json", "JSON Lines on stdout, text for people on stderr.")
  parser:flag("--quiet", "Only warnings, errors and the result.")
  parser:flag("-v --verbose", "Show the traceback of an error in a script, too.")
  parser:flag("--no-color", "No colours (or env NO_COLOR)."):target("no_color")
end

local function update_options(parser, listing)
  parser:argument("package", "Delta package: a file, or an http:// URL that the module fetches itself; with --to also "
    .. "a folder of packages with manifests, through which the way is planned.")
    :argname("PACKAGE"):args(listing and "?" or 1)
  parser:option("--apn", "PDP context for a URL; auto: from the SIM's home network; module (the default): "
    .. "what the module has configured."):argname("NAME|auto|module")
  parser:option("--user", "User name for the APN."):argname("NAME")
  parser:option("--password", "Password for the APN, or a file that contains it (or env DFOTA_PASSWORD).")
    :argname("WORD|@FILE")
  parser:option("--imei", "IMEI of the module that must be there."):argname("N"):convert(imei)
  parser:option("--from", "Source revision required before the update."):argname("REV"):convert(revision)
  parser:option("--to", "Target revision required after the update."):argname("REV"):convert(revision)
  parser:option("--manifest", "The package's manifest, if it is not PACKAGE.json."):argname("FILE")
  parser:option("--key", "Public key whose signatures of manifests count (default: keys/*.pem beside your settings).")
    :argname("FILE"):count("*")
  parser:flag("-y --yes", "Carry out the plan through a folder without a question.")
  parser:option("--run", "Campaign that this update belongs to, for the ledger."):argname("ID"):convert(run_id)
  parser:option("--retries", "How often a step that is safe to repeat is repeated."):argname("N"):convert(natural)
  parser:flag("--check", "Look, decide, and change nothing.")
  parser:flag("--no-preflight", "Do not check the URL from this machine first."):target("no_preflight")
  parser:option("--force", "Pass one named gate."):argname("GATE"):count("*"):convert(gate)
end

local function watch_options(parser)
  parser:option("--from", "Revision the module ran before."):argname("REV"):convert(revision)
  parser:option("--to", "Target revision required after the update."):argname("REV"):convert(revision)
end

-- The kinds of script: what each is for, and its options.
local KINDS = {
  update = { "Update the firmware of a Quectel MC65, M65 or M08-R.", update_options },
  watch = { "Follow a module that is already updating, and report the outcome. Triggers nothing.", watch_options },
  info = { "Show a module: identity, revision, supply, signal, SIM, registration, storage." },
}

local function target_of(flag) return (flag:match "%-%-([%w-]+)$":gsub("-", "_")) end

-- A custom script's own option: { "--site", "Where the module is installed.", argname = "NAME" }.
local function add_own(parser, known, own)
  local flag = own[1]
  if type(flag) ~= "string" or not flag:find "^%-%-%l[%w-]*$" or type(own[2]) ~= "string" then
    error(core.error("settings", "an option of a script is { \"--name\", \"what it is for\", … }"), 0)
  elseif known[target_of(flag)] then
    error(core.error("settings", ("the script's option %s already exists in dfota"):format(flag)), 0)
  end
  if own.flag then return parser:flag(flag, own[2]) end
  local option = parser:option(flag, own[2]):argname(own.argname or "VALUE")
  if own.default ~= nil then option:default(own.default) end
  if own.convert then option:convert(own.convert) end
end

-- Names that a script's own option would hide.
local function taken(parser)
  local known = { help = true, sim = true }
  for name in parser:get_usage():gmatch "%-%-([%w-]+)" do known[name:gsub("-", "_")] = true end
  return known
end

-- The parser, and a table that gets `words` if only the help or version is asked for: argparse itself would print them
-- and exit.
local function parser_of(script, listing)
  local name, asked = script.name, {}
  local function only_say(words)
    asked.words = words
    error("help or version", 0)
  end
  local about, more = table.unpack(KINDS[script.like or name] or KINDS.update)
  local parser = argparse("dfota-" .. name, script.about or about):add_help(false)
  parser:flag("-h --help", "Show this help."):action(function() only_say(parser:get_help()) end)
  parser:flag("--version", "Show the version."):action(function()
    only_say(("dfota-%s %s"):format(name, core.version))
  end)
  port_options(parser)
  if more then more(parser, listing) end
  local known = taken(parser)
  for _, own in ipairs(script.options or {}) do add_own(parser, known, own) end
  parser:epilog("Exit codes, settings and how to change a flow: see README.md and docs/.")
  return parser, asked
end

-- A usage error is one line.
local function usage(message)
  local line = text.printable((message:gsub("%s*\n%s*", "; ")))
  return nil, core.error("usage", line .. " (--help shows the options)")
end

local MAX_PASSWORD_FILE = 1024

-- One line; a line end added by an editor is not part of it.
local function password_in(path)
  local content, why = regular_file.read(path, MAX_PASSWORD_FILE)
  local shown = text.printable(path)
  if not content then return nil, ("--password @%s: %s"):format(shown, why) end
  local line = content:match("^([^\r\n]+)\r?\n?$")
  if not line then return nil, ("--password @%s: the file must contain one line, the password"):format(shown) end
  return line
end

-- A password in the environment applies to any APN given; one on the command line requires --apn.
local function settle_apn(options, getenv)
  if options.apn == "module" then options.apn = nil end
  if not options.apn then
    if options.user or options.password then return usage("--user and --password need --apn: NAME or auto") end
    return true
  end
  if not options.password then
    local word = getenv "DFOTA_PASSWORD"
    options.password = word ~= "" and word or nil
  elseif options.password:find("^@") then
    local word, why = password_in(options.password:sub(2))
    if not word then return usage(why) end
    options.password = word
  end
  return true
end

local MAY_NOT_BE_EMPTY = { "port", "trace" }

local function find_empty(options)
  for _, name in ipairs(MAY_NOT_BE_EMPTY) do
    if options[name] == "" then return usage(("--%s is empty"):format(name)) end
  end
  return true
end

local function settle_port(options, getenv)
  if options.sim and options.port then return usage("--sim and --port are mutually exclusive") end
  if not options.sim and not options.port then
    local port = getenv "DFOTA_PORT"
    options.port = port ~= "" and port or nil
  end
  return true
end

local function settle(options, getenv)
  local no_color = getenv "NO_COLOR"
  if no_color and no_color ~= "" then options.no_color = true end
  options.preflight = not options.no_preflight
  for _, step in ipairs { find_empty, settle_port, settle_apn } do
    local ok, err = step(options, getenv)
    if not ok then return nil, err end
  end
  return options
end

--- The options that a script has besides those of its kind, by the names of their values.
-- @tparam table script
-- @treturn {string,...}
function cli.own_names(script)
  local names = {}
  for i, own in ipairs(script.options or {}) do names[i] = target_of(own[1]) end
  return names
end

--- Parse a script's arguments.
-- @tparam table script `name`; `like` which of update, watch and info it is like (by its name, or else update);
--   `about` what it is for; `options` of its own, each `{ "--name", "what it is for" }` with `argname`, `default`,
--   `convert` or `flag = true`
-- @tparam table args
-- @tparam[opt] table host `getenv` (default os.getenv); `is_switches` function(word) → boolean: does a word after
--   `--sim` name switches of the simulated module? Without it, only one with a "=" does
-- @treturn table|nil options by name, `apn` nil for the module's own, `preflight` false if disabled; or `words`
--   alone if the version or help is asked for; nil, err of kind `usage`
function cli.parse(script, args, host)
  host = host or {}
  local rest, sim = take_sim(args, host.is_switches or function() return false end)
  -- --settings needs no package.
  local built, parser, asked = pcall(parser_of, script, arguments.has(args, "--settings"))
  if not built then return nil, core.is_error(parser) and parser or error(parser, 0) end
  local ran, ok, options = pcall(parser.pparse, parser, rest)
  if asked.words then return asked end
  if not ran then error(ok, 0) end
  if not ok then return usage(options) end
  options.sim = sim
  return settle(options, host.getenv or os.getenv)
end

return cli
