--- The options of the scripts that talk to a module, as data that parser, help, man pages and completions share.
--
-- An option is `{ "-p --port", "What it is for.", … }`, an argument `{ "PACKAGE", "What it is.", … }`, with
--
-- * `argname`, the name of its value; `flag = true` if it has none, and `optional` that of one that may be left out
-- * `args`, how many values, as argparse counts them
-- * `default`; `choices`, the only values; `convert`, a function that returns the value, or nil and what is wrong
-- * `count`, how often it may be given ("*": any number, its value is a list; of a flag the value is the count)
-- * `target`, the name of its value in the parsed options, otherwise taken from its long name
-- * `group`, the heading it is listed under
-- * `words`, values to suggest besides others; `complete`, what else its value is: "file", "directory", "port",
--   "setting", "gate" or "switches" (completions; "file" where argname says FILE, "directory" where it says DIR)
-- @module dfota.config.option_list

local option_values = require "dfota.config.option_values"

local option_list = {}

--- Every script has these.
option_list.standard = {
  { "-h --help", "Show this help.", flag = true, group = "Help" },
  { "--version", "Show the version.", flag = true, group = "Help" },
}

--- Every script that talks to no module has these as well, unless it declares one itself.
option_list.program = {
  { "-v --verbose", "Show the traceback of an error in the script.", flag = true, group = "Help" },
}

--- Which updates, out of which ledger: for programs that have `also = "updates"`.
option_list.updates = {
  { "--ledger", "The ledger: a file or postgres://… (default: the one that update.lua uses; or env DFOTA_LEDGER).",
    argname = "FILE|URL", group = "Which updates" },
  { "--imei", "Only this module.", argname = "N", convert = option_values.imei, group = "Which updates" },
  { "--since", "Only those started then or later: 2026-11-27, '2026-11-27 18:30', today, or 7d for seven days ago. "
    .. "Local time, or UTC with a Z behind it.", argname = "DATE", group = "Which updates" },
  { "--until", "Only those started then or earlier; a day counts to its end.", argname = "DATE",
    group = "Which updates" },
  { "--run", "Only those of this campaign.", argname = "ID", group = "Which updates" },
  { "--outcome", "Only those with this outcome; open: triggered, and the end is not certain. May be repeated.",
    argname = "WORD", count = "*", group = "Which updates", choices = { "updated", "already_current", "checked",
      "not_started", "failed_on_source", "wrong_revision", "unknown", "open" } },
}

local PORT = {
  { "-p --port", "Serial device, udev symlink or pty (or env DFOTA_PORT).", argname = "DEV", complete = "port" },
  { "-b --baud", "Baud rate (or env DFOTA_BAUD); auto finds the one the module answers at.", argname = "N|auto",
    words = { "auto", "9600", "19200", "38400", "57600", "115200", "230400", "460800", "921600" },
    convert = option_values.baud, shown_default = "auto" },
  { "--sim", "Start the simulated module and use it as the port. SPEC sets its switches, as in csq=5,fail=end:6508.",
    flag = true, optional = "SPEC", complete = "switches" },
}
for _, option in ipairs(PORT) do option.group = "Port" end

local SETTINGS = {
  { "--set", "Any setting, such as update_silence_s=300.", argname = "NAME=VALUE", count = "*", complete = "setting" },
  { "--settings", "List all settings: value, where it comes from, default, bounds, meaning, source.", flag = true },
  { "--config", "A Lua file that returns a table of settings. It wins over your settings.lua.", argname = "FILE" },
}
for _, option in ipairs(SETTINGS) do option.group = "Settings" end

local OUTPUT = {
  { "-v --verbose", "Show commands and replies as they go, on stderr, and the traceback of an error in a "
    .. "script; -vv shows every byte. Secrets are masked.", flag = true, count = "0-2" },
  { "-q --quiet", "Only warnings, errors and the result.", flag = true },
  { "--json", "JSON Lines on stdout, text for people on stderr.", flag = true },
  { "--no-color", "No colours (or env NO_COLOR).", flag = true },
  { "--trace", "Record every byte in both directions, with its time.", argname = "FILE" },
  { "--trace-data", "Include uploaded data in the trace, not just its size and SHA-256.", flag = true },
  { "--ledger", "Where updates are recorded: a file, postgres://…, or none (or env DFOTA_LEDGER).",
    argname = "FILE|URL|none", words = { "none", "postgres://" }, complete = "file" },
}
for _, option in ipairs(OUTPUT) do option.group = "Output and records" end

--- Every script that talks to a module has these.
option_list.module = {}
for _, options in ipairs { PORT, SETTINGS, OUTPUT } do
  table.move(options, 1, #options, #option_list.module + 1, option_list.module)
end

local UPDATE = {
  { "--from", "Source revision required before the update.", argname = "REV", convert = option_values.revision },
  { "--to", "Target revision required after the update.", argname = "REV", convert = option_values.revision },
  { "--imei", "IMEI of the module that must be there.", argname = "N", convert = option_values.imei },
  { "-n --check", "Look, decide, and change nothing.", flag = true },
  { "--force", "Pass one named gate.", argname = "GATE", count = "*", convert = option_values.gate,
    complete = "gate" },
  { "--power-cycle", "Cycle the module's power first: settings power_line or power_command.", flag = true },
  { "--manifest", "The package's manifest, if it is not PACKAGE.json.", argname = "FILE" },
  { "--key", "Public key whose signatures of manifests count (default: keys/*.pem beside your settings).",
    argname = "FILE", count = "*" },
  { "--sums", "Use no package and no manifest but those that this file of sha256sum names.", argname = "FILE" },
  { "-y --yes", "Carry out the plan through a folder without a question.", flag = true },
  { "--retries", "How often a step that is safe to repeat is repeated.", argname = "N",
    convert = option_values.retries },
  { "--run", "Campaign that this update belongs to, for the ledger.", argname = "ID", convert = option_values.run },
  { "--central", "Ask the central ledger at postgres://… before the trigger whether that run was stopped (or env "
    .. "DFOTA_CENTRAL).", argname = "URL" },
}
for _, option in ipairs(UPDATE) do option.group = "Update" end

local URL = {
  { "--apn", "PDP context for a URL; auto: from the SIM's home network; module (the default): "
    .. "what the module has configured.", argname = "NAME|auto|module", words = { "auto", "module" } },
  { "--user", "User name for the APN.", argname = "NAME" },
  { "--password", "Password for the APN, or a file that contains it (or env DFOTA_PASSWORD).",
    argname = "WORD|@FILE" },
  { "--no-preflight", "Do not check the URL from this machine first.", flag = true },
}
for _, option in ipairs(URL) do option.group = "Download of a URL" end

local WATCH = {
  { "--from", "Revision the module ran before.", argname = "REV", convert = option_values.revision, group = "Update" },
  { "--to", "Target revision required after the update.", argname = "REV", convert = option_values.revision,
    group = "Update" },
}

--- What scripts that talk to a module may be like: `about`, `options` besides those of every one, `arguments`,
-- `examples`, `done` what exit code 0 means, `exit_codes` the others besides 1, 2 and 78: all if it says nothing.
option_list.kinds = {
  update = {
    about = "Update the firmware of a Quectel MC65, M65 or M08-R.",
    options = table.move(URL, 1, #URL, #UPDATE + 1, UPDATE),
    arguments = { { "PACKAGE", "Delta package: a file, or an http:// URL that the module fetches itself; with --to "
      .. "also a folder of packages with manifests, through which the way is planned.",
      complete = "file", words = { "http://" } } },
    examples = {
      { "NAME --sim A2B.pack", "the whole job on a simulated module: needs no hardware" },
      { "NAME --from MC65FAR01A01 --to MC65FAR01A02 --check A2B.pack", "look, decide, and change nothing" },
      { "NAME --from MC65FAR01A01 --to MC65FAR01A02 --trace a2b.trace A2B.pack",
        "update, and record every byte in both directions" },
      { "NAME --apn auto --to MC65FAR01A02 http://updates.example/A2B.pack", "let the module download it" },
      { "NAME --to MC65FAR01A03 packages/", "the way through a folder of packages: shown, asked, carried out" },
    },
  },
  watch = {
    about = "Follow a module that is already updating, and report the outcome. Triggers nothing.",
    options = WATCH, arguments = {},
    exit_codes = { 69, 74, 75, 77, 80, 81, 82,
      { 84, "who the module is cannot be read for certain", "after fixing it" }, 130 },
    examples = { { "NAME --to MC65FAR01A02", "after exit code 80: follow it to its end, and complete its record" } },
  },
  info = {
    about = "Show a module: identity, revision, supply, signal, SIM, registration, storage.",
    options = {}, arguments = {},
    examples = { { "NAME", "the one module there is" }, { "NAME -p /dev/ttyUSB0 --json", "the same for a program" } },
    done = "the module was asked, and nothing was changed",
    exit_codes = { 69, 74, 75, 77, { 80, "the module is updating itself, and was left alone", "no: watch.lua" }, 130 },
  },
}

return option_list
