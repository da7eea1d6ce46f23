local Process = require "support.process"
local book_of = require "dfota.ledger.book"
local folder = require "support.folder"
local lock_holder = require "dfota.ledger.lock_holder"
local uv = require "luv"

describe("Who has locked a ledger", function()
  local dir, clean, path, holder
  before_each(function()
    dir, clean = folder.new()
    path = dir .. "/l.db"
  end)
  after_each(function()
    if holder then holder:kill() end
    holder = nil
    clean()
  end)

  local function hold()
    assert(book_of.open(path)):close()
    holder = Process.start(Process.lua, { "spec/support/ledger_holder.lua", path, "100" })
    holder:await("out", "held")
    return ("process %d (%s)"):format(holder.pid, Process.lua:match "[^/]*$")
  end

  it("is told by its process, whether the file has a write-ahead log or a journal", function()
    local statfs = uv.fs_statfs
    finally(function() uv.fs_statfs = statfs end)
    local wanted = hold()
    assert.equal(wanted, lock_holder.of(path))
    assert(uv.fs_symlink(path, dir .. "/link"))
    assert.equal(wanted, lock_holder.of(dir .. "/link"))
    holder:kill()
    holder = nil
    os.remove(path)
    uv.fs_statfs = function() return { type = 0x6969 } end -- NFS: no write-ahead log
    local book <close> = assert(book_of.open(path))
    assert(book.conn:execute "BEGIN IMMEDIATE")
    assert.matches(("^process %d "):format(uv.os_getpid()), lock_holder.of(path))
    assert(book.conn:execute "ROLLBACK")
  end)

  it("is nobody where nobody writes, or there is no such file", function()
    assert.is_nil(lock_holder.of(path))
    local book <close> = assert(book_of.open(path))
    assert.is_nil(lock_holder.of(path))
    assert.is_table(book:rows())
  end)
end)
