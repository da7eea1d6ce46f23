local closing = require "dfota.fleet.closing"
local folder = require "support.folder"
local uv = require "luv"

describe("At its end a fleet's run", function()
  local dir, cleanup, warned, how, run, rows

  before_each(function()
    dir, cleanup = folder.new()
    warned, rows = {}, {}
    how = {
      id = "night", options = {}, call = { package = "/p/a.pack", ledger = dir .. "/l.db" },
      folder = { path = dir, tries = function() return {} end },
      program = {
        warn = function(_, words) warned[#warned + 1] = words end,
        typed = function(_, ...) return table.concat({ "fleet", ... }, " ") end,
      },
      open_ledger = function()
        return setmetatable({ open_on = function() return nil end, rows = function() return rows end },
          { __close = function() end })
      end,
    }
    run = {
      devices = { { number = 1, port = "/dev/x1", imei = "1", state = "failed", rc = 81, message = "m" } },
      scheduler = { counts = function() return { failed = 1 } end, why_not = function() return nil end },
    }
  end)
  after_each(function() cleanup() end)

  local function unrecorded()
    local result = { rc = 81, outcome = "failed_on_source", recorded = false, before = "A", after = "A", message = "m" }
    run.devices[1].result = result
    folder.write(dir .. "/001-1.pid", "")
    folder.write(dir .. "/001-1.json", '{"event":"phase","name":"update","t":1}\n'
      .. '{"event":"result","t":2,"rc":81}\n')
    how.folder.tries = function() return { { { key = "001-1", number = 1, what = "update" } } } end
  end

  it("writes its page and names what goes on, with the path of the page", function()
    closing.settle(how, run)
    closing.write_page(how, run, 81)
    assert.truthy(folder.read(dir .. "/page.html"):find("some failed", 1, true))
    local said = table.concat((closing.lines(how, run)), "\n")
    assert.truthy(said:find("page: " .. dir .. "/page.html", 1, true), said)
    assert.truthy(said:find("fleet --resume night --again failed --force attempts", 1, true), said)
  end)

  it("leaves no page of a check that nobody asked for", function()
    how.options = { check = true }
    closing.settle(how, run)
    closing.write_page(how, run, 81)
    assert.is_nil(uv.fs_stat(dir .. "/page.html"))
    how.options.page = dir .. "/asked.html"
    closing.write_page(how, run, 81)
    assert.equal(how.options.page, run.page)
  end)

  it("says that its page cannot be written, and changes nothing else", function()
    how.options = { page = dir .. "/none/page.html" }
    closing.settle(how, run)
    closing.write_page(how, run, 81)
    assert.is_nil(run.page)
    assert.matches("^page .*/none/page.html cannot be written: ", warned[1])
  end)

  it("says what is on record as little as before: the ledger has lost it, or fails", function()
    unrecorded()
    closing.settle(how, run)
    assert.matches("^not on record: 1, of whose beginning the ledger knows nothing", warned[1])
    rows = { {} }
    closing.settle(how, run)
    assert.equal(1, #warned)
    how.open_ledger = function() return nil, "it is locked" end
    closing.settle(how, run)
    assert.equal("the ends that are not on record stay so for now: it is locked", warned[2])
  end)

  it("opens no ledger where there is none, for a check, or with nothing to record", function()
    how.open_ledger = function() error "opened" end
    closing.settle(how, run)
    unrecorded()
    how.call.ledger = "none"
    closing.settle(how, run)
    how.call.ledger, how.options.check = nil, true
    closing.settle(how, run)
    assert.same({}, warned)
  end)
end)
