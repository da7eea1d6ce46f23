local brake = require "dfota.central.brake"
local central = require "support.central"
local core = require "dfota.core"
local fleet_central = require "dfota.fleet.central"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local run = require "support.run"
local uv = require "luv"

describe("The brake of a run", function()
  -- Errands whose answers come when the spec lets them.
  local function errands(sent)
    return { send = function(task, what)
      local one = { task = task, what = what }
      function one.wait(_, limits)
        one.limits = limits
        return { stop = false }
      end
      function one.follow(_, limits, on_end) one.limits, one.answer = limits, on_end end
      function one.close() one.closed = true end
      sent[#sent + 1] = one
      return one
    end }
  end

  it("is asked with a deadline for the whole of it", function()
    local sent = {}
    local one = brake.new("postgres://db/x", "r", 3, errands(sent))
    assert.same({ stop = false }, (one:ask()))
    assert.same({ "dfota.central.brake", { total_s = 3 } }, { sent[1].task, sent[1].limits })
    assert.is_nil(sent[1].what.register)
  end)

  it("is asked once for all that wait, again once its answer is old, and registers the run first", function()
    local sent, got = {}, {}
    local one = brake.new("postgres://db/x", "r", 3, errands(sent))
    local function ask() one:ask_later(function(answer, err) got[#got + 1] = answer or err end) end
    ask()
    ask()
    assert.same({ 1, 0, true }, { #sent, #got, sent[1].what.register })
    sent[1].answer { stop = false }
    ask()
    assert.same({ 1, 3 }, { #sent, #got })
    one.at = one.at - 2
    ask()
    assert.same({ 2, 3, false }, { #sent, #got, sent[2].what.register })
    sent[2].answer(nil, "unreachable")
    assert.equal("unreachable", got[4])
    one.at = one.at - 2
    ask()
    one:close()
    assert.is_true(sent[3].closed)
  end)

  it("gives nobody an answer of before the centre knew more", function()
    local sent, got = {}, {}
    local one = brake.new("postgres://db/x", "r", 3, errands(sent))
    local function ask(name) one:ask_later(function(answer) got[#got + 1] = name .. answer.number end) end
    ask "a"
    one:forget()
    ask "b"
    one:forget()
    ask "c"
    sent[1].answer { number = 1 }
    assert.same({ { "a1" }, 2 }, { got, #sent })
    sent[2].answer { number = 2 }
    assert.same({ "a1", "b2", "c2" }, got)
    ask "d"
    one:forget()
    ask "e"
    assert.same({ "d2", 3 }, { got[4], #sent })
  end)

  it("says why it stops", function()
    local one = brake.new("postgres://db/x", "r", 3)
    assert.equal("run r was stopped at the centre", one:words { reason = "stop" })
    assert.equal("too many failed in run r, over all gateways (max_fail 1: 2 of 2 failed)",
      one:words { reason = "max_fail 1: 2 of 2 failed" })
  end)

  it("belongs to a call that names a centre and a run", function()
    local url = "postgres://db/x"
    assert.equal("r", brake.of({ central = url, run = "r", from_environment = {} }, 5).name)
    assert.is_nil(brake.of({ from_environment = {} }, 5))
    assert.same({}, { brake.of({ central = url, from_environment = { central = true } }, 5) })
    for _, options in ipairs { { central = url, from_environment = {} },
      { central = "x.db", run = "r", from_environment = {} } } do
      local none, err = brake.of(options, 5)
      assert.same({ nil, "usage" }, { none, err.kind })
    end
  end)

  describe("before a trigger", function()
    local centre, module

    setup(function() centre = central.start() end)
    teardown(function()
      run.clean()
      centre:stop()
    end)
    before_each(function()
      centre:clear()
      module = run.module {}
    end)
    after_each(function()
      centre.server:signal "sigcont"
      module:stop()
    end)

    local function update(set)
      local own = { "--run", "spring/1", "--central", centre:url "gw1" }
      own[#own + 1] = run.package()
      return run.update(module, own, { set = set })
    end

    it("lets a run go on", function()
      centre:ask("gw1", "INSERT INTO dfota.runs (run) VALUES ('spring/1')")
      local done = update()
      assert.same({ 0, 1 }, { done.rc, run.triggers(done) })
      local asked = run.only(done, "brake")
      assert.same({ 1, "spring/1", true, false }, { #asked, asked[1].run, asked[1].reached, asked[1].stop })
    end)

    it("stops it: nothing is triggered, what was uploaded is deleted, and it ends with 130", function()
      centre:ask("boss", "INSERT INTO dfota.runs (run, stop) VALUES ('spring/1', true)")
      local done = update()
      assert.same({ 130, 0, "safe", "not_started" },
        { done.rc, run.triggers(done), done.result.retry, done.result.outcome })
      assert.matches("run spring/1 was stopped at the centre", done.result.message, 1, true)
      local deleted = false
      for _, command in ipairs(done.sent) do deleted = deleted or command:find("AT+QFDEL", 1, true) ~= nil end
      assert.is_true(deleted)
    end)

    it("that says nothing in time holds nobody up, and that is said", function()
      centre.server:signal "sigstop"
      local began = core.now()
      local done = update { central_s = 0.3 }
      assert.same({ 0, 1 }, { done.rc, run.triggers(done) })
      assert.is_true(core.now() - began < 15)
      assert.is_false(run.only(done, "brake")[1].reached)
      assert.matches("no answer within 0.3 s; the limits of this machine hold alone", done.err, 1, true)
    end)

    it("of a run that is not known there holds nobody up either", function()
      local done = update()
      assert.equal(0, done.rc)
      assert.matches("run spring/1 is not known at the centre", done.err, 1, true)
    end)

    it("counts before a start of a fleet what has just failed on the same gateway", function()
      centre:ask("boss", "INSERT INTO dfota.runs (run, max_fail) VALUES ('spring/1', '0')")
      local dir, cleanup = folder.new()
      finally(cleanup)
      local answers, warned = {}, nil
      local one = fleet_central.new {
        url = centre:url "gw1", run = "spring/1", journal = dir .. "/j.db", on_brake = function() end,
        warn = function(words) warned = words end,
      }
      local function ask() -- with the next start there is always an answer that is fresh
        local count = #answers
        one:ask(function(answer) answers[count + 1] = answer and answer.stop end)
        while #answers == count and not warned do uv.run "once" end
      end
      ask()
      local book = assert(ledger.open(dir .. "/j.db"))
      local id = assert(book:begin { imei = "1", port = "/dev/1", from = "A", size = 1, run = "spring/1" })
      assert(book:triggered(id))
      assert(book:conclude(id, { outcome = "failed_on_source", rc = 81 }))
      book:close()
      one:ship()
      ask()
      one:close()
      uv.run "nowait"
      assert.same({ { false, true }, nil }, { answers, warned })
    end)

    it("is registered by whoever asks for many", function()
      local one, got = brake.new(centre:url "gw1", "spring/1", 20), nil
      one:ask_later(function(answer, err) got = answer or err end)
      while not got do uv.run "once" end
      assert.same({ known = true, stop = false }, got)
      assert.equal("gw1", centre:value("boss", "SELECT registered_by FROM dfota.runs WHERE run = 'spring/1'"))
    end)
  end)
end)
