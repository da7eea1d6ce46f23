local book_of = require "dfota.ledger.book"
local folder = require "support.folder"
local merge = require "dfota.ledger.merge"
local sqlite = require "luasql.sqlite3"
local uv = require "luv"

describe("Merging two ledgers", function()
  local dir, clean, into

  before_each(function()
    dir, clean = folder.new()
    into = assert(book_of.open(dir .. "/into.db"))
  end)
  after_each(function()
    into:close()
    clean()
  end)

  local function filled(name, count)
    local book = assert(book_of.open(dir .. "/" .. name))
    for i = 1, count do
      assert(book:record { id = ("%s-%04d"):format(name, i), started = i, imei = tostring(i), outcome = "updated",
        steps = { { name = "verify", at = i } }, seen = { imei = tostring(i), revision = name, port = "p" } })
    end
    return book
  end

  it("brings every update with its steps, and every module; a second time nothing", function()
    local from <close> = filled("other.db", 12)
    local updates, modules = merge.all(from, into)
    assert.same({ added = 12, completed = 0, known = 0, nameless = 0 }, updates)
    assert.same({ added = 12, newer = 0, known = 0 }, modules)
    local all = { steps = true, limit = false }
    assert.same(from:rows(all), into:rows(all))
    assert.same(from:modules(), into:modules())
    updates, modules = merge.all(from, into)
    assert.same({ 0, 12, 0, 12 }, { updates.added, updates.known, modules.added + modules.newer, modules.known })
  end)

  it("is done by the next one if it was ended half-way", function()
    local from <close> = filled("other.db", 0)
    assert(from.conn:execute "BEGIN")
    for i = 1, 1100 do
      assert(from.conn:execute(("INSERT INTO dfota_updates (id, started) VALUES ('%d', %d)"):format(i, i)))
    end
    assert(from.conn:execute "COMMIT")
    local pages = 0
    local killed = setmetatable({ take_in = function(_, rows)
      pages = pages + 1
      if pages == 2 then return nil, { kind = "interrupted" } end
      return into:take_in(rows)
    end }, { __index = into })
    local seen = {}
    local counts, err, so_far = merge.all(from, killed, function(updates) seen[#seen + 1] = updates.added end)
    assert.same({ nil, "interrupted", 500 }, { counts, err.kind, #into:rows() })
    assert.same({ { 500 }, 500 }, { seen, so_far.added })
    counts = merge.all(from, into)
    assert.same({ 600, 500, 1100 }, { counts.added, counts.known, #into:rows { limit = false } })
  end)

  it("reads a ledger of the first layout", function()
    local env = sqlite.sqlite3()
    local conn = assert(env:connect(dir .. "/old.db"))
    for _, sql in ipairs {
      "CREATE TABLE dfota_schema (version INTEGER PRIMARY KEY)", "INSERT INTO dfota_schema VALUES (1)",
      "CREATE TABLE dfota_updates (id VARCHAR(64) PRIMARY KEY, imei TEXT, port TEXT, rev_from TEXT, rev_to TEXT, "
        .. "package TEXT, hash TEXT, size BIGINT, way TEXT, trace TEXT, forced TEXT, started DOUBLE PRECISION, "
        .. "triggered DOUBLE PRECISION, finished DOUBLE PRECISION, outcome TEXT, rev_after TEXT, code INTEGER, "
        .. "message TEXT)",
      "CREATE TABLE dfota_steps (update_id VARCHAR(64), name TEXT, at DOUBLE PRECISION)",
      "INSERT INTO dfota_updates (id, imei, started, code) VALUES ('a', '1', 1, 6507)",
    } do assert(conn:execute(sql)) end
    conn:close()
    env:close()
    local from <close> = assert(book_of.open(dir .. "/old.db", { readonly = true, must_exist = true }))
    local updates, modules = merge.all(from, into)
    assert.same({ 1, 0, 6507 }, { updates.added, modules.added, into:rows()[1].code })
  end)

  it("reports what either of them reports", function()
    local err = { kind = "ledger_locked" }
    local function nothing() return nil, err end
    local page = { { { id = "a" } }, {} }
    local function fine() return true end
    local function one_page()
      local left = table.move(page, 1, 2, 1, {})
      return function() return table.remove(left, 1) end
    end
    for _, case in ipairs {
      { { start_rows = nothing }, {} }, { { start_rows = fine, next_rows = nothing }, {} },
      { { start_rows = fine, next_rows = one_page() }, { take_in = nothing } },
      { { start_rows = fine, next_rows = function() return {} end, start_modules = nothing }, {} },
    } do
      assert.same({ nil, err }, { table.unpack({ merge.all(case[1], case[2]) }, 1, 2) })
    end
  end)

  it("knows the same ledger by any of its names", function()
    folder.write(dir .. "/x.db", "")
    assert(uv.fs_symlink(dir .. "/x.db", dir .. "/link.db"))
    folder.write(dir .. "/y.db", "")
    for _, case in ipairs {
      { dir .. "/x.db", dir .. "/link.db", true }, { dir .. "/x.db", dir .. "/./x.db", true },
      { dir .. "/x.db", dir .. "/y.db", false }, { dir .. "/none.db", dir .. "/none.db", true },
      { dir .. "/none.db", dir .. "/x.db", false }, { "postgres://h/d", "postgres://h/d", true },
      { "postgres://h/d", "postgres://h/e", false }, { "", "", false },
    } do
      assert.equal(case[3], merge.is_same(case[1], case[2]), case[1])
    end
  end)
end)
