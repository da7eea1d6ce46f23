local core = require "dfota.core"
local folder = require "support.folder"
local settings = require "dfota.config.settings"
local which_ledger = require "dfota.which_ledger"

describe("The ledger of a run", function()
  local dir, cleanup, said, book

  before_each(function()
    dir, cleanup = folder.new()
    said = {}
  end)
  after_each(function()
    if book then book:close() end
    book = nil
    cleanup()
  end)

  local function context_of(options, kind)
    options.from_environment = options.from_environment or {}
    local report = { event = function(_, _, fields) said[#said + 1] = fields.level .. ": " .. fields.text end }
    return { options = options, kind = kind or {}, set = assert(settings.load()), report = report }
  end

  local function open(...)
    local context = context_of(...)
    book = which_ledger.open(context)
    return context
  end

  it("is the one that was named, and people are told that it is a new one", function()
    open { ledger = dir .. "/ledger.db" }
    assert.equal(dir .. "/ledger.db", book.name)
    assert.equal(1, #said)
    assert.matches("^info: .*did not exist: a new one is begun there", said[1])
  end)

  it("is none for a simulated module, unless one is chosen, and then people are told of it", function()
    open { sim = "" }
    assert.same({ true, {} }, { book.is_none, said })
    open { sim = "", ledger = dir .. "/ledger.db", from_environment = { ledger = true } }
    assert.matches("which DFOTA_LEDGER names", said[#said], 1, true)
  end)

  it("ends an update if it cannot be opened, and only warns who looks", function()
    local broken = folder.write(dir .. "/text.db", ("no database "):rep(200))
    local ok, err = pcall(which_ledger.open, context_of { ledger = broken })
    assert.same({ false, true, "ledger" }, { ok, core.is_error(err), err.kind })
    local context = open({ ledger = broken }, { lenient = true })
    assert.is_true(book.is_none)
    assert.equal("ledger", context.ledger_missing.kind)
    assert.matches("^warning: .*; going on without it$", said[1])
  end)
end)
