local central = require "support.central"
local folder = require "support.folder"
local json = require "dkjson"

describe("Whoever looks at the centre", function()
  local centre

  setup(function() centre = central.start() end)
  teardown(function() centre:stop() end)
  before_each(function() centre:clear() end)

  local ROW = "INSERT INTO dfota.updates "
    .. "(gateway, id, run, imei, port, started, triggered, finished, outcome, rc, refused) VALUES (%s)"

  -- gateway, id, run, imei, started, triggered, finished (seconds or nil), outcome, rc, refused
  local function add(gateway, id, run, imei, started, triggered, finished, outcome, rc, refused)
    local function text(value) return value and "'" .. value .. "'" or "NULL" end
    local function time(value) return value and ("to_timestamp(%d)"):format(value) or "NULL" end
    centre:ask(nil, ROW:format(table.concat({ text(gateway), text(id), text(run), text(imei), "'p'", time(started),
      time(triggered), time(finished), text(outcome), rc or "NULL", refused or "NULL" }, ", ")))
  end

  local function brake(run) return centre:ask("gw2", ("SELECT * FROM dfota.brake('%s')"):format(run or "r"))[1] end

  it("sees which module runs what, by its latest sighting on any gateway", function()
    centre:ask(nil, "INSERT INTO dfota.modules (gateway, imei, revision, seen) VALUES "
      .. "('gw1', '1', 'A', to_timestamp(5)), ('gw2', '1', 'B', to_timestamp(9)), ('gw1', '2', 'C', to_timestamp(7))")
    assert.same({ { "1", "B", "gw2" }, { "2", "C", "gw1" } },
      centre:ask("boss", "SELECT imei, revision, gateway FROM dfota.who_runs_what ORDER BY imei"))
    assert.equal("A", centre:value("gw1", "SELECT revision FROM dfota.who_runs_what WHERE imei = '1'"))
  end)

  it("sees the wear of a module over all gateways, each update once, and none that was refused", function()
    add("gw1", "a", "r", "1", 1, 2, 3, "updated", 0)
    add("gw2", "a", "r", "1", 1, 2, 3, "updated", 0) -- the same, out of a merged journal
    add("gw2", "b", "r", "1", 5, 6, nil)
    add("gw2", "c", "r", "1", 7, 8, 9, "failed_on_source", 81, 1)
    add("gw2", "d", "r", "1", 10, nil, 11, "not_started", 84)
    assert.equal("2", centre:value("boss", "SELECT updates_seen FROM dfota.wear WHERE imei = '1'"))
  end)

  it("sees how far a run is: of each module its latest update counts", function()
    add("gw1", "a", "r", "1", 1, 2, 3, "failed_on_source", 81)
    add("gw1", "b", "r", "1", 4, 5, 6, "updated", 0)
    add("gw1", "c", "r", "2", 1, 2, 3, "failed_on_source", 75)
    add("gw2", "d", "r", "3", 1, 2, 3, "unknown", 80)
    add("gw2", "e", "r", "4", 1, 2, nil)
    add("gw2", "f", "r", "5", 1, nil, 3, "not_started", 84)
    add("gw2", "g", "other", "6", 1, 2, 3, "updated", 0)
    centre:ask("boss", "INSERT INTO dfota.runs (run) VALUES ('r'), ('empty')")
    assert.same({ { "empty", "0", "0", "0", "0", "0", "0", "0" }, { "other", "1", "1", "0", "0", "0", "0", "1" },
      { "r", "5", "1", "2", "1", "1", "1", "2" } }, centre:ask("boss", "SELECT run, modules, updated, failed, unknown, "
        .. "running, again, gateways FROM dfota.progress ORDER BY run"))
  end)

  it("sees the outcomes that are open, until any gateway tells of the end", function()
    add("gw1", "a", "r", "1", 1, 2, nil)
    add("gw1", "b", "r", "1", 1, 2, 3, "unknown", 80)
    add("gw1", "c", "r", "1", 1, nil, nil)
    assert.same({ { "a" }, { "b" } }, centre:ask("boss", "SELECT id FROM dfota.open_outcomes ORDER BY id"))
    add("gw2", "a", "r", "1", 1, 2, 9, "updated", 0)
    assert.same({ { "b" } }, centre:ask("boss", "SELECT id FROM dfota.open_outcomes ORDER BY id"))
  end)

  it("finds in every view what it may see, and no more", function()
    add("gw1", "a", "r", "1", 1, 2, nil)
    for _, name in ipairs { "every_update", "latest_of_run", "wear", "progress", "open_outcomes" } do
      local function count(role) return centre:value(role, "SELECT count(*) FROM dfota." .. name) end
      assert.same({ "1", "1", "0" }, { count "boss", count "gw1", count "gw2" }, name)
      assert.matches("permission denied", centre:refuses("nobody", "SELECT 1 FROM dfota." .. name))
    end
  end)

  it("is told to go on with a run that nobody stopped, and by a run that is not known", function()
    assert.same({ "f", "f" }, brake())
    centre:ask("gw1", "INSERT INTO dfota.runs (run) VALUES ('r')")
    assert.same({ "t", "f" }, brake())
  end)

  it("is told to stop a run that was stopped", function()
    centre:ask("boss", "INSERT INTO dfota.runs (run, stop) VALUES ('r', true)")
    assert.same({ "t", "t", "stop" }, brake())
  end)

  it("is told to stop when more failed over all gateways than may, although it sees none of them", function()
    centre:ask("boss", "INSERT INTO dfota.runs (run, max_fail) VALUES ('r', '1')")
    add("gw1", "a", "r", "1", 1, 2, 3, "failed_on_source", 81)
    assert.same({ "t", "f" }, brake())
    add("gw1", "b", "r", "2", 1, 2, 3, "failed_on_source", 75) -- may be tried again
    add("gw1", "c", "other", "3", 1, 2, 3, "failed_on_source", 81)
    assert.same({ "t", "f" }, brake())
    add("boss", "d", "r", "4", 1, 2, 3, "unknown", 80)
    assert.same({ "t", "t", "max_fail 1: 2 of 2 failed" }, brake())
  end)

  it("is told to stop at a percentage of those that ended, once enough have", function()
    centre:ask("boss", "INSERT INTO dfota.runs (run, max_fail, least) VALUES ('r', '50%', 4)")
    for i = 1, 2 do add("gw1", "f" .. i, "r", "f" .. i, 1, 2, 3, "wrong_revision", 82) end
    assert.equal("f", brake()[2])
    for i = 1, 2 do add("gw1", "u" .. i, "r", "u" .. i, 1, 2, 3, "updated", 0) end
    assert.equal("f", brake()[2]) -- half of them is not more than half
    add("gw1", "f3", "r", "f3", 1, 2, 3, "wrong_revision", 82)
    assert.same({ "t", "t", "max_fail 50%: 3 of 5 failed" }, brake())
  end)

  -- Grafana puts time range and variables into the query: runs as quoted words, all of them as `allValue` itself.
  local function filled(sql, runs)
    return (sql:gsub("%$__timeFilter%((.-)%)", "%1 BETWEEN to_timestamp(0) AND now()")
      :gsub("%$__timeGroupAlias%((.-),.-%)", "date_bin('1 hour', %1, to_timestamp(0)) AS \"time\"")
      :gsub("%${run:sqlstring}", runs))
  end

  local function board() return assert(json.decode(folder.read "contrib/grafana/dfota.json")) end

  local function variable(name)
    for _, each in ipairs(board().templating.list) do
      if each.name == name then return each end
    end
  end

  it("needs nothing but the views for a dashboard in Grafana", function()
    add("gw1", "a", "r", "1", 1, 2, 3, "updated", 0)
    add("gw1", "b", "r", "2", 1, 2, nil)
    centre:ask("gw1", "SELECT dfota.push('[]', '[{\"imei\":\"1\",\"revision\":\"B\",\"seen\":\"5\"}]')")
    local queries = 0
    for _, panel in ipairs(board().panels) do
      assert.same({ type = "postgres", uid = "${datasource}" }, panel.datasource, panel.title)
      for _, target in ipairs(panel.targets) do
        local rows = centre:ask("boss", filled(target.rawSql, "'r'"))
        assert.is_true(#rows > 0, panel.title)
        assert.same(rows, centre:ask("boss", filled(target.rawSql, variable("run").allValue)), panel.title)
        assert.is_nil(target.rawSql:find("dfota.updates", 1, true), panel.title)
        queries = queries + 1
      end
    end
    assert.same({ { "r" } }, centre:ask("boss", variable("run").query))
    assert.is_true(queries >= 6)
    assert.equal(38, board().schemaVersion)
  end)

  it("has a dashboard that shows no error while there is no run yet", function()
    for _, panel in ipairs(board().panels) do
      centre:ask("boss", filled(panel.targets[1].rawSql, variable("run").allValue))
    end
  end)

  -- Grafana's own default turns a number red from 80 on.
  it("has numbers on it whose colours are chosen", function()
    for _, panel in ipairs(board().panels) do
      if panel.type == "stat" then assert.is_table(panel.fieldConfig.defaults.thresholds, panel.title) end
    end
  end)
end)
