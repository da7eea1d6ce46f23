local listeners = require "dfota.at.listeners"

describe("Listeners to one line", function()
  it("all hear the same, in their order", function()
    local heard = {}
    local function one(name)
      return {
        tap = function() return function(...) heard[#heard + 1] = { name, ... } end end,
        begin_data = function() heard[#heard + 1] = { name, "begin" } end,
        expect_data = function(_, size) heard[#heard + 1] = { name, size } end,
        end_data = function() heard[#heard + 1] = { name, "end" } end,
      }
    end
    local all = listeners.join { one "a", one "b" }
    all:tap()("tx", "AT", 1.5)
    all:begin_data()
    all:expect_data(7)
    all:end_data()
    assert.same({ { "a", "tx", "AT", 1.5 }, { "b", "tx", "AT", 1.5 }, { "a", "begin" }, { "b", "begin" },
      { "a", 7 }, { "b", 7 }, { "a", "end" }, { "b", "end" } }, heard)
  end)

  it("need nothing in between if there is one", function()
    local one = {}
    assert.equal(one, listeners.join { one })
  end)

  it("are nobody if there is none", function() assert.is_nil(listeners.join {}) end)
end)
