local Stage = require "campaign.stage"
local cases = require "campaign.cases"
local play = require "campaign.play"
local replay = require "campaign.replay"

local SAMPLE = 16

describe("The trace of a case that is replayed", function()
  local stage, other

  setup(function() stage, other = Stage.new(), Stage.new() end)
  teardown(function()
    stage:close()
    other:close()
  end)

  local number = 0

  local function replayed(case)
    number = number + 1
    case.trace, case.id = true, case.id or "replay-" .. number
    local played = play(case, stage, number)
    if not replay.is_possible(case, played.runs[1]) then return nil end
    return replay.play(case, played, other, number), played
  end

  for what, case in pairs {
    ["an update that goes well"] = { way = "file", rc = 0 }, ["one over the air"] = { way = "url", rc = 0 },
    ["one that fails"] = { way = "file", spec = { fail = "end:6508" }, same = true, rc = 81 },
    ["one that is refused"] = { way = "file", spec = { fail = "command:6507" }, same = true, rc = 81 },
    ["one whose upload a power cut ended"] = { way = "file", spec = { power_cut = "upload:50" }, rc = 0 },
    ["one with noise before the echo of a password"] = { way = "url", spec = { echo_noise = "13+14+15" }, rc = 0 },
    ["one that reads three bytes at a time"] = { way = "file", accidents = { { kind = "split", bytes = 3 } }, rc = 0 },
  } do
    it("comes to the same verdict: " .. what, function()
      local expected = case.rc
      case.rc = nil
      local wrong, played = replayed(case)
      assert.same({ {}, expected }, { wrong, played.runs[1].rc })
    end)
  end

  it("comes to the same verdict, in a sample of all single faults of the line and the module", function()
    local wrong, count = {}, 0
    for _, case in ipairs(cases.sample(cases.singles(stage), SAMPLE, 5)) do
      local found = replayed(case)
      count = count + (found and 1 or 0)
      for _, text in ipairs(found or {}) do wrong[#wrong + 1] = case.id .. ": " .. text end
    end
    assert.same({}, wrong)
    assert.is_true(count >= SAMPLE // 4, count)
  end)
end)
