local Follower = require "dfota.sim.follower"

local function entries()
  return {
    { command = "AT", line = 2, steps = { { echo = true } } },
    { command = "AT", line = 3, steps = { { pause_s = 1 } } },
    { command = "AT+CBC", line = 4, steps = { { say = "OK" }, { done = true } } },
    { command = "AT+CSQ", line = 5, steps = { { echo = true } } },
  }
end

describe("Whether a host follows a trace:", function()
  it("it does where it says the same in the same order, pings apart", function()
    local list = entries()
    local follower = Follower.new(list)
    for _, i in ipairs { 1, 3, 4 } do follower:take(list[i], i) end
    assert.same({ {}, {}, true }, { follower.list, follower:unsaid(), follower:has_ended() })
  end)

  it("a command is unanswered without echo and end of a reply, and idle if nothing came after it", function()
    local list = { { command = "AT", steps = { { pause_s = 1 } } }, { command = "AT", steps = { { say = "RDY" } } },
      { command = "AT", steps = { { echo = true } } }, { command = "+++", steps = {} }, { command = "AT", steps = {
        { say = "OK" }, { done = true } } } }
    Follower.new(list)
    local found = { { true, true }, { true, false }, { false, false }, { false, false }, { false, false } }
    for i, expected in ipairs(found) do
      assert.same(expected, { list[i].unanswered, list[i].idle })
    end
  end)

  it("what it says besides is told at once, with what the trace goes on with", function()
    local told, list = {}, entries()
    local follower = Follower.new(list, function(text) told[#told + 1] = text end)
    follower:take(list[1], 1)
    follower:unknown("AT+X\1", 2.5)
    assert.same({ "2.500 s: AT+X\\x01 is not in the trace, and is answered with ERROR; "
      .. "the trace goes on with AT+CBC (line 4)" }, told)
    assert.same(told, follower.list)
    for i = 3, 4 do follower:take(list[i], i) end
    assert.is_true(follower:again(list[4], "AT+CSQ", 1, 9))
    assert.is_truthy(told[2]:find("more often than the 1 time in the trace", 1, true))
    assert.is_truthy(told[2]:find("the trace has ended", 1, true))
  end)

  it("a command that nobody answered may come again, and is not answered", function()
    local list = entries()
    local follower = Follower.new(list)
    follower:take(list[2], 1)
    assert.is_false(follower:again(list[2], "AT", 2, 9))
    assert.same({}, follower.list)
  end)

  it("another order is told, and what was never said is listed", function()
    local list = entries()
    local follower = Follower.new(list)
    follower:take(list[4], 1)
    follower:take(list[3], 2)
    assert.same({ "2.000 s: AT+CBC came later than in the trace" }, follower.list)
    assert.same({ "AT (line 2 of the trace) was never said" }, follower:unsaid())
    assert.is_false(follower:has_ended())
  end)

  it("an upload of another size takes the place of the next one", function()
    local list = { { command = 'AT+QFUPL="f",3,5,0', steps = { { data = 3 } } }, { command = 'AT+QFUPL="f",3,5,0' } }
    local follower = Follower.new(list)
    for _ = 1, 3 do follower:take_upload(1) end
    assert.same({ {}, {} }, { follower.list, follower:unsaid() })
  end)
end)
