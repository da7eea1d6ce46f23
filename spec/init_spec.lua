local VirtualHost = require "support.virtual_host"
local core = require "dfota.core"
local dfota = require "dfota"
local folder = require "support.folder"

-- Each field: the module that it is, and what programs call of it.
local FIELDS = {
  core = { "core", "open", "list", "lexer", "pty", "now", "wait", "error", "is_error", "catch_signals",
    "release_signals" },
  Channel = { "at.channel", "new", "sync", "command", "listen", "subscribe" },
  Job = { "update.job", "new", "run" },
  Modem = { "modem.modem", "new", "identity", "supply_mv", "signal", "wait_registered" },
  Monitor = { "update.monitor", "new", "until_end", "verify" },
  Progress = { "update.progress", "new", "feed" },
  Trace = { "at.trace", "open", "parse" },
  apn = { "config.apn", "choose", "check" },
  app = { "app", "main" },
  codes = { "modem.codes", "fota", "is_fota" },
  ledger = { "ledger.ledger", "open", "none" },
  package = { "config.package", "read" },
  report = { "report.report", "new" },
  retry = { "update.retry", "new" },
  settings = { "config.settings", "load" },
  url = { "config.url", "parse" },
  verdict = { "update.verdict", "of_error", "of_update" },
}

describe('What require "dfota" gives', function()
  for name, field in pairs(FIELDS) do
    it(("has %s, with what programs call of it"):format(name), function()
      local value = dfota[name]
      assert.equal(require("dfota." .. field[1]), value)
      for i = 2, #field do assert.is_function(value[field[i]], field[i]) end
    end)
  end

  it("has the version as text, and no field besides", function()
    assert.equal(core.version, dfota._VERSION)
    assert.is_string(dfota._VERSION)
    for name in pairs(dfota) do assert.is_truthy(FIELDS[name] or name == "_VERSION", name) end
  end)

  it("is the same for all who ask", function() assert.equal(dfota, require "dfota") end)

  it("is enough to ask a module for its revision, by the program over its source", function()
    local lines, told = {}, nil
    for line in folder.read("lua/dfota/init.lua"):gmatch "%-%-     ([^\n]*)\n" do lines[#lines + 1] = line end
    local host = VirtualHost.new { revision = "MC65FAR01A07" }
    local function open(_, how) return host.open(VirtualHost.PORT, how) end
    local ours = setmetatable({ core = setmetatable({ open = open }, { __index = core }) }, { __index = dfota })
    local env = { assert = assert, print = function(text) told = text end, require = function(name)
      return name == "dfota" and ours or require(name)
    end }
    assert(load(table.concat(lines, "\n"), "=program", "t", env))()
    assert.same({ "MC65FAR01A07", 115200, true }, { told, host.opened[1].how.baud, host.port.closed })
  end)

  it("returns what can go wrong in the field: nil, and an error with kind and message, a text by itself", function()
    local port, err = dfota.core.open("/dev/ttyNONE7", { baud = 115200 })
    assert.is_nil(port)
    assert.equal("port_missing", err.kind)
    assert.is_truthy(tostring(err):find("/dev/ttyNONE7", 1, true))
    assert.equal(err.message, tostring(err))
  end)

  it("raises if it is misused", function()
    for _, misuse in ipairs {
      function() dfota.core.open {} end, function() dfota.retry.new({}, {}) end,
      function() return dfota.settings.load().boot end, function() dfota.Trace.open() end,
    } do assert.has_error(misuse) end
  end)
end)
