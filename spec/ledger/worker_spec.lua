-- The worker's end, in this process: what it reads and writes are lists here, and its exit is an error.
-- luacheck: ignore 122
local book = require "dfota.ledger.book"
local core = require "dfota.core"
local message = require "dfota.ledger.message"
local uv = require "luv"
local worker = require "dfota.ledger.worker"

local EXIT = {}

describe("The worker of a ledger", function()
  local kept, parent, opened

  before_each(function()
    kept = { read = uv.fs_read, write = uv.fs_write, die = core.die_with_parent, open = book.open, exit = os.exit }
    parent, opened = nil, nil
  end)
  after_each(function()
    uv.fs_read, uv.fs_write, core.die_with_parent, book.open, os.exit =
      kept.read, kept.write, kept.die, kept.open, kept.exit
  end)

  -- A book with these methods; `fails` is how opening it fails, a list of errors for its attempts.
  local function with_book(methods, fails)
    methods.name = "ledger.db"
    methods.close = function(self) self.closed = true end
    book.open = function(where, options)
      opened = { where = where, options = options, book = methods }
      local err = fails and table.remove(fails, 1)
      if err then return nil, err end
      return methods
    end
  end

  -- Serves these requests; the pieces are read one by one, then the other end is gone. Returns the answers.
  local function serve(pieces, most_written)
    local sent = ""
    core.die_with_parent = function(pid)
      parent = { pid = pid, pieces_left = #pieces }
    end
    uv.fs_read = function(fd)
      assert(fd == 0)
      return table.remove(pieces, 1)
    end
    uv.fs_write = function(fd, bytes)
      assert(fd == 0)
      if most_written == 0 then return nil, "EPIPE: broken pipe" end
      bytes = bytes:sub(1, most_written or #bytes)
      sent = sent .. bytes
      return #bytes
    end
    os.exit = function(code)
      error { EXIT, code }
    end
    local ok, err = pcall(worker.main, 4711)
    uv.fs_read, uv.fs_write, os.exit = kept.read, kept.write, kept.exit
    local frames = {}
    while #sent > 0 do frames[#frames + 1], sent = message.take(sent) end
    return frames, ok or err
  end

  local OPEN = message.pack("ledger.db", { readonly = true })
  local CLOSE = message.pack "close"

  it("ends with its parent process, which it arranges before anything else", function()
    with_book {}
    serve { OPEN, CLOSE }
    assert.same({ pid = 4711, pieces_left = 2 }, parent)
  end)

  it("opens the book requested, and says what it is", function()
    with_book { is_none = true }
    local frames = serve { OPEN, CLOSE }
    assert.same({ "ledger.db", { readonly = true } }, { opened.where, opened.options })
    assert.same({ "done", { name = "ledger.db", is_none = true }, n = 2 }, frames[1])
    assert.equal(1, #frames)
  end)

  it("carries out each request with all its arguments, and answers it once", function()
    with_book {
      triggers = function(_, imei) return imei == "1" and 7 end,
      rows = function(self, options, more) return { self.name, options.limit, more } end,
      finish = function() return true end,
      open_on = function() return nil end,
    }
    local frames = serve { OPEN, message.pack("triggers", "1"), message.pack("rows", { limit = 3 }, "x"),
      message.pack("finish", nil, {}), message.pack("open_on", "p", nil), CLOSE }
    assert.same({ 7, { "ledger.db", 3, "x" }, true, n = 3 },
      { frames[2][2], frames[3][2], frames[4][2], n = 3 })
    assert.same({ "done", n = 3 }, frames[5])
    assert.is_true(opened.book.closed)
  end)

  it("reports errors in a form that can be sent, and continues", function()
    with_book {
      begin = function() return nil, core.error("ledger", "the disk is full", 13) end,
      triggers = function() return 1 end,
    }
    local frames = serve { OPEN, message.pack("begin", {}), message.pack("triggers", "1"), CLOSE }
    assert.same({ "done", nil, { kind = "ledger", message = "the disk is full", code = 13 }, n = 3 }, frames[2])
    assert.equal(1, frames[3][2])
  end)

  it("reports that it is alive while others lock the book, and proceeds when they release it", function()
    local tries = 0
    with_book { begin = function()
      tries = tries + 1
      if tries < 4 then return nil, core.error("ledger_locked", "others hold it") end
      return "id"
    end }
    local frames = serve { OPEN, message.pack("begin", {}), CLOSE }
    assert.same({ { "busy", n = 1 }, { "busy", n = 1 }, { "busy", n = 1 }, { "done", "id", n = 3 } },
      { frames[2], frames[3], frames[4], frames[5] })
  end)

  it("does so while it opens the book, too", function()
    with_book({}, { core.error("ledger_locked", "held"), core.error("ledger_locked", "held") })
    local frames = serve { OPEN, CLOSE }
    assert.same({ "busy", "busy", "done" }, { frames[1][1], frames[2][1], frames[3][1] })
  end)

  it("reports a book that cannot be opened, and ends", function()
    with_book({}, { core.error("ledger", "it is a folder") })
    local frames, ended = serve { OPEN, message.pack("triggers", "1") }
    assert.is_true(ended)
    assert.same({ "done", nil, { kind = "ledger", message = "it is a folder" }, n = 3 }, frames[1])
    assert.equal(1, #frames)
  end)

  it("waits for a complete request, however it is split", function()
    local request = message.pack("triggers", "1")
    for cut = 1, #request - 1 do
      with_book { triggers = function(_, imei) return imei end }
      local frames = serve { OPEN, request:sub(1, cut), request:sub(cut + 1), CLOSE }
      assert.equal("1", frames[2][2])
    end
  end)

  it("writes a complete answer, however little is accepted at once", function()
    with_book { rows = function() return { ("x"):rep(1000) } end }
    local frames = serve({ OPEN, message.pack "rows", CLOSE }, 7)
    assert.equal(1000, #frames[2][2][1])
  end)

  it("closes the book when the other end is gone", function()
    for _, last in ipairs { "", false } do
      with_book {}
      local pieces = { OPEN }
      if last then pieces[2] = last end
      assert.same({ true }, { select(2, serve(pieces)) })
      assert.is_true(opened.book.closed)
    end
  end)

  it("opens nothing without any request", function()
    with_book {}
    serve {}
    assert.is_nil(opened)
  end)

  it("ends if its answer cannot be delivered", function()
    with_book {}
    local _, raised = serve({ OPEN, CLOSE }, 0)
    assert.same({ EXIT, 1 }, raised)
  end)
end)
