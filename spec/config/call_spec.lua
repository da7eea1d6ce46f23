local Call = require "dfota.config.call"

local function called(args, launched)
  args[0], args[-1], args.launched = "scripts/update.lua", "lua5.4", launched
  return Call.new(args, "scripts", "/usr/bin:/usr/local/bin/:/bin")
end

describe("The same call again", function()
  for name, case in pairs {
    ["names interpreter and script as they were named"] =
      { { "--port", "/dev/ttyUSB0", "A2B.pack" }, "lua5.4 scripts/update.lua --port /dev/ttyUSB0 A2B.pack" },
    ["names the port that was found, if the call named none"] =
      { { "A2B.pack" }, "lua5.4 scripts/update.lua --port /dev/ttyS1 A2B.pack" },
    ["names none for a simulated module"] =
      { { "--sim=vbat_mv=3000", "A2B.pack" }, "lua5.4 scripts/update.lua --sim=vbat_mv=3000 A2B.pack" },
    ["knows a port in other forms"] = { { "--port=/dev/x", "a" }, "lua5.4 scripts/update.lua --port=/dev/x a" },
    ["knows a port in short"] = { { "-p/dev/x", "a" }, "lua5.4 scripts/update.lua -p/dev/x a" },
    ["takes no file name for an option"] =
      { { "--", "--port" }, "lua5.4 scripts/update.lua --port /dev/ttyS1 -- --port" },
    ["quotes what needs it"] =
      { { "--port", "x", "my package.pack" }, "lua5.4 scripts/update.lua --port x 'my package.pack'" },
    ["shows no password"] = { { "-p", "x", "--password", "secret", "http://h/a" },
      "lua5.4 scripts/update.lua -p x --password @FILE http://h/a" },
    ["shows none in another form"] =
      { { "-p", "x", "--password=secret" }, "lua5.4 scripts/update.lua -p x --password=@FILE" },
    ["names a file with a password"] =
      { { "-p", "x", "--password", "@pw" }, "lua5.4 scripts/update.lua -p x --password @pw" },
    ["shows no credentials in an address"] = { { "-p", "x", "--ledger", "postgres://me:secret@h/l" },
      "lua5.4 scripts/update.lua -p x --ledger 'postgres://***@h/l'" },
  } do
    it(name, function() assert.equal(case[2], called(case[1]):again(nil, "/dev/ttyS1")) end)
  end

  it("takes more options in front, so that none is taken for a file", function()
    assert.equal("lua5.4 scripts/update.lua --force supply --port x a",
      called({ "--port", "x", "a" }):again({ "--force", "supply" }, "x"))
  end)

  it("is not shown if it cannot be in one line", function()
    assert.is_nil(called({ "a\nb" }):again())
  end)

  for name, case in pairs {
    ["found in PATH by its name"] = { "/usr/local/bin/dfota-update", "dfota-update a" },
    ["elsewhere by its path"] = { "T/bin/dfota-update", "T/bin/dfota-update a" },
    ["elsewhere by a full path"] = { "/opt/x/dfota-update", "/opt/x/dfota-update a" },
    ["without a folder"] = { "dfota-update", "dfota-update a" },
  } do
    it("names an installed command " .. name, function()
      assert.equal(case[2], called({ "a" }, case[1]):again())
    end)
  end

  it("is unknown to a program that calls a flow itself", function()
    assert.is_nil(Call.new({ "a" }, "scripts", "/bin"))
  end)

  it("names the interpreter with which options were given as well", function()
    local args = { [-3] = "lua5.4", [-2] = "-e", [-1] = "x = 1", [0] = "scripts/info.lua" }
    assert.equal("lua5.4 scripts/info.lua", Call.new(args, "scripts", ""):again())
    assert.equal("lua5.4 scripts/info.lua", Call.new({ [0] = "scripts/info.lua" }, "scripts", ""):again())
  end)
end)

describe("Another script's call", function()
  local options = { port = "/dev/ttyUSB0", baud = "auto", set = {} }

  it("is beside this one, for the same port", function()
    assert.equal("lua5.4 scripts/watch.lua --port /dev/ttyUSB0 --to B",
      called({}):other("watch", options, { "--to", "B" }))
    for launched, watch in pairs {
      ["/usr/bin/dfota-update"] = "dfota-watch", ["T/bin/dfota-update"] = "T/bin/dfota-watch",
    } do
      assert.equal(watch .. " --port /dev/ttyUSB0", called({}, launched):other("watch", options, {}))
    end
  end)

  it("has the rate, the settings and the ledger of this one", function()
    local more = {
      port = "p", baud = 9600, config = "my settings.lua", ledger = "postgres://me:pw@h/l",
      set = { "boot_s=9", "gap_s=1" },
    }
    assert.equal("lua5.4 scripts/watch.lua --port p --baud 9600 --config 'my settings.lua' --ledger "
      .. "'postgres://***@h/l' --set boot_s=9 --set gap_s=1", called({}):other("watch", more, {}))
  end)
end)
