local central = require "dfota.fleet.central"
local core = require "dfota.core"
local uv = require "luv"

describe("A fleet's run with a centre", function()
  local warned, answers, asked, sent, given_up, forgotten, one

  before_each(function()
    warned, answers, asked, sent, given_up, forgotten = {}, {}, {}, {}, 0, 0
  end)
  after_each(function()
    one:close()
    uv.run "nowait"
  end)

  local function new(journal, options)
    options = options or {}
    one = central.new {
      last_s = options.last_s,
      url = "postgres://db/x", run = "r", journal = journal, warn = function(words) warned[#warned + 1] = words end,
      on_brake = function(answer, err) asked[#asked + 1] = answer or err end,
      brake = {
        ask_later = function(_, on_answer) on_answer(table.unpack(table.remove(answers, 1), 1, 2)) end,
        close = function() end, forget = function() forgotten = forgotten + 1 end,
      },
      is_behind = options.is_behind,
      ship_later = function(where, url, on_end)
        local errand = { where = where, url = url, on_end = on_end, close = function() given_up = given_up + 1 end }
        sent[#sent + 1] = errand
        return errand
      end,
    }
    return one
  end

  -- Often: libuv waits for the next event once it has run a timer that was due.
  local function await(what)
    local ticks, count = uv.new_timer(), 0
    uv.update_time()
    ticks:start(1, 1, function() count = count + 1 end)
    while not what() and count < 20000 do uv.run "once" end
    ticks:close()
    assert.is_true(count < 20000)
  end

  -- What is due now happens.
  local function let_it_run()
    local is_late = false
    local timer = uv.new_timer()
    timer:start(3, 0, function() is_late = true end)
    await(function() return is_late end)
    timer:close()
  end

  local GONE = core.error("central", "central db: nothing listens there")

  it("passes on each answer, and tells once that there is none, until there is one again", function()
    new()
    local got = {}
    answers = { { nil, GONE }, { nil, GONE }, { { stop = false } }, { nil, GONE } }
    for i = 1, 4 do one:ask(function(answer) got[i] = answer or "none" end) end
    assert.same({ "none", "none", { stop = false }, "none" }, got)
    assert.equal(4, #asked)
    local words = GONE.message .. "; the limits of this machine hold alone"
    assert.same({ words, words }, warned)
    assert.is_false(one.reached)
  end)

  it("ships its journal when something has ended, and what comes meanwhile together afterwards", function()
    new "j.db"
    one:ship()
    one:ship()
    await(function() return sent[1] end)
    assert.same({ 1, "j.db", "postgres://db/x" }, { #sent, sent[1].where, sent[1].url })
    one:ship()
    one:ship()
    one.began = one.began - 5 -- some time later
    sent[1].on_end(1)
    await(function() return sent[2] end)
    assert.equal(2, #sent)
  end)

  it("tells once that it cannot be shipped", function()
    new()
    for i = 1, 2 do
      one.began = nil
      one:ship()
      await(function() return sent[i] end)
      sent[i].on_end(nil, GONE)
    end
    assert.same({ GONE.message .. "; until it is shipped, only the limits of this machine count it" }, warned)
  end)

  it("ships what is left at its end, once whatever was on its way is there", function()
    new()
    one:ship()
    await(function() return sent[1] end)
    local timer = uv.new_timer()
    timer:start(1, 1, function()
      for _, errand in ipairs(sent) do
        if not errand.done then
          errand.done = true
          errand.on_end(1)
        end
      end
    end)
    one:last()
    timer:close()
    assert.same({ 2, {} }, { #sent, warned })
  end)

  it("holds up the end of its run no longer than it may, whatever the centre does", function()
    for _, is_on_its_way in ipairs { true, false } do
      sent, warned = {}, {}
      new("j.db", { last_s = 0.02 })
      if is_on_its_way then
        one:ship()
        await(function() return sent[1] end)
      end
      one:last()
      assert.same({ 1, { "the centre does not answer: ledger.lua --push ships what waits in the journal" } },
        { #sent, warned })
      one:close()
      assert.equal(is_on_its_way and 1 or 2, given_up)
    end
    new()
  end)

  it("ships one thing after another", function()
    new()
    one:ship()
    await(function() return sent[1] end)
    one.began = nil
    one:ship()
    let_it_run()
    assert.equal(1, #sent)
    sent[1].on_end(1)
    await(function() return sent[2] end)
  end)

  it("ships no more often than every five seconds, and only if there is anything", function()
    new()
    one:ship()
    await(function() return sent[1] end)
    sent[1].on_end(1)
    assert.is_false(one.timer:is_active())
    one:ship()
    local due_ms = one.timer:get_due_in() -- on the clock of the loop, which is a little behind
    assert.is_true(due_ms > 4000 and due_ms < 6000, due_ms)
  end)

  it("says nothing more once it is over", function()
    local later, is_closed
    new()
    one.brake.ask_later = function(_, on_answer) later = on_answer end
    one.brake.close = function() is_closed = true end
    one:ask(function() asked[1] = "answered" end)
    one:close()
    later { stop = true }
    one:ship()
    assert.same({ {}, true }, { asked, is_closed })
    new()
  end)

  local function ask_many(count)
    local got = {}
    for i = 1, count do
      answers[#answers + 1] = { { stop = false, number = i } }
      one:ask(function(answer) got[#got + 1] = answer.number end)
    end
    return got
  end

  it("asks once the centre has got what ended here, which may be what stops the run", function()
    new()
    one:ship()
    local got = ask_many(2)
    assert.same({ 1, {}, {} }, { #sent, got, asked })
    sent[1].on_end(1)
    assert.same({ { 1, 2 }, 1, 2 }, { got, forgotten, #asked })
    ask_many(1) -- there is nothing to wait for any more
    assert.same({ 1, 3 }, { #sent, #asked })
  end)

  it("waits for what came during a shipment until the next one, which begins at once, and no longer", function()
    new()
    one:ship()
    local first = ask_many(1)
    one:ship()
    local second = ask_many(1)
    one:ship()
    sent[1].on_end(1)
    assert.same({ 1, 0, 2 }, { #first, #second, #sent })
    one:ship()
    sent[2].on_end(1)
    assert.same({ 1, 2 }, { #second, #sent }) -- what is left is shipped later
  end)

  it("ships first what an earlier supervisor may have left", function()
    new("j.db", { is_behind = true })
    local got = ask_many(1)
    assert.same({ 1, 0 }, { #sent, #got })
    sent[1].on_end(0)
    assert.equal(1, #got)
  end)

  it("does not wait where the last shipment failed, and says which limits hold, until one succeeds", function()
    new()
    one:ship()
    local got = ask_many(1)
    sent[1].on_end(nil, GONE)
    assert.same({ 1, 0 }, { #got, forgotten })
    one:ship()
    assert.same({ 1, 1 }, { #ask_many(1), #warned })
    await(function()
      one.began = one.began - 5
      return sent[2] or one:ship()
    end)
    assert.equal(1, #ask_many(1))
    sent[2].on_end(1)
    one:ship()
    assert.equal(0, #ask_many(1))
    assert.same({ 3, 1 }, { #sent, #warned })
  end)

  it("waits no longer than its time for a centre that takes nothing, and says so once", function()
    new()
    one:ship()
    await(function() return sent[1] end)
    one.began = one.began - 9.95
    local got = ask_many(1)
    assert.equal(0, #got)
    await(function() return got[1] end)
    one.began = one.began - 1
    assert.equal(1, #ask_many(1))
    assert.same({ "what ended here is not at the centre after 10 s; until it is, only the limits of this machine "
      .. "count it" }, warned)
  end)

  it("ships nothing without a journal, and waits for nothing", function()
    new(false)
    assert.equal(1, #ask_many(1))
    one:ship()
    let_it_run()
    one:last()
    assert.equal(0, #sent)
  end)
end)
