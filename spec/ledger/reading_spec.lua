local book_of = require "dfota.ledger.book"
local folder = require "support.folder"
local json = require "dkjson"

describe("Reading a ledger", function()
  local path, clean, book

  setup(function()
    local dir
    dir, clean = folder.new()
    path = dir .. "/ledger.db"
    book = assert(book_of.open(path))
    assert(book.conn:execute "BEGIN")
    for i = 1, 1203 do
      assert(book.conn:execute(("INSERT INTO dfota_updates (id, imei, started, run, outcome, triggered) VALUES "
        .. "('%04d', '%d', %d, 'r%d', '%s', %d)"):format(i, i % 3, i, i % 2, i % 5 == 0 and "unknown" or "updated", i)))
      assert(book.conn:execute(("INSERT INTO dfota_steps VALUES ('%04d', 'late', 9.5), ('%04d', 's%d', 1)")
        :format(i, i, i)))
    end
    for i = 0, 2 do
      assert(book.conn:execute(("INSERT INTO dfota_modules (imei, seen, baud) VALUES ('%d', %d, 9600)"):format(i, i)))
    end
    assert(book.conn:execute "COMMIT")
  end)
  teardown(function()
    book:close()
    clean()
  end)

  local function lines(how)
    local all = ""
    repeat
      local more = assert(book:next_lines())
      all = all .. more
    until more == ""
    local list = {}
    for line in all:gmatch "([^\r\n]*)\r?\n" do list[#list + 1] = how == "json" and json.decode(line) or line end
    return list
  end

  it("gives the same updates as tables and as lines, with their steps in order", function()
    local rows = book:rows { limit = false, steps = true }
    book:start_rows { limit = false, lines = "json" }
    local all = lines "json"
    assert.same({ 1203, 1203 }, { #rows, #all })
    for i, row in ipairs(all) do
      assert(row.id == rows[i].id and row.run == rows[i].run and row.started == rows[i].started)
      assert.same({ { name = "s" .. 1204 - i, at = 1 }, { name = "late", at = 9.5 } }, row.steps)
      assert.same(rows[i].steps, row.steps)
    end
  end)

  it("gives at most as many as are asked for, and all if there is no limit", function()
    book:start_rows { limit = 600, lines = "csv" }
    assert.equal(601, #lines()) -- with its line of names
    assert.equal(1000, #book:rows())
    assert.equal(7, #book:rows { limit = 7 })
  end)

  it("gives those that are asked for", function()
    for _, case in ipairs {
      { { imei = "1" }, 401 }, { { run = "r1" }, 602 }, { { outcomes = { "unknown" } }, 240 },
      { { outcomes = { "unknown", "updated" } }, 1203 }, { { outcomes = { "open" } }, 1203 },
      { { since = 10, before = 12 }, 2 }, { { imei = "1", run = "r1", outcomes = { "unknown" } }, 40 },
      { { imei = "7" }, 0 }, { { run = "'; DROP TABLE dfota_updates; --" }, 0 },
    } do
      case[1].limit = false
      assert.equal(case[2], #book:rows(case[1]))
    end
  end)

  it("counts what each module has taken, and what it has left", function()
    local modules = book:modules { max_updates = 402 }
    local seen = {}
    for i, row in ipairs(modules) do seen[i] = { row.imei, row.updates_seen, row.updates_left } end
    assert.same({ { "2", 401, 1 }, { "1", 401, 1 }, { "0", 401, 1 } }, seen)
    assert.equal(0, book:modules({ max_updates = 400, imei = "0" })[1].updates_left)
    assert.is_nil(book:modules({ imei = "0" })[1].updates_left)
    assert.equal(2, #book:modules { limit = 2 })
    local function some(imeis)
      local found = {}
      for i, row in ipairs(book:modules { imeis = imeis }) do found[i] = row.imei end
      return table.concat(found, " ")
    end
    assert.same({ "2 0", "1", "" }, { some { "0", "2", "x" }, some { "1" }, some {} })
    book:start_modules { lines = "json", max_updates = 500, imei = "2" }
    assert.same({ { "2", 9600, 401, 99 } }, { { lines("json")[1].imei, 9600, 401, 99 } })
    book:start_modules { lines = "csv", max_updates = 500 }
    assert.same({ "imei,model,revision,last_revision,port,host,baud,seen,updates_seen,updates_left",
      "2,,,,,,9600,1970-01-01T00:00:02Z,401,99" }, { table.unpack(lines(), 1, 2) })
  end)

  it("starts anew with each question, and gives nothing behind the last", function()
    book:start_rows { limit = 600 }
    book:next_rows()
    book:start_rows { limit = 1, lines = "csv", imei = "7" }
    assert.matches("^id,run,imei,", book:next_lines())
    assert.equal("", book:next_lines())
    book:start_rows { limit = 1 }
    assert.equal(1, #book:next_rows())
    assert.same({}, book:next_rows())
  end)

  it("shows what others wrote into the file, and stops at nothing of it", function()
    local dir, away = folder.new()
    local odd <close> = assert(book_of.open(dir .. "/odd.db"))
    assert(odd.conn:execute([[INSERT INTO dfota_updates (id, port, started, size, refused, facts) VALUES
      (NULL, x'ff00', 'yesterday', 'big', 2, 'no'), ('two', 5, 9e999, 1.5, 1, '{}')]]))
    assert(odd.conn:execute "INSERT INTO dfota_steps VALUES ('two', NULL, 'soon'), ('two', x'01', 3)")
    book:start_rows { limit = 1 }
    assert(odd:start_rows { lines = "json" })
    local by_id = {}
    for line in odd:next_lines():gmatch "[^\n]+" do
      local row = assert(json.decode(line))
      by_id[row.id or "none"] = row
    end
    assert.same({ "\u{FFFD}\\x00", {} }, { by_id.none.port, by_id.none.steps })
    assert.same({ "5", 1.5, true }, { by_id.two.port, by_id.two.size, by_id.two.refused })
    assert.equal(2, #by_id.two.steps)
    away()
  end)
end)
