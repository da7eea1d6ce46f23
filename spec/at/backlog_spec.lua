local Backlog = require "dfota.at.backlog"

describe("Unsolicited lines that have not been read yet", function()
  it("are returned in order, with class and code where they have them", function()
    local backlog = Backlog.new()
    backlog:push "RING"
    backlog:push("+CME ERROR: 6503", "cme", 6503)
    assert.same({ "RING" }, { backlog:pop() })
    assert.same({ "+CME ERROR: 6503", "cme", 6503 }, { backlog:pop() })
    assert.is_nil((backlog:pop()))
  end)

  it("are limited to the last thousand, and the number dropped is known", function()
    local backlog = Backlog.new()
    for i = 1, 1000 do assert.is_false(backlog:push("+CREG: " .. i)) end
    assert.is_true(backlog:push "RING")
    assert.is_true(backlog:push "RDY")
    assert.equal(2, backlog.dropped)
    assert.equal("+CREG: 3", backlog:pop())
    for _ = 4, 1000 do backlog:pop() end
    assert.same({ "RING", "RDY" }, { backlog:pop(), (backlog:pop()) })
  end)

  it("free their memory once read", function()
    local backlog = Backlog.new()
    local function bytes()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count" * 1024
    end
    for i = 1, 2000 do backlog:push("x" .. i % 7) end
    local before = bytes()
    for i = 1, 50000 do backlog:push("x" .. i % 7) end
    assert.is_true(bytes() - before < 100000)
  end)
end)
