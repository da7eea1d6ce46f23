local central = require "support.central"

describe("Whoever asks the centre what a module runs", function()
  local centre

  setup(function() centre = central.start() end)
  teardown(function() centre:stop() end)

  it("is not told that a module runs a revision after a trigger whose end is not certain, until it is read again",
    function()
      local started = 0
      -- gateway, id, from, after, outcome (nil: open), doubt; triggered unless it is only a reading
      local function told(gateway, id, from, after, outcome, doubt, reading)
        local function text(value) return value and "'" .. value .. "'" or "NULL" end
        started = started + 10
        centre:ask(nil, ("INSERT INTO dfota.updates (gateway, id, imei, started, triggered, finished, outcome, "
          .. "rev_from, rev_after, doubt) VALUES ('%s', '%s', '1', to_timestamp(%d), %s, %s, %s, %s, %s, %s)"):format(
          gateway, id, started, reading and "NULL" or "to_timestamp(1)", outcome and "to_timestamp(2)" or "NULL",
          text(outcome), text(from), text(after), text(doubt)))
      end
      local function read(revision) told("gw2", "read" .. started, revision, nil, "not_started", nil, true) end
      local function runs(role)
        local row = centre:ask(role or "boss",
          "SELECT coalesce(revision, 'unknown'), last_revision FROM dfota.who_runs_what WHERE imei = '1'")[1]
        return table.concat(row, " ")
      end
      centre:ask(nil, "INSERT INTO dfota.modules (gateway, imei, revision, seen) VALUES "
        .. "('gw1', '1', 'A', to_timestamp(5)), ('gw1', '2', 'C', to_timestamp(7))")
      assert.equal("A A", runs())
      told("gw1", "killed", "A")
      assert.equal("unknown A", runs())
      assert.equal("C", centre:value("boss", "SELECT revision FROM dfota.who_runs_what WHERE imei = '2'"))
      told("gw2", "killed", "A", "A", "failed_on_source") -- which another gateway has seen
      assert.equal("A A", runs())
      told("gw1", "lost", "A", nil, "unknown")
      assert.equal("unknown A", runs())
      read(nil)
      assert.equal("unknown A", runs())
      read "A"
      assert.equal("A A", runs())
      told("gw1", "doubtful", "A", nil, "unknown", "unknown_stage")
      read "A" -- which does not settle it
      assert.equal("unknown A", runs())
      read "B"
      assert.equal("A A", runs())
      assert.equal("unknown A", runs "gw1") -- which has not seen what gw2 has read
    end)

  it("is answered from the open updates alone, however many have ended", function()
    centre:clear()
    centre:ask(nil, "INSERT INTO dfota.updates (gateway, id, imei, started, triggered, finished, outcome, rev_from) "
      .. "SELECT 'gw1', i, i % 500, to_timestamp(i), to_timestamp(i), to_timestamp(i), 'updated', 'A' "
      .. "FROM generate_series(1, 5000) AS i")
    centre:ask(nil, "ANALYZE dfota.updates")
    local plan = {}
    for i, row in ipairs(centre:ask("boss", "EXPLAIN SELECT * FROM dfota.who_runs_what")) do plan[i] = row[1] end
    plan = table.concat(plan, "\n")
    assert.truthy(plan:find("updates_open", 1, true), plan)
  end)
end)
