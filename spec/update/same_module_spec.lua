local SameModule = require "dfota.update.same_module"
local core = require "dfota.core"

describe("What answers after the trigger", function()
  local now, warned, closed
  before_each(function() now, warned, closed = 0, {}, 0 end)

  -- It says these, one after the other: an IMEI, or the kind of an error, or nothing of its own will.
  local function asked(known, says, is_unnamed)
    local n = 0
    local modem = { imei = function()
      n = n + 1
      local word = says[n]
      if not word or word:find "^%d" then return word end
      return nil, core.error(word, word)
    end }
    return SameModule.new {
      imei = known, is_unnamed = is_unnamed, modem = modem, set = { boot_s = 30 }, now = function() return now end,
      warn = function(text) warned[#warned + 1] = text end, close = function() closed = closed + 1 end,
    }, function() return n end
  end

  it("is the module that was triggered if it has its IMEI, or if nobody knew that", function()
    assert.is_true((asked("1", { "1" }):check()))
    local same, times = asked(nil, { "2" })
    assert.same({ true, 0, {} }, { same:check(), times(), warned })
  end)

  it("is another one if it has another IMEI: nothing more is sent to it", function()
    local same = asked("1", { "2" })
    assert.same({ false, "stranger" }, { same:check() })
    assert.same({ "2", 1, { "another module answers on the port now: IMEI 2, not 1" } },
      { same.stranger, closed, warned })
  end)

  it("is unknown if it does not say for as long as a module may take to boot, without a break", function()
    for _, silence in ipairs { "timeout", "refused", "cme" } do
      now = 0
      local same = asked("1", { silence, "1", silence, silence, silence })
      assert.same({ false }, { same:check() })
      now = 29
      assert.is_true((same:check()))
      assert.is_false(same:is_silent())
      now = 40
      assert.same({ false }, { same:check() })
      now = 69
      assert.same({ false }, { same:check() })
      now = 70
      assert.same({ false, "unnamed" }, { same:check() })
      assert.is_true(same:is_silent())
      same:begin()
      assert.is_false(same:is_silent())
    end
  end)

  it("has not refused where something else kept it from answering", function()
    local same = asked("1", { "interrupted" })
    local ours, reason, err = same:check()
    assert.same({ false, "interrupted" }, { ours, err.kind })
    assert.is_nil(reason)
    assert.is_false(same:is_silent())
  end)

  it("may be another one if it reports an IMEI only now, which is said", function()
    assert.is_true((asked(nil, { "2" }, true):check()))
    assert.matches("^the module did not report its IMEI before, and has IMEI 2 now", warned[1])
    assert.is_true((asked(nil, { "refused" }, true):check()))
    assert.equal(1, #warned)
  end)
end)
