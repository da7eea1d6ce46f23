local folder = require "support.folder"
local modem_manager = require "dfota.ports.modem_manager"

describe("ModemManager", function()
  local root, remove

  before_each(function() root, remove = folder.new() end)
  after_each(function() remove() end)

  local function file(path, content)
    assert(os.execute(("mkdir -p %s/%s"):format(root, path:match "^(.*)/")))
    folder.write(root .. "/" .. path, content)
  end

  local function with(name, runs) return modem_manager.with({ name = name }, runs, root) end

  it("runs if a process has its name, and nothing else does", function()
    assert.is_false(modem_manager.runs(root))
    file("proc/1/comm", "systemd\n")
    file("proc/712/comm", "ModemManagerX\n")
    file("proc/self/comm", "ModemManager\n")
    assert.is_false(modem_manager.runs(root))
    file("proc/800/comm", "ModemManager\n")
    assert.is_true(modem_manager.runs(root))
  end)

  it("may open any port while it runs, and none if it does not", function()
    assert.same({ "runs", "absent" }, { with("/dev/ttyUSB0", true), with("/dev/ttyUSB0", false) })
  end)

  it("holds the port that it is known to have open", function()
    assert.equal("holds", modem_manager.with({ name = "/dev/ttyUSB0", holder_name = "ModemManager" }, true, root))
    assert.equal("runs", modem_manager.with({ name = "/dev/ttyUSB0", holder_name = "minicom" }, true, root))
  end)

  it("is kept away from a port by either of the properties that udev's database may have of it", function()
    file("sys/class/tty/ttyUSB0/dev", "188:0\n")
    for said, expected in pairs {
      ["S:dfota-x\nE:ID_MM_PORT_IGNORE=1\nG:uaccess\n"] = "ignores", ["I:1\nE:ID_MM_DEVICE_IGNORE=1\n"] = "ignores",
      ["I:1\nE:ID_MM_PORT_IGNORE=0\n"] = "runs", ["I:1\nE:ID_MM_PORT_IGNORE=10\n"] = "runs", [""] = "runs",
      ["I:1\nE:NOT_ID_MM_PORT_IGNORE=1\n"] = "runs",
    } do
      file("run/udev/data/c188:0", said)
      assert.equal(expected, with("/dev/ttyUSB0", true), said)
      assert.equal("runs", with("/dev/ttyUSB1", true))
    end
  end)
end)
