-- The rules of contrib/udev, applied by a real udev to adapters that exist only here.
local json = require "dkjson"

local ACCESS = "contrib/udev/70-dfota.rules:70-dfota.rules"
local NO_MANAGER = "contrib/udev/78-dfota-no-modemmanager.rules.off:78-dfota-no-modemmanager.rules"

-- The output of a command there.
local function on_machine(adapter, rules, command)
  local pipe = assert(io.popen(("sh spec/support/udev_machine.sh %s %s '%s' %s %s '%s' %s 2>&1"):format(
    adapter.vendor or "0403", adapter.product or "6001", adapter.serial or "", adapter.interface or "00",
    adapter.port or "0", table.concat(rules, " "), command)))
  local said = pipe:read "a"
  assert(pipe:close(), said)
  return said
end

local can = os.execute "unshare -m true 2>/dev/null && udevadm --version >/dev/null 2>&1"

describe("With the rules for udev", function()
  if not can then return pending "needs root, and udevadm" end

  -- The names /dev/dfota-*, and what udev's database has of the port.
  local function port(adapter, rules)
    local said = on_machine(adapter, rules or { ACCESS },
      [[sh -c 'for name in /dev/dfota-*; do echo "$name -> $(readlink -f "$name")"; done; cat /run/udev/data/c188:0']])
    local names = {}
    for name in said:gmatch "(/dev/dfota%-%S+) %-> /dev/ttyUSB0\n" do names[#names + 1] = name end
    return names, said
  end

  it("an adapter has one name that stays: its serial number, or without one its socket", function()
    for name, adapter in pairs {
      ["/dev/dfota-odd_name"] = { vendor = "10c4", product = "ea60", serial = "odd name" },
      ["/dev/dfota-pci-0000_00_14_0-usb-0_2_1_0"] = { vendor = "1a86", product = "7523" },
      ["/dev/dfota-FT4-02"] = { product = "6011", serial = "FT4", interface = "02" },
      ["/dev/dfota-X-port1"] = { vendor = "067b", product = "23c3", serial = "X", port = "1" },
    } do
      local names, known = port(adapter)
      assert.same({ name }, names)
      assert.is_truthy(known:find "\nG:uaccess\n", "whoever sits at the machine may use it")
      assert.is_nil(known:find("ID_MM", 1, true), "ModemManager is kept away only by the rule that is off by default")
    end
  end)

  it("other devices are left alone", function()
    local names, known = port({ vendor = "2341", product = "0043", serial = "A" }, { ACCESS, NO_MANAGER })
    assert.same({}, names)
    for _, mark in ipairs { "uaccess", "ID_MM" } do assert.is_nil(known:find(mark, 1, true)) end
  end)

  it("the one that is off by default keeps ModemManager away", function()
    local _, known = port({ serial = "A" }, { ACCESS, NO_MANAGER })
    assert.is_truthy(known:find("E:ID_MM_PORT_IGNORE=1\n", 1, true), known)
    assert.is_truthy(known:find("E:ID_MM_DEVICE_IGNORE=1\n", 1, true), known)
  end)

  it("the list of ports shows the port with all its names", function()
    local said = on_machine({ serial = "A50285BI" }, { ACCESS, NO_MANAGER }, (os.getenv "DFOTA_LUA" or "lua5.4")
      .. " scripts/ports.lua --json")
    local facts = assert(json.decode((said:match "[^\n]*")), said)
    assert.same({ "/dev/ttyUSB0", { "/dev/dfota-A50285BI" }, "0403", "6001", "some_serial" },
      { facts.port, facts.links, facts.usb_vid, facts.usb_pid, facts.driver })
    assert.same({ { "/dev/serial/by-id/usb-Maker_USB_UART_A50285BI-if00-port0" },
      { "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0" } }, { facts.by_id, facts.by_path })
  end)

  it("a mistake in one would be noticed", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file <close> = assert(io.open(path, "w"))
    file:write 'SUBSYSTEM=="tty" SYMLINK+="x\n'
    file:close()
    assert.is_false((pcall(port, { serial = "A" }, { path .. ":79-mistake.rules" })))
  end)
end)
