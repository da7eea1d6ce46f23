local catalog = require "dfota.ports.catalog"
local core = require "dfota.core"
local folder = require "support.folder"
local uv = require "luv"

describe("The catalog of ports", function()
  local root, remove, listed, holders

  before_each(function()
    root, remove = folder.new()
    uv.fs_mkdir(root .. "/dev", 493)
    for _, name in ipairs { "ttyUSB0", "ttyS0" } do folder.write(root .. "/dev/" .. name, "") end
    uv.fs_symlink("ttyUSB0", root .. "/dev/dfota-bench")
    uv.fs_mkdir(root .. "/dev/serial", 493)
    for _, kind in ipairs { "by-id", "by-path" } do
      uv.fs_mkdir(root .. "/dev/serial/" .. kind, 493)
      uv.fs_symlink("../../ttyUSB0", root .. "/dev/serial/" .. kind .. "/usb")
    end
    listed = {
      { name = root .. "/dev/ttyUSB0", transport = "usb", vid = 0x403, pid = 0x6001, description = "UART",
        serial = "A5", driver = "ftdi_sio" },
      { name = root .. "/dev/ttyS0", transport = "native", description = "ttyS0" },
    }
    holders = {}
  end)
  after_each(function() remove() end)

  local function read(named)
    return catalog.read { root = root, named = named, host = {
      list = function() return listed end, holder = function(name) return holders[name:match "[^/]*$"] end,
    } }
  end

  it("has every port with its names, its adapter and its driver", function()
    local first, second = table.unpack(assert(read()))
    assert.same({
      name = root .. "/dev/ttyUSB0", transport = "usb", description = "UART", serial = "A5", driver = "ftdi_sio",
      usb_vid = "0403", usb_pid = "6001", links = { root .. "/dev/dfota-bench" },
      by_id = { root .. "/dev/serial/by-id/usb" }, by_path = { root .. "/dev/serial/by-path/usb" },
      modem_manager = "absent",
    }, first)
    assert.same({ "native", {}, {}, {} }, { second.transport, second.links, second.by_id, second.by_path })
    assert.is_nil(second.usb_vid)
  end)

  it("says who holds a port, and by which file", function()
    holders = { ttyUSB0 = { pid = 800, name = "minicom", lock_file = "/run/lock/LCK..ttyUSB0" }, ttyS0 = { pid = 9 } }
    local first, second = table.unpack(assert(read()))
    assert.same({ 800, "minicom", "/run/lock/LCK..ttyUSB0" },
      { first.holder_pid, first.holder_name, first.holder_lock_file })
    assert.same({ 9, nil, nil }, { second.holder_pid, second.holder_name, second.holder_lock_file })
  end)

  it("of named ports has only these, in their order and each once, whatever name it was given by", function()
    local ports = assert(read { root .. "/dev/ttyS0", root .. "/dev/dfota-bench", root .. "/dev/ttyUSB0" })
    assert.same({ 2, root .. "/dev/ttyS0", root .. "/dev/ttyUSB0", root .. "/dev/dfota-bench" },
      { #ports, ports[1].name, ports[2].name, ports[2].given })
  end)

  it("takes a pseudo-terminal that is named", function()
    local pty = assert(core.pty())
    local port = assert(read { pty:name() })[1]
    assert.same({ pty:name(), "pty", nil }, { port.name, port.transport, port.state })
    pty:close()
  end)

  it("knows what is no port, and asks nobody about it", function()
    local ports = assert(read { root .. "/dev/none", root, "", "/dev/null", "/dev/ptmx", root .. "/dev/ttyUSB0/x" })
    for i, state in ipairs { "missing", "not_a_port", "missing", "not_a_port", "not_a_port", "missing" } do
      assert.same({ state, "string", nil }, { ports[i].state, type(ports[i].message), ports[i].modem_manager })
    end
  end)

  it("fails where the ports cannot be listed", function()
    local err = core.error("io", "no /sys")
    assert.same({ nil, err }, { catalog.read { root = root, host = { list = function() return nil, err end } } })
  end)
end)
