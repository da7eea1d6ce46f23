-- The report's page in a real browser. Its name keeps it out of `make test`: `make pages` runs it.
local Process = require "support.process"
local browser = require "pages.browser"
local book_of = require "dfota.ledger.book"
local folder = require "support.folder"
local sample = require "support.sample_ledger"

local WIDTHS = { 390, 1280 }

local dir, clean = folder.new()

local function page_of(path, ...)
  local made = Process.start(Process.lua, { "scripts/report.lua", "--ledger", path, ... })
  assert(made:wait() == 0, made.err)
  return made.out
end

-- Everything that a module, a file or a ledger can say at its longest and worst.
local function hostile(path)
  local book <close> = assert(book_of.open(path))
  local long = ("W"):rep(900)
  for i, word in ipairs { "<script>document.body.innerHTML=''</script>", '"><img src=x onerror=alert(1)>', long,
    "\u{202E}reversed", "</style><style>*{display:none}</style>", "\xFF\0\27[2J" } do
    assert(book:record { id = "odd-" .. i, imei = word, model = word, port = word, host = word, run = word, from = word,
      to = word, package = word, hash = word, way = "url", trace = word, forced = word, outcome = word,
      after = "B" .. word, code = 6508, message = word, rc = 81, started = 1795800000 + i,
      triggered = 1795800001, finished = 1795800200,
      facts = '{"' .. ("f"):rep(300) .. '":"</article>"}', seen = { imei = word, revision = word },
      steps = { { name = word, at = 1795800000 }, { name = "update", at = 1795800100 } } })
  end
end

describe("The page of a report", function()
  local pages, found

  setup(function()
    for name, count in pairs { sample = 27, many = 400 } do sample.make(("%s/%s.db"):format(dir, name), count) end
    hostile(dir .. "/hostile.db")
    assert(book_of.open(dir .. "/empty.db")):close()
    pages = {
      { name = "sample", content = page_of(dir .. "/sample.db", "--title", "ACME: spring campaign") },
      { name = "many", content = page_of(dir .. "/many.db") },
      { name = "hostile", content = page_of(dir .. "/hostile.db", "--title", "</title><h1>" .. ("x"):rep(300)) },
      { name = "empty", content = page_of(dir .. "/empty.db") },
    }
    found = {}
    for _, scheme in ipairs { "light", "dark" } do
      for _, measured in ipairs(browser.measure(dir, scheme, pages, WIDTHS)) do
        measured.scheme = scheme
        found[#found + 1] = measured
      end
    end
  end)
  teardown(function() clean() end)

  local function each(check)
    assert.equal(#pages * #WIDTHS * 2, #found)
    for _, measured in ipairs(found) do
      check(measured, ("%s at %d, %s"):format(measured.name, measured.width, measured.scheme))
    end
  end

  it("fits a phone and a screen: nothing is wider than they are", function()
    each(function(measured, where)
      assert.is_true(measured.scroll <= measured.width, where .. " scrolls to " .. measured.scroll)
      assert.same({}, measured.wide, where)
    end)
  end)

  it("has text that can be read: large enough, and with contrast to what is behind it", function()
    each(function(measured, where)
      assert.is_true(measured.text > 5, where)
      assert.same({}, measured.small, where)
      assert.same({}, measured.faint, where)
    end)
  end)

  it("has timelines whose phases can be told from the page", function()
    each(function(measured, where)
      assert.equal(measured.name ~= "empty", measured.bars > 0, where)
      assert.same({}, measured.dull, where)
    end)
  end)

  it("is dark where people want it dark", function()
    local seen = {}
    each(function(measured) seen[measured.scheme .. " " .. measured.background] = true end)
    assert.same({ ["light rgb(255, 255, 255)"] = true, ["dark rgb(17, 22, 28)"] = true }, seen)
  end)

  it("refers to nothing, runs nothing, and nothing that was recorded becomes a part of it", function()
    each(function(measured, where) assert.equal(0, measured.foreign, where) end)
  end)

  it("shows every update, at most as many as it says", function()
    local articles = {}
    each(function(measured) articles[measured.name] = measured.articles end)
    assert.same({ sample = 27, many = 200, hostile = 6, empty = 0 }, articles)
  end)

  it("can be printed", function()
    local sheets = browser.sheets(dir, pages[1].content)
    assert.is_true(sheets >= 3 and sheets <= 12, "27 updates on " .. sheets .. " sheets")
  end)
end)
