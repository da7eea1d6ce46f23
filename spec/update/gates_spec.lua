local Gates = require "dfota.update.gates"

describe("The gates of a run", function()
  local events, warnings

  before_each(function() events, warnings = {}, {} end)

  local function new(...)
    local force = {}
    for _, name in ipairs { ... } do force[name] = true end
    return Gates.new {
      force = force, event = function(_, fields) events[#events + 1] = fields end,
      warn = function(text) warnings[#warnings + 1] = text end,
    }
  end

  it("are reported one by one, with value and limit", function()
    assert.is_nil(new():check { "supply", value = 3900, at_least = 3500, unit = "mV" })
    assert.same({ { name = "supply", ok = true, value = 3900, limit = 3500, unit = "mV" } }, events)
    assert.same({}, warnings)
  end)

  it("refuse with an error of their kind", function()
    local err = new():check { "wear", ok = false, kind = "wear", message = "worn" }
    assert.same({ "wear", "worn", false }, { err.kind, err.message, events[1].ok })
  end)

  it("offer no way around if the module may be another one, but to look at it", function()
    for _, name in ipairs { "imei", "module", "revision", "package" } do
      local err = new():check { name, ok = false, message = "another one" }
      assert.same({ "info" }, { err.helps, err.force })
      assert.is_nil(err.advice:find("--force", 1, true))
    end
    assert.equal("supply", new():check({ "supply", ok = false, message = "low" }).force)
  end)

  it("name no --force that would not pass them", function()
    local err = new("sim"):check { "sim", ok = false, may_force = false }
    assert.same({ "fix what the gate names" }, { err.advice, err.force })
    assert.equal("fix what the gate names, or pass it with --force sim", new():check({ "sim", ok = false }).advice)
  end)

  it("are passed by name, which is remembered", function()
    local gates = new("supply", "room")
    assert.is_nil(gates:forced())
    for _, name in ipairs { "supply", "room" } do assert.is_nil(gates:check { name, ok = false }) end
    assert.equal("supply,room", gates:forced())
    assert.same({ true, true, false },
      { gates:was_forced "supply", gates:was_forced "room", gates:was_forced "wear" })
    assert.equal(2, #warnings)
  end)

  it("warn of a forced name that no gate has", function()
    local gates = new("suply", "supply")
    gates:check { "supply", ok = true }
    gates:tell_unasked()
    assert.same({ "--force suply: this run had no gate of that name; did you mean supply?" }, warnings)
  end)
end)
