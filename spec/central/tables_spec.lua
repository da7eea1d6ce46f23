local central = require "support.central"
local json = require "dkjson"

describe("At the centre", function()
  local centre

  setup(function() centre = central.start() end)
  teardown(function() centre:stop() end)
  before_each(function() centre:clear() end)

  local function push(role, updates, modules)
    local function array(list) return json.encode(setmetatable(list or {}, { __jsontype = "array" })) end
    local sql = ("SELECT dfota.push('%s', '%s')"):format(array(updates), array(modules))
    return tonumber(centre:value(role, sql))
  end

  local function update(more)
    local row = { id = "a", imei = "1", run = "r", port = "p", host = "h", from = "A", to = "B", started = "1000.5" }
    for key, value in pairs(more or {}) do row[key] = value end
    return row
  end

  local function state(id)
    return centre:ask(nil, ("SELECT outcome, extract(epoch FROM finished)::text FROM dfota.updates WHERE id = '%s'")
      :format(id or "a"))[1]
  end

  it("an update is one row however often it is told, with all that was told", function()
    local row = update { triggered = "1001.25", steps = { { name = "upload", at = "1000.75" } }, size = 5, hash = "h" }
    assert.same({ 1, 0, 0 }, { push("gw1", { row }), push("gw1", { row }), push("gw1", { row, row }) })
    local rows = centre:ask("gw1", "SELECT gateway, id, imei, rev_from, rev_to, size, "
      .. "extract(epoch FROM started)::text, extract(epoch FROM triggered)::text, module FROM dfota.updates")
    assert.same({ { "gw1", "a", "1", "A", "B", "5", "1000.500000", "1001.250000", "1" } }, rows)
    assert.same({ { "upload", "1000.750000" } },
      centre:ask("gw1", "SELECT name, extract(epoch FROM at)::text FROM dfota.steps"))
  end)

  it("an update goes forward only, whichever clock told its times", function()
    local begun, triggered = update(), update { triggered = "1001" }
    local unknown = update { triggered = "1001", finished = "5000", outcome = "unknown", rc = 80 }
    -- The clock was set back.
    local ended = update { triggered = "1001", finished = "1100", outcome = "updated", rc = 0 }
    for _, row in ipairs { begun, triggered, unknown, ended } do assert.equal(1, push("gw1", { row })) end
    for _, row in ipairs { begun, triggered, unknown, ended } do assert.equal(0, push("gw1", { row })) end
    assert.same({ "updated", "1100.000000" }, state())
  end)

  it("a later end replaces an earlier one, and an earlier one nothing", function()
    local first = update { triggered = "1001", finished = "1100", outcome = "updated",
      steps = { { name = "x", at = "1" }, { name = "y", at = "2" } } }
    local second = update { triggered = "1001", finished = "1200", outcome = "wrong_revision",
      steps = { { name = "z", at = "3" } } }
    assert.same({ 1, 1, 0 }, { push("gw1", { first }), push("gw1", { second }), push("gw1", { first }) })
    assert.equal("wrong_revision", state()[1])
    assert.same({ { "z" } }, centre:ask(nil, "SELECT name FROM dfota.steps"))
  end)

  it("of a module the latest sighting counts", function()
    push("gw1", {}, { { imei = "1", revision = "B", seen = "20" } })
    push("gw1", {}, { { imei = "1", revision = "A", seen = "10" } })
    assert.equal("B", centre:value("gw1", "SELECT revision FROM dfota.modules"))
  end)

  it("what this layout does not know is passed over, and what is no update is not taken", function()
    assert.equal(1, push("gw1", { update { news = { of = "later" } }, { imei = "2" } }))
    assert.same({ nil, nil }, { state()[1], state()[2] })
  end)

  it("a gateway sees its own rows alone, and an operator all of them", function()
    for _, role in ipairs { "gw1", "gw2" } do
      push(role, { update { id = role, steps = { { name = "x", at = "1" } } } }, { { imei = role, seen = "1" } })
    end
    for _, name in ipairs { "updates", "steps", "modules" } do
      assert.same({ { "gw1" } }, centre:ask("gw1", "SELECT gateway FROM dfota." .. name))
      assert.equal("2", centre:value("boss", "SELECT count(*) FROM dfota." .. name))
      assert.matches("permission denied", centre:refuses("nobody", "SELECT 1 FROM dfota." .. name))
    end
  end)

  it("a gateway adds nothing in another's name, changes no other's rows, and removes none", function()
    push("gw2", { update() })
    assert.matches("row%-level security",
      centre:refuses("gw1", "INSERT INTO dfota.updates (gateway, id) VALUES ('gw2', 'b')"))
    assert.equal(0, centre:ask("gw1", "UPDATE dfota.updates SET outcome = 'updated'"))
    for _, sql in ipairs { "DELETE FROM dfota.updates", "DELETE FROM dfota.modules", "TRUNCATE dfota.updates",
      "UPDATE dfota.centre SET version = 9", "ALTER TABLE dfota.updates DISABLE ROW LEVEL SECURITY" } do
      assert.is_string(centre:refuses("gw1", sql), sql)
    end
  end)

  it("a gateway registers a run, and neither stops one, nor lets it go on, nor sets its limit", function()
    centre:ask("gw1", "INSERT INTO dfota.runs (run) VALUES ('r')")
    centre:ask("boss", "UPDATE dfota.runs SET stop = true")
    assert.equal("t", centre:value("gw1", "SELECT stop FROM dfota.runs"))
    for _, sql in ipairs {
      "INSERT INTO dfota.runs (run, stop) VALUES ('s', true)",
      "INSERT INTO dfota.runs (run, max_fail) VALUES ('s', '1')",
      "INSERT INTO dfota.runs (run, registered_by) VALUES ('s', 'boss')", "UPDATE dfota.runs SET stop = false",
      "DELETE FROM dfota.runs",
    } do assert.is_string(centre:refuses("gw1", sql), sql) end
  end)

  it("an operator changes runs and nothing else", function()
    for _, sql in ipairs { "INSERT INTO dfota.updates (id) VALUES ('x')",
      "UPDATE dfota.updates SET outcome = 'updated'", "SELECT dfota.push('[]', '[]')" } do
      assert.is_string(centre:refuses("boss", sql), sql)
    end
    for _, limit in ipairs { "x", "5 %", "%" } do
      local sql = ("INSERT INTO dfota.runs (run, max_fail) VALUES ('s', '%s')"):format(limit)
      assert.is_string(centre:refuses("boss", sql))
    end
  end)
end)
