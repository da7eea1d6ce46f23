local book_of = require "dfota.ledger.book"
local folder = require "support.folder"

describe("the database of a ledger", function()
  local dir, cleanup, path

  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/ledger.db"
  end)
  after_each(function() cleanup() end)

  local function open() return book_of.open(path) end

  it("commits where there is no log to be synced", function()
    local book = assert(open())
    book.database.store = setmetatable({ sync = false }, { __index = book.database.store })
    assert.is_true(book.database:commit { "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES ('1')" })
    book:close()
  end)

  -- Each statement of a method is refused once: by the database, or because of a lock.
  describe("if a statement fails", function()
    -- A book whose connection refuses the n-th statement from now on, and records them all.
    local function failing(book, n, reason)
      local conn, said = book.database.conn, {}
      book.database.conn = setmetatable({}, { __index = function(_, name)
        return function(_, sql)
          if name ~= "execute" then return conn[name](conn, sql) end
          said[#said + 1] = sql
          if #said == n then return nil, reason end
          return conn:execute(sql)
        end
      end })
      return said, function() book.database.conn = conn end
    end

    local STEPS = { { name = "upload", at = 1 } }
    local METHODS = {
      begin = function(book) return book:begin { imei = "2", from = "A" } end,
      triggered = function(book) return book:triggered "x" end,
      finish = function(book)
        return book:finish("x", { outcome = "updated", steps = STEPS, seen = { imei = "3" } })
      end,
      record = function(book) return book:record { imei = "2", steps = STEPS, seen = { imei = "3" } } end,
      open_on = function(book) return book:open_on("p", "1") end,
      triggers = function(book) return book:triggers "1" end,
      failed_with = function(book) return book:failed_with("1", { hash = "h" }) end,
      start_rows = function(book) return book:start_rows() end,
      rows = function(book) return book:rows { steps = true } end,
      steps = function(book) return book:steps "x" end,
      modules = function(book) return book:modules() end,
    }

    local function everything(book)
      local rows = assert(book:rows { steps = true })
      for _, row in ipairs(rows) do -- one that nobody named may get a name at any time
        row.triggered, row.id = row.triggered and true, row.id == "x" and "x" or nil
      end
      return { rows = rows, modules = assert(book:modules()) }
    end

    for name, method in pairs(METHODS) do
      it("returns an error, changes nothing and ends the transaction: " .. name, function()
        local book <close> = assert(open())
        assert(book:begin { id = "x", imei = "1", port = "p", hash = "h", from = "A" })
        assert(book.conn:execute("INSERT INTO dfota_updates (id, port, triggered) VALUES (NULL, 'p', 1)"))
        local before = everything(book)
        local n, count = 0
        repeat
          n = n + 1
          local reason = n % 2 == 0 and "database is locked" or "LuaSQL: disk I/O error"
          local said, heal = failing(book, n, reason)
          local result, err = method(book)
          heal()
          count = #said
          if count >= n then
            assert.is_nil(result, said[n])
            assert.same(n % 2 == 0 and { "ledger_locked", true } or { "ledger", true },
              { err.kind, err.message:find(n % 2 == 0 and "locked by others" or ": disk I/O error;", 1, true) ~= nil })
            assert.same(before, everything(book), said[n])
          end
        until count < n
        assert.is_true(n > 1)
        assert.is_string(book:begin { imei = "4" })
      end)
    end

    for name, method in pairs(METHODS) do
      it("or its result cannot be read, returns an error: " .. name, function()
        local book <close> = assert(open())
        assert(book:begin { id = "x", imei = "1", port = "p", hash = "h", from = "A" })
        local conn, read = book.database.conn, 0
        book.database.conn = setmetatable({}, { __index = function(_, method_name)
          return function(_, ...)
            local cursor, reason = conn[method_name](conn, ...)
            if type(cursor) ~= "userdata" then return cursor, reason end
            read = read + 1
            cursor:close()
            return {
              fetch = function() return nil, "LuaSQL: disk I/O error" end, close = function() end,
              getcolnames = function() return {} end,
            }
          end
        end })
        local result, err = method(book)
        book.database.conn = conn
        if read == 0 or name == "start_rows" then return end
        assert.is_nil(result)
        assert.matches(": disk I/O error;", err.message, 1, true)
      end)
    end

    it("does not become a ledger: its tables are created completely or not at all", function()
      local store = require "dfota.ledger.sql"
      local connect = store.connect
      finally(function() store.connect = connect end)
      local n, said = 0, nil
      repeat
        n = n + 1
        store.connect = function(...)
          local connected, err, missing = connect(...)
          local book = { database = { conn = connected.conn } }
          said = failing(book, n, "database is locked")
          connected.conn = book.database.conn
          return connected, err, missing
        end
        local book, err = open()
        if #said >= n then
          assert.is_nil(book)
          assert.equal("ledger_locked", err.kind, said[n])
        elseif book then
          book:close()
        end
      until #said < n
      assert.is_true(n > 10)
      store.connect = connect
      assert(open()):close()
    end)

    it("returns an error if what it confirms cannot be written to disk", function()
      local book <close> = assert(open())
      book.database.store.sync = function() return nil, "no space left" end
      local id, err = book:begin {}
      assert.is_nil(id)
      assert.matches("syncing its log: no space left", err.message, 1, true)
    end)
  end)
end)
