local Introduction = require "dfota.update.introduction"
local core = require "dfota.core"

describe("The revision before an update", function()
  -- A job on a module that tells these revisions (or errors), the last one for ever.
  local function asking(...)
    local told, asked = { ... }, 0
    local modem = {}
    function modem.pause() return true end
    function modem.revision()
      asked = asked + 1
      local one = told[math.min(asked, #told)]
      if type(one) == "function" then return one() end
      if core.is_error(one) then return nil, one end
      return one
    end
    return Introduction.new {
      modem = modem, settings = { verify_tries = 5, reading_pause_s = 0 }, port = "P",
      retry = function(_, fn) return fn() end,
    }
  end

  local unread = core.error("refused", "ATI was answered without a revision")

  for name, case in pairs {
    ["told twice"] = { { "A" }, "A" },
    ["damaged at first"] = { { "A", "A" }, "A", first = "X" },
    ["damaged in between"] = { { "X", "A", "A" }, "A", first = "A" },
    ["unreadable in between"] = { { unread, "A" }, "A", first = "A" },
  } do
    it("counts when two readings agree: " .. name, function()
      assert.equal(case[2], asking(table.unpack(case[1])):revision(case.first))
    end)
  end

  it("after two different readings counts at the second reading if it was named, else at the third", function()
    local own = asking("A", "A", "X", "X", "X")
    own.from = "A"
    assert.equal("A", own:revision "X")
    own = asking("A", "A", "X", "X", "X")
    assert.equal("X", own:revision "X")
  end)

  it("that differs at each reading is a gate, and the port is named", function()
    local n = 0
    local own = asking(function()
      n = n + 1
      return "A" .. n
    end)
    local revision, err = own:revision "A0"
    assert.is_nil(revision)
    assert.equal("gate", err.kind)
    assert.is_truthy(err.message:find("^P: the module reports a different revision each time"))
    assert.equal(5, n)
  end)

  it("that differs at each reading leaves what else is known of the module", function()
    local n = 0
    local own = asking(function()
      n = n + 1
      return "A" .. n
    end)
    own.modem.identity = function() return { model = "M65", imei = "1", revision = "A0" } end
    local who, err, known = own:full()
    assert.is_nil(who)
    assert.equal("gate", err.kind)
    assert.same({ model = "M65", imei = "1" }, known)
  end)

  it("counts its first reading, and no other more than once", function()
    local n = 0
    local own = asking(function()
      n = n + 1
      return "A"
    end)
    assert.same({ "A", 1 }, { own:revision "A", n })
    n = 0
    assert.same({ "A", 3 }, { own:revision "X", n }) -- two differed: the line damages them
    n = 0
    assert.same({ "A", 2 }, { own:revision(), n })
  end)

  it("is not read after a signal in the pause", function()
    local own = asking "A"
    own.modem.pause = function() return nil, core.error("interrupted", "a signal") end
    assert.equal("interrupted", select(2, own:revision "A").kind)
  end)

  it("that cannot be read gives the error itself", function()
    local revision, err = asking(core.error("hangup", "gone")):revision "A"
    assert.same({ nil, "hangup" }, { revision, err.kind })
  end)
end)

describe("Who the module is", function()
  local function asking(modem)
    modem.pause = function() return true end
    return Introduction.new {
      modem = modem, settings = { verify_tries = 4, reading_pause_s = 0, no_response_s = 1 }, port = "P",
      retry = function(_, fn) return fn() end, ask = function(_, fn) return (fn()) end,
    }
  end

  it("is known with a revision that was read twice", function()
    local told = { "X", "A", "A", "A" }
    local own = asking {
      identity = function() return { model = "MC65", revision = "A", imei = "1" } end,
      revision = function() return table.remove(told, 1) end,
    }
    assert.same({ model = "MC65", revision = "A", imei = "1" }, own:full())
  end)

  it("is a gate if the module refuses to say: it could not be read afterwards either", function()
    local function asked(modem)
      function modem.identity() return nil, core.error("refused", "no") end
      function modem.model() return "MC65" end
      return asking(modem):full()
    end
    local function none() end
    local function number() return "1" end
    local function revision() return "A" end
    local n = 0
    local function other() n = n + 1 return "A" .. n end
    for _, modem in ipairs {
      { revision = none, imei = number }, { revision = none, imei = none }, { revision = revision, imei = none },
      { revision = other, imei = number },
    } do
      local who, err, known = asked(modem)
      assert.is_nil(who)
      local without = modem.revision == revision and "its IMEI a module cannot be told from another one"
        or "it the result of an update could not be read"
      local why = modem.revision == other and "P: the module reports a different revision each time" or "no"
      assert.same({ "gate", why .. ": without " .. without }, { err.kind, err.message })
      assert.same({ model = "MC65", revision = modem.revision == revision and "A" or nil, imei = modem.imei() }, known)
    end
    assert.same({ model = "MC65", revision = "A", imei = "1" }, (asked { revision = revision, imei = number }))
    local who, err = asking({ identity = function() return nil, core.error("hangup", "h") end }):full()
    assert.same({ nil, "hangup" }, { who, err.kind })
  end)

  it("is a gate, too, if all but one query is answered", function()
    local own = asking {
      identity = function() return nil, core.error("timeout", "no answer to AT+CGSN") end,
      revision = function() return "A" end, model = function() return "MC65" end, imei = function() end,
    }
    local who, err, known = own:full()
    assert.same({ nil, "gate", { model = "MC65", revision = "A" } }, { who, err.kind, known })
    assert.matches("^no answer to AT%+CGSN: ", err.message)
    own.modem.revision = function() end
    assert.same({ nil, "timeout" }, { own:full(), select(2, own:full()).kind })
    assert.equal("gate", select(2, own:full(true)).kind)
    own.ask = function() error(core.error("no_answer", "nor is any later query"), 0) end
    assert.equal("no_answer", select(2, pcall(own.full, own)).kind) -- may be updating itself
  end)

  it("is given as far as known to scripts that only read", function()
    local own = asking {
      identity = function() end, revision = function() return "A" end, model = function() end,
      imei = function() return "1" end,
    }
    assert.same({ revision = "A", imei = "1" }, own:partial())
  end)
end)
