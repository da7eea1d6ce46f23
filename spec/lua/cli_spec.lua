local cli = require "dfota.cli"

local function no_env() end

local function parse(...) return cli.parse("update", { ... }, no_env) end

describe("update.lua's options", function()
  for name, case in pairs {
    ["a package alone"] = { { "A.pack" }, { package = "A.pack", baud = "auto" } },
    ["a URL"] = { { "http://h/a" }, { package = "http://h/a" } },
    ["a port and a rate"] = { { "--port", "/dev/ttyS0", "--baud", "9600", "A" }, { port = "/dev/ttyS0", baud = 9600 } },
    ["the simulated module"] = { { "--sim", "A.pack" }, { sim = "", package = "A.pack" } },
    ["the simulated module with switches"] =
      { { "--sim", "csq=5,sim=pin", "A" }, { sim = "csq=5,sim=pin", package = "A" } },
    ["the simulated module with a switch that is on"] =
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
    ["repetitions"] = { { "--retries", "0", "A" }, { retries = 0 } },
    ["settings and gates, several of each"] = { { "--set", "boot_s=1", "--set", "min_csq=3", "--force", "signal",
      "--force", "supply", "A" }, { set = { "boot_s=1", "min_csq=3" }, force = { "signal", "supply" } } },
    ["files"] =
      { { "--config", "c", "--trace", "t", "--ledger", "none", "A" }, { config = "c", trace = "t", ledger = "none" } },
    ["flags"] = { { "--check", "--json", "--quiet", "--no-color", "A" },
      { check = true, json = true, quiet = true, no_color = true } },
  } do
    it("take " .. name, function()
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
    ["a rate that is none"] = { "--baud", "fast", "A" },
    ["a rate of zero, which means to hang up"] = { "--baud", "0", "A" },
    ["a negative rate"] = { "--baud", "-9600", "A" },
    ["repetitions that are no number"] = { "--retries", "x", "A" },
    ["repetitions below zero"] = { "--retries", "-1", "A" },
    ["a gate that is none"] = { "--force", "door", "A" },
    ["a revision with a quote in it"] = { "--to", 'A"', "A" },
    ["a revision with a line end in it"] = { "--from", "A\rB", "A" },
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

describe("The environment", function()
  local function with(env, ...) return assert(cli.parse("update", { ... }, function(name) return env[name] end)) end

  it("names the port where the call does not", function()
    assert.equal("/dev/a", with({ DFOTA_PORT = "/dev/a" }, "A").port)
    assert.equal("/dev/b", with({ DFOTA_PORT = "/dev/a" }, "--port", "/dev/b", "A").port)
    assert.is_nil(with({ DFOTA_PORT = "" }, "A").port)
    assert.is_nil(with({ DFOTA_PORT = "/dev/a" }, "--sim", "A").port)
  end)

  it("turns colours off with NO_COLOR, unless that is empty", function()
    assert.is_true(with({ NO_COLOR = "1" }, "A").no_color)
    assert.is_falsy(with({ NO_COLOR = "" }, "A").no_color)
    assert.is_falsy(with({}, "A").no_color)
  end)
end)

describe("watch.lua and info.lua", function()
  it("take the port's options, and no package", function()
    for _, name in ipairs { "watch", "info" } do
      assert.equal("/dev/a", assert(cli.parse(name, { "--port", "/dev/a", "--json" }, no_env)).port)
      assert.equal("usage", select(2, cli.parse(name, { "A.pack" }, no_env)).kind)
      assert.equal("usage", select(2, cli.parse(name, { "--check" }, no_env)).kind)
    end
    assert.equal("B", assert(cli.parse("watch", { "--to", "B" }, no_env)).to)
  end)
end)

describe("JSON", function()
  it("is known to be wanted even where the rest of the call is wrong", function()
    assert.is_true(cli.wants_json { "--frobnicate", "--json" })
    assert.is_false(cli.wants_json { "--frobnicate" })
    assert.is_false(cli.wants_json { "--", "--json" })
  end)
end)
