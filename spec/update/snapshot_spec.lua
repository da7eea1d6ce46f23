local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local ScriptedPort = require "support.scripted_port"
local settings = require "dfota.config.settings"
local snapshot = require "dfota.update.snapshot"
local virtual = require "support.virtual"

local function parts_of(modem)
  local port = modem.channel.port
  return { commands = modem.commands, files = modem.files, channel = modem.channel, query_s = 5,
    now = function() return port:now() end }
end

local function scripted(answers)
  local port = ScriptedPort.new(answers)
  return parts_of(Modem.new(Channel.new(port), assert(settings.load()))), port
end

describe("A snapshot of a module", function()
  it("has its settings and files, by two queries", function()
    local modem, m = virtual.modem { cmee = 2, ifc = "2+2", stale_pack = 20 }
    local found, ended = snapshot.take(parts_of(modem), 5)
    assert.is_nil(ended)
    assert.same({ ipr = 115200, ifc_dce = 2, ifc_dte = 2, cmee = 2, echo = true, files = { ["fota.pack"] = 20 } },
      found)
    assert.same({ "+IPR?", "+IFC?", "+CMEE?", '+QFLST="*"' }, virtual.commands(m))
  end)

  it("asks one by one where a module refuses the line, and leaves out what it does not know", function()
    local parts = scripted {
      ["AT+IPR?;+IFC?;+CMEE?"] = "ERROR", ["AT+IPR?"] = { "+IPR: 0", "OK" }, ["AT+IFC?"] = "ERROR",
      ["AT+CMEE?"] = { "+CMEE:1", "OK" }, ['AT+QFLST="*"'] = "+CME ERROR: 3",
    }
    local found, ended = snapshot.take(parts, 5)
    assert.same({ { ipr = 0, cmee = 1, echo = true } }, { found, ended })
  end)

  it("ends with the first query that is not answered, and within its limit", function()
    local parts, port = scripted { ["AT+IPR?;+IFC?;+CMEE?"] = { "+IPR: 9600", "OK" } }
    local found, ended = snapshot.take(parts, 3)
    assert.equal("timeout", ended.kind)
    assert.equal(9600, found.ipr)
    assert.is_nil(found.files)
    assert.is_true(port:now() <= 3.1)
    parts, port = scripted {}
    found, ended = snapshot.take(parts, 1)
    assert.same({ "timeout", nil, 1 }, { ended.kind, found.ipr, #port.sent })
    assert.is_true(port:now() <= 1.1)
    assert.equal("time", select(2, snapshot.take((scripted {}), 0)))
  end)

  it("is not confused by damaged answers", function()
    local found = {}
    snapshot.add({ "+IPR: x", "+IFC: 2", "+CMEE: ", "+IPR", "RDY", "" }, found)
    assert.same({ ifc_dce = 2 }, found)
  end)
end)

describe("Two snapshots", function()
  local A = {
    ipr = 115200, ifc_dce = 2, ifc_dte = 2, cmee = 2, echo = false, files = { a = 1, b = 2, ["fota.pack"] = 9 },
  }

  local function words(before, after) return snapshot.words(snapshot.differences(before, after)) end

  it("that are the same have no difference, nor has what is not known of one of them", function()
    assert.same({}, words(A, A))
    assert.same({}, words(A, {}))
    assert.same({}, words({}, A))
  end)

  it("differ in settings, each named with both values", function()
    local after = { ipr = 0, ifc_dce = 2, ifc_dte = 0, cmee = 1, echo = true, files = A.files }
    assert.same({ "other settings than before the update: AT+IPR was 115200 and is 0, AT+IFC was 2,2 and is 2,0, "
      .. "AT+CMEE was 2 and is 1, the echo was off and is on; what was not saved (AT&W) is lost with a reboot" },
      words(A, after))
  end)

  it("differ in files, but for the package itself", function()
    local after = { files = { b = 3, c = 4 } }
    local _, files = snapshot.differences(A, after)
    assert.same({ { name = "a", bytes_before = 1 }, { name = "b", bytes_before = 2, bytes_after = 3 },
      { name = "c", bytes_after = 4 } }, files)
    assert.same({ "other files than before the update: a (1 byte) is gone, b had 2 bytes and has 3 bytes, "
      .. "c is new (4 bytes)" }, words(A, after))
  end)

  it("are numbers for programs, by names that say which of them they are of", function()
    local facts = snapshot.facts(A, { ipr = 0 }, {})
    assert.same({ 115200, 0, 2, nil, 3, nil, 12, false }, { facts.ipr_before, facts.ipr_after, facts.cmee_before,
      facts.cmee_after, facts.files_before, facts.files_after, facts.file_bytes_before, facts.echo_before })
    assert.equal(15, #facts.names)
    assert.same({}, facts.files_changed)
  end)
end)
