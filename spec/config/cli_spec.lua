local Options = require "dfota.sim.options"
local cli = require "dfota.config.cli"
local core = require "dfota.core"

local HOST = { getenv = function() end, is_switches = function(word) return Options.parse(word) ~= nil end }

local function parse(...) return cli.parse({ name = "update" }, { ... }, HOST) end

describe("update.lua's options", function()
  for name, case in pairs {
    ["a package alone"] = { { "A.pack" }, { package = "A.pack", baud = "auto" } },
    ["a URL"] = { { "http://h/a" }, { package = "http://h/a" } },
    ["a port and a rate"] = { { "--port", "/dev/ttyS0", "--baud", "9600", "A" }, { port = "/dev/ttyS0", baud = 9600 } },
    ["the simulated module"] = { { "--sim", "A.pack" }, { sim = "", package = "A.pack" } },
    ["the simulated module with switches"] =
      { { "--sim", "csq=5,sim=pin", "A" }, { sim = "csq=5,sim=pin", package = "A" } },
    ["the simulated module with a switch turned on"] =
      { { "--sim", "ack_crlf", "A" }, { sim = "ack_crlf", package = "A" } },
    ["the simulated module, joined"] = { { "--sim=csq=5", "A" }, { sim = "csq=5", package = "A" } },
    ["the simulated module, last"] = { { "A", "--sim" }, { sim = "", package = "A" } },
    ["the simulated module before a URL with an ="] =
      { { "--sim", "http://h/a?b=c" }, { sim = "", package = "http://h/a?b=c" } },
    ["a package that looks like an option"] = { { "--", "--sim" }, { package = "--sim" } },
    ["the APN"] =
      { { "--apn", "net", "--user", "u", "--password", "p", "A" }, { apn = "net", user = "u", password = "p" } },
    ["revisions"] = { { "--from", "MC65FAR01A01", "--to", "M10R04A01M32_SST", "A" },
      { from = "MC65FAR01A01", to = "M10R04A01M32_SST" } },
    ["retries"] = { { "--retries", "0", "A" }, { retries = 0 } },
    ["settings and gates, several of each"] = { { "--set", "boot_s=1", "--set", "min_csq=3", "--force", "signal",
      "--force", "supply", "A" }, { set = { "boot_s=1", "min_csq=3" }, force = { "signal", "supply" } } },
    ["files"] =
      { { "--config", "c", "--trace", "t", "--ledger", "none", "A" }, { config = "c", trace = "t", ledger = "none" } },
    ["the module's IMEI and the campaign"] =
      { { "--imei", "861234567890127", "--run", "2026-11/a", "A" }, { imei = "861234567890127", run = "2026-11/a" } },
    ["a custom gate"] = { { "--force", "door_open", "A" }, { force = { "door_open" } } },
    ["uploaded data in the trace"] = { { "--trace", "t", "--trace-data", "A" }, { trace_data = true } },
    ["the check of the server by default"] = { { "A" }, { preflight = true } },
    ["no check of the server"] = { { "--no-preflight", "A" }, { preflight = false } },
    ["the list of settings without a package"] = { { "--settings" }, { settings = true } },
    ["flags"] = { { "--check", "--json", "--quiet", "--no-color", "A" },
      { check = true, json = true, quiet = true, no_color = true } },
  } do
    it("accept " .. name, function()
      local options = assert(parse(table.unpack(case[1])))
      for key, value in pairs(case[2]) do assert.same(value, options[key], key) end
    end)
  end

  for name, args in pairs {
    ["no package"] = {},
    ["two packages"] = { "A", "B" },
    ["an unknown option"] = { "--frobnicate", "A" },
    ["an option without its value"] = { "A", "--port" },
    ["an empty port"] = { "--port", "", "A" },
    ["a rate that is not a number"] = { "--baud", "fast", "A" },
    ["a rate of zero, which means to hang up"] = { "--baud", "0", "A" },
    ["a negative rate"] = { "--baud", "-9600", "A" },
    ["retries that are not a number"] = { "--retries", "x", "A" },
    ["retries below zero"] = { "--retries", "-1", "A" },
    ["a gate with a space in its name"] = { "--force", "a door", "A" },
    ["an IMEI that is too short"] = { "--imei", "86123456789012", "A" },
    ["an IMEI with a letter"] = { "--imei", "86123456789012x", "A" },
    ["an empty run"] = { "--run", "", "A" },
    ["a run with an escape sequence"] = { "--run", "a\27[2J", "A" },
    ["a run that is too long"] = { "--run", ("a"):rep(65), "A" },
    ["a password without an APN"] = { "--password", "p", "A" },
    ["a user for the module's own APN"] = { "--apn", "module", "--user", "u", "A" },
    ["--settings after the end of options"] = { "--", "--settings", "--json" },
    ["an empty trace file name"] = { "--trace", "", "A" },
    ["a revision with a quote"] = { "--to", 'A"', "A" },
    ["a revision with a line end"] = { "--from", "A\rB", "A" },
    ["an empty revision"] = { "--to", "", "A" },
    ["a port and the simulated module"] = { "--sim", "--port", "/dev/ttyS0", "A" },
  } do
    it("refuse " .. name .. " in one line", function()
      local options, err = parse(table.unpack(args))
      assert.is_nil(options)
      assert.equal("usage", err.kind)
      assert.is_nil(err.message:find "%c")
    end)
  end
end)

describe("A value", function()
  it("is accepted within its bounds, and refused beyond", function()
    local A64, A65 = ("a"):rep(64), ("a"):rep(65)
    for _, case in ipairs {
      { "retries", { "0", "1000" }, { "1001", "-1", "1.5", "1e2", "" } },
      { "baud", { "75", "4000000", "auto" }, { "74", "4000001", "0", "x", "115200 ", "" } },
      { "from", { A64, "A-1_x/+.", "A b" }, { A65, " A", "A ", "A\"", "" } },
      { "run", { A64, "a._:/+-" }, { A65, "-a", "a b", "" } },
      { "force", { A64, "_a.-" }, { A65, ".a", "-a", "a b", "" } },
      { "imei", { "861234567890127" }, { "86123456789012", "8612345678901277", "86123456789012x" } },
    } do
      for _, value in ipairs(case[2]) do
        local taken = assert(parse(("--%s=%s"):format(case[1], value), "A"))[case[1]]
        assert.equal(value, tostring(type(taken) == "table" and taken[1] or taken))
      end
      for _, value in ipairs(case[3]) do
        local options, err = parse(("--%s=%s"):format(case[1], value), "A")
        assert.same({ nil, "usage" }, { options, err and err.kind }, case[1] .. value)
      end
    end
  end)
end)

describe("The APN", function()
  local folder = require "support.folder"
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  it("defaults to the module's own", function()
    assert.is_nil(assert(parse("--apn", "module", "A")).apn)
    assert.is_nil(assert(parse "A").apn)
    assert.equal("auto", assert(parse("--apn", "auto", "A")).apn)
  end)

  it("can take its password from a one-line file, so that no process list shows it", function()
    for _, content in ipairs { "p w", "p w\n", "p w\r\n" } do
      local path = folder.write(dir .. "/password", content)
      assert.equal("p w", assert(parse("--apn", "a", "--password", "@" .. path, "A")).password)
    end
  end)

  local function refused(path)
    local options, err = parse("--apn", "a", "--password", "@" .. path, "A")
    assert.is_nil(options)
    assert.equal("usage", err.kind)
    assert.is_nil(err.message:find "%c")
    assert.is_nil(err.message:find("secret", 1, true))
    return err.message
  end

  it("takes no password from a file with several lines or none, and shows nothing of it", function()
    for _, content in ipairs { "", "\n", "secret\nsecret\n", "\nsecret" } do
      assert.is_truthy(refused(folder.write(dir .. "/other", content)):find("one line", 1, true))
    end
    assert.is_truthy(refused(folder.write(dir .. "/big", ("secret"):rep(1000))):find("longer than", 1, true))
  end)

  it("takes no password from anything but a file, and does not block on it", function()
    assert.is_truthy(refused(dir .. "/none"):find("no such file", 1, true))
    assert.is_truthy(refused(dir):find("directory", 1, true))
    os.execute("mkfifo " .. dir .. "/pipe")
    assert.is_truthy(refused(dir .. "/pipe"):find("not a regular file", 1, true))
  end)
end)

describe("Asking for help or the version", function()
  it("returns the text, whatever the other arguments, and does not exit", function()
    assert.same({ words = "dfota-update " .. core.version }, assert(parse("--version", "--frobnicate")))
    for _, flag in ipairs { "-h", "--help" } do
      assert.matches("^Usage: dfota%-update .*%-%-retries", assert(parse("A.pack", flag)).words)
    end
  end)
end)

describe("The help", function()
  local function help(name, interpreter, path)
    return cli.parse({ name = name, args = { [-1] = interpreter, [0] = path } }, { "--help" }, HOST).words
  end

  it("shows the command as it was started from a tree, in usage and examples, and the tree's documents", function()
    local shown = help("update", "lua5.4", "scripts/update.lua")
    assert.matches("^Usage: lua5%.4 scripts/update%.lua %[options%] PACKAGE\n", shown)
    assert.is_truthy(shown:find("\n  lua5.4 scripts/update.lua --sim A2B.pack\n", 1, true))
    assert.is_truthy(shown:find("README.md", 1, true))
  end)

  it("of an installed command shows its name, and the installed pages", function()
    local words = cli.parse({ name = "watch", args = { launched = "/usr/bin/dfota-watch" } }, { "-h" }, HOST).words
    assert.matches("^Usage: dfota%-watch %[options%]\n", words)
    assert.is_truthy(words:find("man dfota-watch, man dfota", 1, true))
    assert.is_nil(words:find("README", 1, true))
  end)
end)

describe("The environment", function()
  local function with(env, ...)
    return assert(cli.parse({ name = "update" }, { ... }, { getenv = function(name) return env[name] end }))
  end

  it("names the port if the command line does not", function()
    assert.equal("/dev/a", with({ DFOTA_PORT = "/dev/a" }, "A").port)
    assert.equal("/dev/b", with({ DFOTA_PORT = "/dev/a" }, "--port", "/dev/b", "A").port)
    assert.is_nil(with({ DFOTA_PORT = "" }, "A").port)
    assert.is_nil(with({ DFOTA_PORT = "/dev/a" }, "--sim", "A").port)
  end)

  it("provides the APN's password if the command line gives an APN but no password", function()
    local env = { DFOTA_PASSWORD = "@p" }
    assert.equal("@p", with(env, "--apn", "a", "A").password)
    assert.equal("q", with(env, "--apn", "a", "--password", "q", "A").password)
    assert.is_nil(with(env, "A").password)
    assert.is_nil(with({ DFOTA_PASSWORD = "" }, "--apn", "a", "A").password)
  end)

  it("turns colours off with NO_COLOR, unless that is empty", function()
    assert.is_true(with({ NO_COLOR = "1" }, "A").no_color)
    assert.is_falsy(with({ NO_COLOR = "" }, "A").no_color)
    assert.is_falsy(with({}, "A").no_color)
  end)
end)

describe("watch.lua and info.lua", function()
  it("accept the port's options, and no package", function()
    for _, name in ipairs { "watch", "info" } do
      assert.equal("/dev/a", assert(cli.parse({ name = name }, { "--port", "/dev/a", "--json" }, HOST)).port)
      assert.equal("usage", select(2, cli.parse({ name = name }, { "A.pack" }, HOST)).kind)
      assert.equal("usage", select(2, cli.parse({ name = name }, { "--check" }, HOST)).kind)
    end
    assert.equal("B", assert(cli.parse({ name = "watch" }, { "--to", "B" }, HOST)).to)
  end)
end)

describe("A custom script", function()
  local function own(options, ...) return cli.parse({ name = "mine", options = options }, { ... }, HOST) end

  it("accepts what update.lua accepts, and its own options", function()
    local options = assert(own({
      { "--site", "Where the module stands.", argname = "NAME" }, { "--dry-day", "Only on dry days.", flag = true },
      { "--times", "How often.", default = "3", convert = tonumber },
    }, "--site", "north", "--dry-day", "--from", "A", "A.pack"))
    assert.same({ "north", true, 3, "A", "A.pack" },
      { options.site, options.dry_day, options.times, options.from, options.package })
  end)

  it("lists its own options in the help like all others", function()
    local asked = assert(own({
      { "--site", "Where the module stands.", argname = "NAME" }, { "--dry", "On dry days.", flag = true },
      { "--times", "How often.", default = "3" },
    }, "--help"))
    local shown = asked.words:gsub(" +", " "):gsub("\n ", "\n")
    for _, words in ipairs {
      "--site NAME Where the module stands.\n", "--dry On dry days.\n", "--times VALUE How often. (default: 3)\n",
      "Usage: dfota-mine", "--port DEV",
    } do
      assert.is_truthy(shown:find(words, 1, true), words)
    end
  end)

  it("may be based on another", function()
    assert(cli.parse({ name = "mine", like = "watch" }, { "--port", "p" }, HOST))
    assert.is_nil((cli.parse({ name = "mine", like = "watch" }, { "A.pack" }, HOST)))
  end)

  it("cannot redefine an option of dfota, or define an invalid one", function()
    for _, options in ipairs {
      { { "--port", "Another." } }, { { "-p --place", "Another." } }, { { "--no-color", "Another." } },
      { { "--sim", "Another." } }, { { "site", "x" } }, { { "--site" } },
    } do
      local parsed, err = own(options, "A.pack")
      assert.is_nil(parsed)
      assert.equal("settings", err.kind)
    end
  end)
end)
