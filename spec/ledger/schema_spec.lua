local schema = require "dfota.ledger.schema"
local sqlite = require "luasql.sqlite3"

local NO_TIME = "typeof(finished) NOT IN ('real', 'integer')"

-- The contents of ledgers of each layout: users' files, which must remain readable.
local LAYOUTS = {
  { "id", "imei", "port", "rev_from", "rev_to", "package", "hash", "size", "way", "trace", "forced", "started",
    "triggered", "finished", "outcome", "rev_after", "code", "message" },
  { "rc", "run", "model", "host", "boot", "mono", "refused" },
  { "facts" },
  {},
  { "doubt" },
}
local MODULES = { {}, { "imei", "model", "revision", "port", "host", "seen" }, {}, { "baud" }, {} }

local function up_to(layouts, layout)
  local names = {}
  for i = 1, layout do table.move(layouts[i], 1, #layouts[i], #names + 1, names) end
  return names
end

local function columns_of(layout) return up_to(LAYOUTS, layout) end

describe("The tables of a ledger", function()
  local env, conn

  before_each(function()
    env = sqlite.sqlite3()
    conn = assert(env:connect ":memory:")
  end)
  after_each(function()
    conn:close()
    env:close()
  end)

  local function run(statements)
    for _, sql in ipairs(statements) do assert(conn:execute(sql)) end
  end

  local function values(sql)
    local cursor, list = assert(conn:execute(sql)), {}
    for value in function() return cursor:fetch() end do list[#list + 1] = value end
    cursor:close()
    return list
  end

  local function columns(name) return values(("SELECT name FROM pragma_table_info('%s')"):format(name)) end

  local function sorted(list)
    table.sort(list)
    return list
  end

  -- A file written by an older program.
  local function make_layout(version)
    local parts = {}
    for i, name in ipairs(columns_of(version)) do parts[i] = name .. (name == "id" and " TEXT PRIMARY KEY" or "") end
    run {
      "CREATE TABLE dfota_schema (version INTEGER PRIMARY KEY)",
      ("INSERT INTO dfota_schema VALUES (%d)"):format(version),
      ("CREATE TABLE dfota_updates (%s)"):format(table.concat(parts, ", ")),
      "CREATE TABLE dfota_steps (update_id VARCHAR(64), name TEXT, at DOUBLE PRECISION)",
      "CREATE INDEX dfota_updates_imei ON dfota_updates (imei)",
      "INSERT INTO dfota_updates (id, imei, started) VALUES ('a', '1', 5)",
    }
    local modules = table.concat(up_to(MODULES, version), ", ")
    if modules ~= "" then run { ("CREATE TABLE dfota_modules (%s)"):format(modules) } end
  end

  it("are created at once, with their layout", function()
    run(schema.statements(0, NO_TIME))
    assert.same(sorted(columns_of(schema.VERSION)), sorted(columns "dfota_updates"))
    assert.same(sorted(up_to(MODULES, schema.VERSION)), sorted(columns "dfota_modules"))
    assert.same({ "update_id", "name", "at" }, columns "dfota_steps")
    assert.equal(schema.VERSION, math.tointeger(values("SELECT MAX(version) FROM dfota_schema")[1]))
    local indexes = sorted(values("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    assert.same({ "dfota_steps_update", "dfota_updates_at", "dfota_updates_ended", "dfota_updates_of",
      "dfota_updates_open", "dfota_updates_run", "dfota_updates_wear" }, indexes)
  end)

  it("are created only once, even if two programs start it", function()
    for _ = 1, 2 do run(schema.statements(0, NO_TIME)) end
    assert.equal(1, #values "SELECT version FROM dfota_schema")
  end)

  it("have a layout for every number up to that of this program", function() assert.equal(#LAYOUTS, schema.VERSION) end)

  for version = 1, schema.VERSION - 1 do
    it(("of layout %d are upgraded, and keep their rows"):format(version), function()
      make_layout(version)
      run(schema.statements(version, NO_TIME))
      local old = sorted(columns "dfota_updates")
      assert.same({ "a" }, values "SELECT id FROM dfota_updates WHERE imei = '1' AND started = 5 AND rc IS NULL")
      assert.equal(schema.VERSION, math.tointeger(values("SELECT MAX(version) FROM dfota_schema")[1]))
      assert.same(sorted(columns_of(schema.VERSION)), old)
      assert.same(sorted(up_to(MODULES, schema.VERSION)), sorted(columns "dfota_modules"))
      local indexes = sorted(values("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
      assert.same({ "dfota_updates_at", "dfota_updates_ended", "dfota_updates_of",
        "dfota_updates_open", "dfota_updates_run", "dfota_updates_wear" }, indexes)
    end)
  end

  it("have one name in Lua and one in SQL for each column, and none is a reserved word", function()
    for _, list in ipairs { schema.COLUMNS, schema.MODULE_COLUMNS } do
      local seen = {}
      for _, column in ipairs(list) do
        for _, name in ipairs { "lua " .. column[1], "sql " .. column[2] } do
          assert.is_nil(seen[name], name)
          seen[name] = true
        end
        assert.is_nil(({ from = true, to = true, after = true })[column[2]], column[2])
      end
    end
  end)

  describe("hold for", function()
    before_each(function() run(schema.statements(0, NO_TIME)) end)

    local function holds(condition, row)
      run { "DELETE FROM dfota_updates",
        ("INSERT INTO dfota_updates (id, triggered, finished, outcome, rc, code) VALUES ('x', %s)"):format(row) }
      return #values("SELECT id FROM dfota_updates WHERE " .. condition) == 1
    end

    -- triggered, finished, outcome, rc, code
    for row, open in pairs {
      ["NULL, NULL, NULL, NULL, NULL"] = false, ["NULL, 2, 'unknown', 80, NULL"] = false,
      ["1, NULL, NULL, NULL, NULL"] = true, ["1, NULL, 'updated', 0, NULL"] = true,
      ["1, 2, NULL, NULL, NULL"] = true, ["1, 2, 'unknown', 80, NULL"] = true, ["1, 2, 'whatever', 0, NULL"] = true,
      ["1, 'yesterday', 'updated', 0, NULL"] = true, ["'soon', NULL, NULL, NULL, NULL"] = true,
      ["1, 2, 'updated', 0, NULL"] = false, ["1, 2.5, 'failed_on_source', 81, 6508"] = false,
      ["1, 2, 'wrong_revision', 82, NULL"] = false, ["1, 2, 'already_current', 0, NULL"] = false,
      ["1, 2, 'not_started', 84, NULL"] = false, ["1, 2, 'checked', 0, NULL"] = false,
    } do
      it(("an update whose end is %s: (%s)"):format(open and "not sure" or "sure, or that never began", row), function()
        assert.equal(open, holds(schema.open(NO_TIME), row))
      end)
    end

    for row, failed in pairs {
      ["1, 2, 'failed_on_source', 81, 6508"] = true, ["1, 2, 'wrong_revision', 82, NULL"] = true,
      ["1, 2, 'failed_on_source', 75, 6503"] = false, ["1, 2, 'updated', 0, NULL"] = false,
      ["1, 2, 'not_started', 84, NULL"] = false, ["1, 2, 'unknown', 80, NULL"] = false,
      -- as layout 1 kept it
      ["1, 2, 'wrong_revision', NULL, NULL"] = true, ["1, 2, 'failed_on_source', NULL, 6507"] = true,
      ["1, 2, 'failed_on_source', NULL, 6503"] = false, ["1, 2, 'failed_on_source', NULL, NULL"] = false,
      ["1, 2, 'updated', NULL, NULL"] = false,
    } do
      it(("a package that %s for good: (%s)"):format(failed and "failed" or "did not fail", row), function()
        assert.equal(failed, holds(schema.FAILED, row))
      end)
    end
  end)
end)
