local folder = require "support.folder"
local names = require "dfota.ports.names"
local uv = require "luv"

describe("The other names of a port", function()
  local root, remove

  before_each(function() root, remove = folder.new() end)
  after_each(function() remove() end)

  local function dev(links)
    for _, path in ipairs { "dev", "dev/serial", "dev/serial/by-id", "dev/serial/by-path" } do
      uv.fs_mkdir(root .. "/" .. path, 493)
    end
    folder.write(root .. "/dev/ttyUSB0", "")
    folder.write(root .. "/dev/ttyUSB1", "")
    for link, target in pairs(links) do assert(uv.fs_symlink(target, root .. "/dev/" .. link)) end
  end

  it("are udev's links to its device: by adapter, by socket, and those of dfota, sorted", function()
    dev { ["serial/by-id/usb-FTDI-if00"] = "../../ttyUSB0", ["serial/by-path/pci-usbv2-0:1"] = "../../ttyUSB0",
      ["serial/by-path/pci-usb-0:1"] = "../../ttyUSB0", ["dfota-A50285BI"] = "ttyUSB0", modem = "ttyUSB0",
      ["serial/by-id/usb-CH340-if00"] = "../../ttyUSB1" }
    local device = uv.fs_realpath(root .. "/dev/ttyUSB0")
    local base = root .. "/dev/"
    assert.same({
      by_id = { base .. "serial/by-id/usb-FTDI-if00" },
      by_path = { base .. "serial/by-path/pci-usb-0:1", base .. "serial/by-path/pci-usbv2-0:1" },
      links = { base .. "dfota-A50285BI" },
    }, names.read(root)[device])
  end)

  it("are none where udev does not run, or its links lead nowhere", function()
    assert.same({}, names.read(root))
    dev { ["serial/by-id/usb-gone"] = "../../ttyUSB9", ["dfota-loop"] = "dfota-loop" }
    assert.same({}, names.read(root))
  end)

  it("are found from any one of them, which comes first", function()
    dev { ["dfota-A"] = "ttyUSB0", ["serial/by-id/usb-A"] = "../../ttyUSB0" }
    local link, id, device = root .. "/dev/dfota-A", root .. "/dev/serial/by-id/usb-A", root .. "/dev/ttyUSB0"
    local real = uv.fs_realpath(device)
    assert.same({ link, real, id }, names.aliases(link, root))
    assert.same({ real, link, id }, names.aliases(real, root))
    assert.same({ root .. "/dev/ttyUSB1" }, names.aliases(uv.fs_realpath(root .. "/dev/ttyUSB1"), root))
    assert.same({ "/dev/gone" }, names.aliases("/dev/gone", root))
  end)

  it("are all looked up in the ledger, with the name that was given", function()
    assert.same({ "/dev/ttyUSB0", "/tmp/link", "/dev/dfota-x", "/dev/serial/by-id/a", "/dev/serial/by-path/b" },
      names.of { name = "/dev/ttyUSB0", given = "/tmp/link", links = { "/dev/dfota-x" },
        by_id = { "/dev/serial/by-id/a" }, by_path = { "/dev/serial/by-path/b" } })
    assert.same({ "/dev/pts/3" }, names.of { name = "/dev/pts/3", given = "/dev/pts/3" })
  end)
end)
