-- ledger.lua and report.lua as people call them, in this process: only the ledger's worker is another one.
local Process = require "support.process"
local book_of = require "dfota.ledger.book"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local page = require "dfota.history.page"
local program = require "dfota.program"
local sample = require "support.sample_ledger"
local uv = require "luv"

local function sink()
  local parts = {}
  return { write = function(self, ...)
    for _, part in ipairs { ... } do parts[#parts + 1] = part end
    return self
  end, flush = function(self) return self end }, parts
end

describe("The history:", function()
  local dir, clean, path

  setup(function()
    dir, clean = folder.new()
    path = dir .. "/ledger.db"
    sample.make(path, 63)
  end)
  teardown(function() clean() end)

  local function call(name, ...)
    local flow, script = dofile(("scripts/%s.lua"):format(name))
    local out, err, said, told
    out, said = sink()
    err, told = sink()
    script.flow, script.name, script.args, script.out, script.err = flow, name, { ... }, out, err
    return program.main(script), table.concat(said), table.concat(told)
  end

  local function show(...) return call("ledger", "--ledger", path, ...) end

  local function lines(text)
    local list = {}
    for line in text:gmatch "[^\r\n]+" do list[#list + 1] = line end
    return list
  end

  it("ledger.lua shows the latest 50 to people, and says that there are more, and whose end is open", function()
    local rc, out, err = show()
    assert.same({ 0, 51, "ledger: only the latest 50 are shown: -l N shows more" }, { rc, #lines(out), lines(err)[1] })
    assert.matches("^ledger: %d+, .-: its end is not certain; watch%.lua %-%-imei %d+ asks the module", lines(err)[2])
    assert.equal("ledger: and 9 more: --outcome open shows them", lines(err)[5])
    rc, out, err = show("-l", "63", "-q")
    assert.same({ 0, 64, "" }, { rc, #lines(out), err })
  end)

  it("and all of them to programs, unless there is a limit", function()
    local rc, out = show("--json")
    local rows = lines(out)
    assert.same({ 0, 63 }, { rc, #rows })
    for _, line in ipairs(rows) do assert.is_table(json.decode(line).steps) end
    rc, out = show("--csv")
    assert.same({ 0, 64 }, { rc, #lines(out) })
    assert.is_truthy(out:find("\r\n$"))
    assert.equal(5, #lines(select(2, show("--json", "-l", "5"))))
  end)

  it("by module, day, campaign and outcome, each alone and together", function()
    local function count(...)
      local rc, out = show("--json", ...)
      assert.equal(0, rc)
      return #lines(out)
    end
    local first = os.date("%Y-%m-%d", 1795800000 - 62 * 86400 // 7)
    local last = os.date("%Y-%m-%d", 1795800000)
    assert.equal(63, count("--since", first, "--until", last))
    assert.equal(63, count("--since", first) - count("--since", last) + count("--since", last))
    assert.is_true(count("--until", first) < 63)
    assert.equal(7, count("--outcome", "unknown"))
    assert.equal(14, count("--outcome", "unknown", "--outcome", "not_started"))
    assert.equal(14, count("--outcome", "open"))
    assert.equal(10, count("--run", "spring/2"))
    assert.equal(6, count("--imei", "861234560007946"))
    assert.equal(0, count("--imei", "861234560007946", "--run", "nobody"))
  end)

  it("one module's with what is left of its life", function()
    local _, out = show("--imei", "861234560007946", "--max-updates", "9")
    assert.is_truthy(out:find("861234560007946: %d updates triggered according to this ledger, %d of 9 left"), out)
  end)

  it("which module runs what, as a table, JSON and CSV", function()
    local rc, out = show("--modules")
    assert.same({ 0, 13 }, { rc, #lines(out) })
    assert.matches("^IMEI +model +revision +port +seen +updates  left\n", out)
    local row = json.decode(lines(select(2, show("--modules", "--json", "--max-updates", "100")))[1])
    assert.equal(100, row.updates_seen + row.updates_left)
    assert.equal("imei,model,revision,last_revision,port,host,baud,seen,updates_seen,updates_left",
      lines(select(2, show("--modules", "--csv")))[1])
  end)

  for name, case in pairs {
    ["a date that is none"] = { { "--since", "soon" }, "--since: 'soon' is no date: write 2026-11-27" },
    ["a day that no month has"] = { { "--until", "2026-02-30" }, "--until: '2026-02-30' is no date" },
    ["a period that ends before it begins"] = { { "--since", "today", "--until", "yesterday" },
      "--since is later than --until" },
    ["two formats"] = { { "--json", "--csv" }, "--json and --csv are mutually exclusive" },
    ["an outcome that there is not"] = { { "--outcome", "great" }, "'--outcome' must be one of 'updated'" },
    ["modules of a campaign"] = { { "--modules", "--run", "x" }, "of the filters it takes only --imei" },
    ["a date with a minus"] = { { "--since", "-1d" }, "--since: '-1d' is no date: write 1d for that long ago" },
    ["what is no IMEI"] = { { "--imei", "8612345678" }, "'8612345678' is not an IMEI: it has 15 digits" },
    ["no number"] = { { "-l", "0" }, "'0' is not a whole number" },
    ["a merge with itself"] = { { "--merge", "PATH" }, "--merge: both are the same ledger" },
    ["a merge with nothing"] = { { "--merge", "none" }, "--merge needs two ledgers" },
  } do
    it("refuses " .. name .. " in one line: 2", function()
      local args = {}
      for i, word in ipairs(case[1]) do args[i] = word == "PATH" and path or word end
      local rc, out, err = show(table.unpack(args))
      assert.same({ 2, "", 1 }, { rc, out, #lines(err) })
      assert.is_truthy(err:find(case[2], 1, true), err)
    end)
  end

  it("merges two ledgers, and does nothing the second time; a new one, whose name may be misspelt, is told", function()
    local other, into = dir .. "/other.db", dir .. "/into.db"
    sample.make(other, 9)
    local rc, out, err = call("ledger", "--merge", other, "--ledger", into)
    assert.same({ 0, "updates: 9 added, 0 completed, 0 already there" }, { rc, lines(out)[1] })
    assert.truthy(err:find(("%s: did not exist: a new one is begun there"):format(into), 1, true), err)
    rc, out, err = call("ledger", "--merge", other, "--ledger", into)
    assert.same({ 0, "updates: 0 added, 0 completed, 9 already there",
      "modules: 0 added, 0 seen later, 9 already there" }, { rc, table.unpack(lines(out)) })
    assert.equal("", err)
    local wanted, got = { select(2, call("ledger", "--ledger", other, "--json")) },
      { select(2, call("ledger", "--ledger", into, "--json")) }
    assert.same(wanted, got)
  end)

  for name, case in pairs {
    ["a ledger that is not there, which it reads"] = { "ledger", {}, 78, "does not exist yet; name another one" },
    ["one of which a report is made"] = { "report", {}, 78, "does not exist yet; name another one" },
    ["one that it ships"] = { "ledger", { "--push", "postgres://gw7@127.0.0.1:1/d" }, 78, "does not exist yet; name" },
  } do
    it(("names another way out than --ledger none for %s: %d"):format(name, case[3]), function()
      local rc, out, err = call(case[1], "--ledger", dir .. "/none.db", table.unpack(case[2]))
      assert.same({ case[3], "", 1 }, { rc, out, #lines(err) })
      assert.is_truthy(err:find(case[4], 1, true), err)
      assert.is_nil(uv.fs_stat(dir .. "/none.db"))
    end)
  end

  it("ends with 78 where the ledger's server is out of reach", function()
    local rc, _, err = call("ledger", "--ledger", "postgres://me@127.0.0.1:1/d")
    assert.same({ 78, "ledger: ledger postgres://***@127.0.0.1:1/d: nothing listens there; name another one with "
      .. "--ledger\n" }, { rc, err })
  end)

  it("merges nothing of a ledger that is not there, and creates none: 78", function()
    local rc, _, err = call("ledger", "--merge", dir .. "/none.db", "--ledger", dir .. "/new.db")
    assert.same({ 78, ("ledger: ledger %s/none.db: does not exist yet; name another one with --merge\n"):format(dir) },
      { rc, err })
    assert.is_nil(uv.fs_stat(dir .. "/none.db"))
    assert.is_nil(uv.fs_stat(dir .. "/new.db"))
  end)

  it("report.lua writes a page to stdout, or whole to a file, and replaces an earlier one", function()
    local rc, out, err = call("report", "--ledger", path, "--title", "A & B", "-l", "3")
    assert.same({ 0, "" }, { rc, err })
    assert.equal(1, out:find(page.MARK, 1, true))
    assert.is_truthy(out:find("<title>A &amp; B</title>", 1, true))
    assert.is_truthy(out:find("The latest 3 are shown; 60 older ones are left out: report.lua", 1, true))
    local file = dir .. "/report.html"
    for _ = 1, 2 do
      rc, out, err = call("report", "--ledger", path, "-o", file, "--run", "spring/2")
      assert.same({ 0, "" }, { rc, out })
      assert.is_truthy(err:find("wrote " .. file, 1, true), err)
    end
    assert.is_truthy(folder.read(file):find("Only: campaign spring/2", 1, true))
    assert.equal("</html>\n", folder.read(file):sub(-8))
  end)

  it("report.lua replaces no file that is no report, unless forced", function()
    local file = folder.write(dir .. "/mine.html", "<!DOCTYPE html>\nmine")
    local rc, _, err = call("report", "--ledger", path, "-o", file)
    assert.same({ 2, "<!DOCTYPE html>\nmine" }, { rc, folder.read(file) })
    assert.is_truthy(err:find(file .. " exists and is no report: --force replaces it", 1, true), err)
    assert.equal(0, (call("report", "--ledger", path, "-o", file, "--force")))
    assert.equal(page.MARK, folder.read(file):sub(1, #page.MARK))
  end)

  it("report.lua says in one line where it cannot write: 74", function()
    for _, where in ipairs { dir, dir .. "/", "/dev/null", dir .. "/none/report.html" } do
      for _, more in ipairs { "--force", "-q" } do
        local rc, out, err = call("report", "--ledger", path, "-o", where, more)
        assert.same({ 74, "", 1 }, { rc, out, #lines(err) }, err)
        assert.matches(": name another file\n$", err)
      end
    end
    assert.same({ 2, "", "report: --output is empty (--help shows the options)\n" },
      { call("report", "--ledger", path, "-o", "") })
  end)

  it("of a ledger that others hold is not waited for without end: 75", function()
    local held = dir .. "/held.db"
    assert(book_of.open(held)):close()
    local holder = Process.start(Process.lua, { "spec/support/ledger_holder.lua", held, "100" })
    holder:await("out", "held")
    finally(function() holder:kill() end)
    local ledger = require "dfota.ledger.ledger"
    local open = ledger.open
    finally(function()
      holder:kill()
      ledger.open = open
    end)
    ledger.open = function(where, options)
      options = options or {}
      options.busy_s = 0.1
      return open(where, options)
    end
    local rc, _, err = call("ledger", "--merge", path, "--ledger", held)
    assert.same({ 75, 1 }, { rc, #lines(err) }, err)
    assert.is_truthy(err:find(("locked by others for 0.1 s: process %d (lua"):format(holder.pid), 1, true), err)
  end)

  it("a merge that is ended half-way says what is in, and that it may be run again", function()
    local merging = require "dfota.ledger.merge"
    local all = merging.all
    finally(function() merging.all = all end)
    merging.all = function()
      local so_far = { added = 7, completed = 1, known = 2, nameless = 0 }
      return nil, core.error("interrupted", "interrupted by a signal"), so_far
    end
    local rc, out, err = call("ledger", "--merge", path, "--ledger", dir .. "/half.db")
    assert.same({ 130, "", "ledger: interrupted by a signal; 10 updates are in already, 8 of them new: run it again, "
      .. "which is safe and takes in the rest" }, { rc, out, lines(err)[2] })
  end)

  it("passes on what the core calls an error, and no more", function()
    assert.is_true(core.is_error(select(2, book_of.open("gopher://x"))))
    assert.equal(78, (call("report", "--ledger", "gopher://x")))
  end)
end)
