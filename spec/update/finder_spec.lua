local Finder = require "dfota.update.finder"
local WholeRun = require "support.whole_run"
local core = require "dfota.core"
local rates = require "dfota.at.rates"

describe("Not finding a module", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  local function took_s(case)
    case.way, case.bauds = "file", rates.standard
    local run = runs:play(case)
    return run.ended - run.began, run.rc
  end

  it("takes half a minute at all rates, however short the time for one try is", function()
    for _, seconds in ipairs { 1, 4, 10 } do
      local took, rc = took_s { spec = { state = "off" }, set = { "sync_timeout_s=" .. seconds } }
      assert.equal(69, rc)
      assert.is_true(took < 36, took)
    end
  end)

  it("after the trigger takes recover_s, and one last AT at every rate", function()
    local spec = { power_cut = "update:50", power_back_s = "never" }
    local took, rc = took_s { spec = spec, set = { "recover_s=100", "update_silence_s=50" } }
    assert.equal(80, rc)
    assert.is_true(took < 11 + 50 + 100 + 25, took)
  end)
end)

describe("Finding a module", function()
  local now, said, row, lines, asked

  before_each(function() now, said, row, lines, asked = 0, {}, nil, {}, {} end)

  -- A channel on which these answers to its sync come, in order.
  local function new(answers, may_change, trying)
    local channel = { port = {} }
    function channel.sync(_, opts)
      asked[#asked + 1] = opts
      local answer = table.remove(answers, 1) or "no_answer"
      if type(answer) == "string" then return nil, core.error(answer, answer) end
      return answer
    end
    function channel.set_baud() return true end
    function channel.only_unsolicited() end
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
      channel = channel, bauds = { 115200, 9600 },
      settings = { listen_s = 4, sync_timeout_s = 10, guard_s = 1, resync_timeout_s = 2 },
      record = { open_row = function() return row end }, retry = function(_, fn) return fn() end,
      now = function() return now end, may_change = may_change, trying = trying,
    }
  end

  it("finds one that answers at once", function()
    local found = { answered = true }
    assert.equal(found, new({ found }):find())
    assert.equal(1, #asked)
    assert.equal(0, now)
  end)

  it("tells which rate it tries or listens at, and when the search is over, however it ends", function()
    local told = {}
    local function trying(baud, listens) told[#told + 1] = ("%s%s"):format(baud, listens and " listens" or "") end
    new({ "no_answer", { answered = true } }, false, trying):find()
    for i, opts in ipairs(asked) do assert.equal(trying, opts.trying, i) end
    assert.same({ "115200 listens", "nil" }, told)
    told = {}
    new({ "hangup" }, false, trying):find()
    assert.same({ "nil" }, told)
  end)

  it("listens before it sends AT if a record says that it may be updating", function()
    row, lines = {}, { '+QIND: "FOTA","UPDATING",5' }
    assert.is_true(new({}):find().updating)
    assert.same({}, asked)
  end)

  it("sends AT if no line of an update is received, and is not misled by other lines", function()
    row, lines = {}, { "RING", "+CREG: 1" }
    assert.is_true(new({ { answered = true } }):find().answered)
    assert.equal(4, now)
  end)

  it("listens at the first rate for its time and no longer, whatever is received", function()
    local set_to, waits = {}, {}
    now, row = 100, {}
    local finder = new({ { answered = true } })
    function finder.channel.set_baud(_, baud)
      set_to[#set_to + 1] = baud
      return true
    end
    function finder.channel.listen(_, seconds)
      waits[#waits + 1], now = seconds, now + 3
      return nil, core.error("timeout", "t")
    end
    finder:find()
    assert.same({ { 115200 }, { 4, 1 } }, { set_to, waits })
    function finder.channel.listen() return nil, core.error("interrupted", "a signal") end
    local ok, err = pcall(finder.hear_update, finder, 5)
    assert.same({ false, "interrupted" }, { ok, err.kind })
  end)

  it("listens after one quick try if there is no record, then searches", function()
    local found = new({ "no_answer", { answered = true } }):find()
    assert.is_true(found.answered)
    assert.equal(4, now)
    assert.same({ 0, 10 }, { asked[1].timeout_s, asked[2].timeout_s })
  end)

  it("gets a silent one out of data mode only if changes are allowed", function()
    assert.is_true(new({ "no_answer", "no_answer", "no_answer", { answered = true } }, true):find().answered)
    assert.is_truthy(table.concat(said, " "):find("+++", 1, true))
    said = {}
    local found, err = new({ "no_answer", "no_answer", "no_answer", { answered = true } }):find()
    assert.is_nil(found)
    assert.same({ "no_answer", {} }, { err.kind, said })
  end)

  it("tries the slowest rates once before it gives up, but not if a rate was given", function()
    assert.is_true(new({ "no_answer", "no_answer", { answered = true, baud = 75 } }):find().answered)
    assert.same({ { 150, 75 }, 0, 1 }, { asked[3].bauds, asked[3].timeout_s, asked[3].tries })
    asked = {}
    local finder = new({})
    finder.bauds = { 9600 }
    assert.is_nil((finder:find()))
    assert.equal(2, #asked)
  end)

  it("ends if the port is lost", function()
    local found, err = new({ "hangup" }, true):find()
    assert.is_nil(found)
    assert.same({ "hangup", 1 }, { err.kind, #asked })
  end)
end)
