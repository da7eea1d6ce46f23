local Finder = require "dfota.finder"
local core = require "dfota.core"

describe("Finding a module", function()
  local now, said, row, lines, asked

  before_each(function() now, said, row, lines, asked = 0, {}, nil, {}, {} end)

  -- A channel on which these answers to its sync come, in order.
  local function new(answers, may_change)
    local channel = { port = {} }
    function channel.sync(_, opts)
      asked[#asked + 1] = opts
      local answer = table.remove(answers, 1) or "no_answer"
      if type(answer) == "string" then return nil, core.error(answer, answer) end
      return answer
    end
    function channel.set_baud() return true end
    function channel.reset() said[#said + 1] = "reset" end
    function channel.quiet() return true end
    function channel.port.write(_, bytes) said[#said + 1] = bytes return true end
    function channel.listen(_, seconds)
      local line = table.remove(lines, 1)
      if line then return line end
      now = now + seconds
      return nil, core.error("timeout", "t")
    end
    return Finder.new {
      channel = channel, settings = { listen_s = 4, answer_s = 10, guard_s = 1, again_s = 2 }, bauds = { 115200, 9600 },
      record = { open_row = function() return row end }, retry = function(_, fn) return fn() end,
      now = function() return now end, may_change = may_change,
    }
  end

  it("takes one that answers at once", function()
    local found = { answered = true }
    assert.equal(found, new({ found }):find())
    assert.equal(1, #asked)
    assert.equal(0, now)
  end)

  it("listens before it asks where a record says that it may be updating", function()
    row, lines = {}, { '+QIND: "FOTA","UPDATING",5' }
    assert.is_true(new({}):find().updating)
    assert.same({}, asked)
  end)

  it("asks where nothing of an update is heard, and is not misled by other lines", function()
    row, lines = {}, { "RING", "+CREG: 1" }
    assert.is_true(new({ { answered = true } }):find().answered)
    assert.equal(4, now)
  end)

  it("listens at the first rate for its time and no longer, whatever comes in between", function()
    local rates, waits = {}, {}
    now, row = 100, {}
    local finder = new({ { answered = true } })
    function finder.channel.set_baud(_, baud)
      rates[#rates + 1] = baud
      return true
    end
    function finder.channel.listen(_, seconds)
      waits[#waits + 1], now = seconds, now + 3
      return nil, core.error("timeout", "t")
    end
    finder:find()
    assert.same({ { 115200 }, { 4, 1 } }, { rates, waits })
    function finder.channel.listen() return nil, core.error("interrupted", "a signal") end
    local ok, err = pcall(finder.hear_update, finder, 5)
    assert.same({ false, "interrupted" }, { ok, err.kind })
  end)

  it("listens after one quick look where there is no record, then looks for long", function()
    local found = new({ "no_answer", { answered = true } }):find()
    assert.is_true(found.answered)
    assert.equal(4, now)
    assert.same({ 0, 10 }, { asked[1].answer_s, asked[2].answer_s })
  end)

  it("calls a silent one back from data mode only where something may be changed", function()
    assert.is_true(new({ "no_answer", "no_answer", { answered = true } }, true):find().answered)
    assert.is_truthy(table.concat(said, " "):find("+++", 1, true))
    said = {}
    local found, err = new({ "no_answer", "no_answer", { answered = true } }):find()
    assert.is_nil(found)
    assert.same({ "no_answer", {} }, { err.kind, said })
  end)

  it("ends with a port that is lost, whatever was hoped", function()
    local found, err = new({ "hangup" }, true):find()
    assert.is_nil(found)
    assert.same({ "hangup", 1 }, { err.kind, #asked })
  end)
end)
