local looking_back = require "dfota.fleet.looking_back"

describe("Whoever goes on with a fleet's run", function()
  local warned
  before_each(function() warned = {} end)
  local function warn(words) warned[#warned + 1] = words end

  it("is told how many had all their tries, and for which of them the others wait", function()
    local devices = { { port = "/dev/1" }, { port = "/dev/2", name = "bus", goes_first = true }, { port = "/dev/3" } }
    looking_back.used_up(devices, function() return false end, warn)
    assert.same({}, warned)
    looking_back.used_up(devices, function(device) return device.port ~= "/dev/2" end, warn)
    looking_back.used_up(devices, function() return true end, warn)
    local words = "not tried again: %d, after as many tries as there are; --again failed gives new ones"
    assert.same({ words:format(2), words:format(3) .. "; the others wait for bus, which goes first" }, warned)
  end)

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
