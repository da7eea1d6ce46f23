local times = require "dfota.trace.times"
local traced = require "support.traced"

local function of(lines)
  local items, about = traced.items(lines)
  return times.of(items, about.duration_s), about.duration_s
end

local function near(expected, found)
  assert.is_true(math.abs(expected - found) < 1e-6, expected .. " is not " .. found)
end

describe("Where the time of a trace went", function()
  it("adds up: the phases are the whole", function()
    local taken, duration = of(traced.UPDATE)
    local sum = 0
    for _, phase in ipairs(taken.phases) do sum = sum + phase.total_s end
    near(duration, sum)
    local turns = taken.turns
    near(duration, turns.answering_s + turns.unanswered_s + turns.listening_s)
  end)

  it("is told for each command, the slowest first, with the longest of its kind", function()
    local rows = of({ [[1.0 tx AT+CSQ\r]], [[1.5 rx \r\nOK\r\n]], [[2.0 tx AT+CBC\r]], [[5.0 rx \r\nOK\r\n]],
      [[6.0 tx AT+CSQ\r]], [[7.0 rx \r\nOK\r\n]] }).commands
    assert.same({ name = "AT+CBC", count = 1, unanswered = 0, total_s = 3, longest_s = 3, at = 2 }, rows[1])
    assert.same({ name = "AT+CSQ", count = 2, unanswered = 0, total_s = 1.5, longest_s = 1, at = 6 }, rows[2])
  end)

  it("counts a command without an answer until the next one, or the end", function()
    local taken = of { [[1.0 tx AT\r]], [[3.0 tx AT\r]], [[4.5 rx RDY\r\n]] }
    assert.same({ name = "AT", count = 2, unanswered = 2, total_s = 3.5, longest_s = 2, at = 1 }, taken.commands[1])
    assert.equal(3.5, taken.turns.unanswered_s)
  end)

  it("adds up a phase that came twice", function()
    local taken = of { [[1.0 rx +QIND: "FOTA","START"\r\n]], [[2.0 rx +QIND: "FOTA","END",0\r\n]],
      [[4.0 rx +QIND: "FOTA","START"\r\n]], [[9.0 rx RING\r\n]] }
    local update = taken.phases[2]
    assert.same({ "update", 6, 1, 9 }, { update.name, update.total_s, update.from, update.to })
  end)

  it("of an empty trace is nothing", function()
    local taken = of {}
    assert.same({ {}, 0 }, { taken.commands, taken.turns.listening_s })
  end)
end)
