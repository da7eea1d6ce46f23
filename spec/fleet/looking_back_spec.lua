local looking_back = require "dfota.fleet.looking_back"

describe("Whoever goes on with a fleet's run", function()
  local warned
  before_each(function() warned = {} end)
  local function warn(words) warned[#warned + 1] = words end

  it("is told what failed and is held back, unless that is forced", function()
    local function devices()
      return { { port = "/dev/1", state = "failed", rc = 81, barred = true, goes_first = true } }
    end
    looking_back.failed(devices(), { again = true, passed = {}, warn = warn })
    assert.same({ "not tried again: 1, on which the package failed; --force attempts does",
      "/dev/1 goes first and failed: --again failed --force attempts tries it again, or begin a new run without it" },
      warned)
    warned = {}
    local forced = devices()
    looking_back.failed(forced, { again = true, passed = { "--force", "attempts" }, warn = warn })
    assert.same({ {}, nil }, { warned, forced[1].barred })
  end)
end)
