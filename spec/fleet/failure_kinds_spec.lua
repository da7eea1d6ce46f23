local failure_kinds = require "dfota.fleet.failure_kinds"

describe("The failures of a fleet", function()
  local function failed(number, more)
    return setmetatable(more, { __index = { number = number, port = "/dev/x" .. number, state = "failed", rc = 84 } })
  end

  it("are of one kind if only a port or a number tells them apart, and the most frequent kind is first", function()
    local groups = failure_kinds.grouped {
      failed(1, { message = "/dev/x1: the signal is weak" }), failed(2, { message = "/dev/x2: 3000 mV" }),
      failed(3, { message = "/dev/x3: 3100 mV" }), { number = 4, port = "/dev/x4", state = "done" },
    }
    assert.same({ 2, 2, 1, 1 }, { #groups, groups[1].count, groups[2].count, groups[2].device.number })
  end)

  it("are what a module failed with, not the gate that a later try met", function()
    local first = { rc = 81, code = 6508, outcome = "failed_on_source", message = "6508: update failed" }
    local groups = failure_kinds.grouped { failed(1, { message = "it failed before", tries = { { result = first } } }) }
    assert.equal(first, groups[1].failure)
    assert.truthy(failure_kinds.code(first):find "^6508: ")
    assert.equal("exit code 84: " .. require("dfota.base.exit_codes").of(84).meaning, failure_kinds.code { rc = 84 })
  end)

  it("that a gate refused have the way out that their job names: no gate is offered that would pass nothing", function()
    local own = "add packages with manifests to the folder; package.lua list shows what is there"
    for advice, expected in pairs {
      [own] = own, ["fix it, or pass it with --force route"] = "again: after fixing it, or --force route",
    } do
      local one = failed(1, { refused_by = "route", result = { advice = advice } })
      assert.equal(expected, failure_kinds.advice(one, failure_kinds.failure(one)))
    end
  end)

  it("are an outcome that is unknown, not what a later watch met instead of the module", function()
    local first = { rc = 80, outcome = "unknown", message = "silent", advice = "watch.lua --port /dev/x1" }
    local watch = { rc = 74, outcome = "not_started", message = "no such port" }
    local one = failed(1, { state = "unknown", rc = 74, outcome = "not_started", message = "no such port" })
    one.tries = { { result = first }, { result = watch } }
    local groups = failure_kinds.grouped { one }
    assert.equal(first, groups[1].failure)
    assert.truthy(failure_kinds.advice(one, first):find "keep the module powered")
    one.tries = { {}, { result = watch } } -- the words of the first were lost
    assert.same({ rc = 80, outcome = "unknown", message = "no such port" }, failure_kinds.failure(one))
  end)
end)
