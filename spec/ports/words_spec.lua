local words = require "dfota.ports.words"

local ADAPTER = {
  name = "/dev/ttyUSB0", transport = "usb", description = "FT232R USB UART", manufacturer = "FTDI", serial = "A50285BI",
  usb_vid = "0403", usb_pid = "6001", driver = "ftdi_sio", links = { "/dev/dfota-A50285BI" },
  by_id = { "/dev/serial/by-id/usb-FTDI" }, by_path = { "/dev/serial/by-path/pci-usb-0:1" }, modem_manager = "absent",
}
local MODULE = {
  state = "module", model = "MC65", revision = "MC65FAR01A01", imei = "861234567890127", family = "ours", baud = 9600,
}

local ANSWERS = { silent = true, recorded = true }

local function port(...)
  local all = {}
  for _, part in ipairs { ... } do
    for name, value in pairs(part) do all[name] = value end
  end
  return all
end

describe("A port", function()
  it("is shown with all that is known of it", function()
    assert.same({
      "/dev/ttyUSB0  FTDI FT232R USB UART",
      "  name         /dev/dfota-A50285BI",
      "  by-id        /dev/serial/by-id/usb-FTDI",
      "  by-path      /dev/serial/by-path/pci-usb-0:1",
      "  usb          0403:6001, serial number A50285BI",
      "  driver       ftdi_sio",
    }, words.lines(ADAPTER))
    assert.same({ "/dev/ttyS1" }, words.lines { name = "/dev/ttyS1", description = "ttyS1" })
  end)

  it("is shown with its module, and with what it can do if that was asked", function()
    local shown = words.lines(port({ name = "/dev/ttyS1" }, MODULE))
    assert.same({
      "/dev/ttyS1", "  module       MC65, revision MC65FAR01A01, IMEI 861234567890127", "  rate         9600 baud",
    }, shown)
    local more = { deep = true, dfota = true, free_bytes = 5, total_bytes = 9 }
    shown = words.lines(port({ name = "/dev/ttyS1" }, MODULE, more))
    assert.same({ "  DFOTA        yes", "  storage      5 bytes free of 9" }, { shown[4], shown[5] })
    shown = words.lines { name = "/dev/ttyS1", state = "module", baud = 300, deep = true, family = "unknown" }
    assert.same({ "  module       unknown, revision unknown, IMEI unknown", "  rate         300 baud",
      "               none of MC65, M65, M08-R: it may not be updatable this way", "  DFOTA        unknown",
      "  storage      unknown" }, table.move(shown, 2, 6, 1, {}))
  end)

  it("is shown with who holds it, and what ModemManager does", function()
    local shown = words.lines { name = "/dev/ttyS1", state = "busy", message = "in use", holder_pid = 8,
      holder_name = "minicom", holder_lock_file = "/run/lock/LCK..ttyS1", modem_manager = "runs" }
    assert.same({ "/dev/ttyS1", "  in use by    process 8 (minicom), says /run/lock/LCK..ttyS1",
      "  ModemManager runs, and may open this port: see docs/ports.md" }, shown)
  end)

  it("that cannot be asked is shown with the reason, without its own name", function()
    for state, message in pairs {
      silent = "no module answers", missing = "/dev/x: no such port", recorded = "an update", busy = "in use by others",
    } do
      local shown = words.lines { name = "/dev/x", state = state, message = message }
      local label = ANSWERS[state] and "  module       " or "  problem      "
      assert.same({ "/dev/x", label .. message:gsub("^/dev/x: ", "") }, shown)
    end
    assert.equal("  module       an update (IMEI 1)",
      words.lines({ name = "/dev/x", state = "recorded", message = "an update", imei = "1" })[2])
  end)

  it("cannot control a terminal, whatever its adapter or its module says", function()
    local evil = "\27[2J\r\n\u{202E}x"
    local all = port(ADAPTER, MODULE, { deep = true })
    for _, field in ipairs {
      "name", "description", "manufacturer", "serial", "driver", "holder_name", "holder_lock_file", "model", "revision",
      "imei", "message",
    } do
      local evil_port = port(all, { holder_pid = 1, holder_name = "x" }, { [field] = evil })
      local shown = table.concat(words.lines(evil_port), "\n") .. words.summary(evil_port)
      assert.is_nil(shown:find "[\0-\9\11-\31\127]", field)
      assert.is_nil(shown:find("\u{202E}", 1, true), field)
    end
  end)

  it("fits into one line with its module", function()
    assert.equal("MC65, revision MC65FAR01A01, IMEI 861234567890127, at 9600 baud",
      words.summary(port(ADAPTER, MODULE)))
    assert.equal("no module answers", words.summary { name = "x", state = "silent", message = "no module answers" })
  end)

  it("is called by the name that stays, if it has one from dfota's rules", function()
    assert.equal("/dev/dfota-A50285BI", words.name(ADAPTER))
    assert.equal("/dev/ttyS1", words.name { name = "/dev/ttyS1" })
  end)

  it("gives programs the same facts: unknown ones by name, those that were not asked for not at all", function()
    local plain, asked, deep = words.facts(ADAPTER), words.facts(port(ADAPTER, MODULE)),
      words.facts(port(ADAPTER, MODULE, { deep = true, dfota = false }))
    assert.same({ 15, "0403", "/dev/dfota-A50285BI" }, { #plain.names, plain.usb_vid, plain.links[1] })
    assert.same({ 22, "module", 9600 }, { #asked.names, asked.state, asked.baud })
    assert.same({ 25, false }, { #deep.names, deep.dfota })
    for _, name in ipairs(deep.names) do assert.is_truthy(name:find "^[%l_]+$") end
  end)
end)
