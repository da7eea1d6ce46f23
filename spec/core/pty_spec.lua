local core = require "dfota.core"

local WAIT_S = 5

describe("A pty", function()
  local pty
  before_each(function() pty = assert(core.pty()) end)
  after_each(function() pty:close() end)

  it("has a name that a client can open", function()
    assert.truthy(pty:name():find("^/dev/pts/%d+$"))
    assert.equal("dfota.pty (" .. pty:name() .. ")", tostring(pty))
  end)

  it("does not echo its own output, before or after a client has opened it", function()
    assert(pty:write("RDY\r\n", WAIT_S))
    assert.equal("timeout", select(2, pty:read(0)).kind)
    local port <close> = assert(core.open(pty:name()))
    assert.equal("RDY\r\n", port:read(WAIT_S))
    assert.equal("timeout", select(2, pty:read(0)).kind)
  end)

  it("outlives its clients, and keeps its settings", function()
    for i = 1, 3 do
      local port = assert(core.open(pty:name(), { baud = 9600 * i }))
      assert(port:write("AT" .. i, WAIT_S))
      assert.equal("AT" .. i, pty:read(WAIT_S))
      port:close()
      assert.equal("timeout", select(2, pty:read(0)).kind)
    end
  end)

  it("reports the client's line settings", function()
    assert(os.execute("stty -F " .. pty:name() .. " 57600 crtscts ixon icanon"))
    assert.same({ baud = 57600, rtscts = true, xonxoff = true, raw = false, parity = "none" }, pty:line())
  end)

  it("may be closed more than once, and raises when used after that", function()
    pty:close()
    pty:close()
    assert.equal("dfota.pty (closed)", tostring(pty))
    for _, name in ipairs { "read", "write", "exchange", "line", "name", "now" } do
      assert.error_matches(function() pty[name](pty, "x") end, "attempt to use a closed dfota.pty")
    end
  end)
end)
