local Module = require "dfota.sim.module"
local qind = require "dfota.sim.qind"

describe("A line of the simulated update", function()
  local m

  local function new(spec)
    m = assert(Module.new(spec or {}, 1))
    return m
  end

  local function said(stage, value)
    qind.say(m, stage, value)
    local lines = {}
    for line in m:output():gmatch "[^\r\n]+" do lines[#lines + 1] = line end
    return lines
  end

  -- stage and value → as spelt in the note's table, its example, and a sibling's boot loader (after +QIND: "FOTA",)
  for _, case in ipairs {
    { "httpstart", nil, '"HTTPSTART"', '"HTTP START"', '"HTTPSTART"' },
    { "downloading", 0, '"DOWNLOADING",0', '"DOWNLOADING",0%', '"DOWNLOADING",0' },
    { "downloading", 100, '"DOWNLOADING",100', '"DOWNLOADING",100%', '"DOWNLOADING",100' },
    { "httpend", 0, '"HTTPEND",0', '"HTTPEND",0', '"HTTPEND",0' },
    { "httpend", 6503, '"HTTPEND",6503', '"HTTPEND",6503', '"HTTPEND",6503' },
    { "start", nil, '"START"', '"START"', '"START"' },
    { "updating", 2, '"UPDATING",2', '"UPDATING", 2%', '"UPDATING",2' },
    { "updating", 4, '"UPDATING",4', '"UPDATING",4%', '"UPDATING",4' },
    { "end", 0, '"END", 0', '"END",0', '"END",0' },
    { "end", 6508, '"END", 6508', '"END",6508', '"END",6508' },
  } do
    for i, spelling in ipairs { "table", "example", "rda" } do
      it(("is spelt as in %s: %s %s"):format(spelling, case[1], case[2] or ""), function()
        new { spelling = spelling }
        assert.same({ '+QIND: "FOTA",' .. case[i + 2] }, said(case[1], case[2]))
      end)
    end
  end

  it("is lost, or comes twice, if set by its name", function()
    new { lost = "start+end", twice = "httpend", spelling = "table" }
    assert.same({ {}, {} }, { said "start", said("end", 0) })
    local line = '+QIND: "FOTA","HTTPEND",0'
    assert.same({ line, line }, said("httpend", 0))
    assert.equal(1, #said("updating", 4))
  end)

  it("has another word if set, and keeps its value", function()
    new { rename = "httpstart:HTTPSSTART+end:DONE%1", spelling = "example" }
    assert.same({ '+QIND: "FOTA","HTTPSSTART"' }, said "httpstart")
    assert.same({ '+QIND: "FOTA","DONE%1",0' }, said("end", 0))
    assert.same({ '+QIND: "FOTA","START"' }, said "start")
  end)

  it("has an unknown stage before it, even if it is lost itself", function()
    new { extra = "start:PREPARE", lost = "start" }
    assert.same({ '+QIND: "FOTA","PREPARE"' }, said "start")
    assert.equal(1, #said("end", 0))
  end)

  it("is a place for faults, printed or not, and only once if it comes twice", function()
    for _, how in ipairs { {}, { lost = "start" }, { twice = "start" } } do
      new { hang = "urc:start", lost = how.lost, twice = how.twice }
      qind.say(m, "start")
      assert.equal("hung", m.state)
    end
  end)

  it("comes after the running command", function()
    new()
    m.busy = {}
    assert.same({}, said "start")
    assert.equal(1, #m.held)
  end)

  it("such as the OK of the trigger may be lost, too", function()
    assert.is_falsy(qind.ok_lost(new { lost = "start" }))
    assert.is_truthy(qind.ok_lost(new { lost = "start+ok" }))
  end)
end)
