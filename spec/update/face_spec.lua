local face = require "dfota.update.face"

describe("What a flow sees of an object", function()
  local Class = {}
  Class.__index = Class
  function Class.add(_, a, b) return a + b, nil, 3 end
  function Class.trigger() return "sent" end

  local own

  before_each(function()
    local target = setmetatable({ secret = 1, inner = { 7 } }, Class)
    own = face.new("job.thing", target, {
      methods = { "add", "sub" }, fields = { inner = function() return target.inner end },
      hidden = { trigger = "job:trigger() does it" },
      refuses = function(name) return name == "sub" and "not today" or nil end,
    })
  end)

  local function said(fn)
    local ok, fault = pcall(fn)
    assert.is_false(ok)
    assert.is_truthy(fault.fault:find "^spec/update/face_spec%.lua:%d+: ", fault.fault)
    return fault.fault:match ": (.*)$"
  end

  it("has its methods, with all their results", function()
    assert.same({ 3, nil, 3 }, { own:add(1, 2) })
  end)

  it("has the listed fields, and no others", function()
    assert.equal(7, own.inner[1])
    assert.equal("job.thing has no secret", said(function() return own.secret end))
  end)

  it("prints as the name that flows use", function()
    assert.equal("job.thing", tostring(own))
  end)

  it("suggests a name for a misspelt one", function()
    assert.equal("job.thing has no ad; did you mean add?", said(function() own:ad(1) end))
  end)

  it("says that a colon is missing", function()
    assert.equal("call job.thing:add(…) with a colon", said(function() own.add(1, 2) end))
    assert.equal("call job.thing:add(…) with a colon", said(function() own.add { 1 } end))
  end)

  it("says why something is not available to flows", function()
    assert.equal("job.thing:trigger is not available to flows: job:trigger() does it",
      said(function() own:trigger() end))
  end)

  it("says why a call is refused now", function()
    assert.equal("job.thing:sub is refused: not today", said(function() own:sub(1) end))
  end)

  it("calls what belongs around each call: before it, and after it with its error", function()
    local order = {}
    local target = setmetatable({}, { __index = { ask = function(_, fails)
      order[#order + 1] = "ask"
      return not fails or nil, fails
    end } })
    local thing = face.new("job.thing", target, {
      methods = { "ask" }, before = function() order[#order + 1] = "before" end,
      after = function(err) order[#order + 1] = err or "after" end,
    })
    assert.is_true(thing:ask())
    assert.is_nil((thing:ask "failed"))
    assert.same({ "before", "ask", "after", "before", "ask", "failed" }, order)
  end)

  it("is read-only", function()
    assert.equal("job.thing.inner cannot be set by a flow", said(function() own.inner = 1 end))
    assert.equal("job.thing.other cannot be set by a flow", said(function() own.other = 1 end))
  end)

  it("shows values by known names, even if they are nil", function()
    local values = face.values("job.request", { from = "A" }, { "from", "to" })
    assert.same({ "A", nil }, { values.from, values.to })
    assert.equal("job.request has no form; did you mean from?", said(function() return values.form end))
    assert.equal("job.request.from cannot be set by a flow", said(function() values.from = "B" end))
    values = face.values("job.settings", {}, { "boot_s" }, "use --set")
    assert.equal("job.settings.boot_s cannot be set by a flow: use --set", said(function() values.boot_s = 1 end))
  end)

  it("passes the real table to a method that is given a table of values", function()
    local values = { from = "A" }
    local target = setmetatable({}, { __index = { take = function(_, a, b) return a, b end } })
    local thing = face.new("job.thing", target, { methods = { "take" } })
    local a, b = thing:take(nil, face.values("job.request", values, { "from" }))
    assert.is_nil(a)
    assert.is_true(rawequal(values, b))
  end)
end)
