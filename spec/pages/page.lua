-- The pages of a report and of a fleet's run in a real browser. Their file's name keeps them out of `make test`: `make
-- pages` runs them.
local Process = require "support.process"
local browser = require "pages.browser"
local book_of = require "dfota.ledger.book"
local fleet_page_of = require "dfota.fleet.page".of
local folder = require "support.folder"
local phases = require "dfota.history.phases"
local sample = require "support.sample_ledger"

local WIDTHS = { 390, 1280 }

local dir, clean = folder.new()

local function page_of(path, ...)
  local made = Process.start(Process.lua, { "scripts/report.lua", "--ledger", path, ... })
  assert(made:wait() == 0, made.err)
  return made.out
end

local HOSTILE = { "<script>document.body.innerHTML=''</script>", '"><img src=x onerror=alert(1)>', ("W"):rep(900),
  "\u{202E}reversed", "</style><style>*{display:none}</style>", "\xFF\0\27[2J" }

-- Everything that a module, a file or a ledger can say at its longest and worst.
local function hostile(path)
  local book <close> = assert(book_of.open(path))
  for i, word in ipairs(HOSTILE) do
    assert(book:record { id = "odd-" .. i, imei = word, model = word, port = word, host = word, run = word, from = word,
      to = word, package = word, hash = word, way = "url", trace = word, forced = word, outcome = word,
      after = "B" .. word, code = 6508, message = word, rc = 81, started = 1795800000 + i,
      triggered = 1795800001, finished = 1795800200,
      facts = '{"' .. ("f"):rep(300) .. '":"</article>"}', seen = { imei = word, revision = word },
      steps = { { name = word, at = 1795800000 }, { name = "update", at = 1795800100 } } })
  end
end

-- A fleet's run, after its end; of each module what its jobs said.
local function fleet_page(count, word)
  local devices = {}
  for number = 1, count do
    local is_bad, began = number % 5 == 0, 1795800000 + number * 20
    local steps = {}
    for i, name in ipairs(phases.ORDER) do steps[i] = { name = word or name, at = began + i * 30 } end
    devices[number] = {
      number = number, port = word or "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1." .. number,
      name = word or number % 3 == 0 and "bus " .. number or nil, imei = word or ("8612345678%05d"):format(number),
      model = word or "MC65", revision = word or "MC65FAR01A02", to = word and word .. "2" or "MC65FAR01A02",
      message = word or "the module now runs MC65FAR01A02", state = is_bad and "failed" or "done",
      rc = is_bad and 81 or 0, code = is_bad and 6508 or nil, outcome = is_bad and "failed_on_source" or "updated",
      tries = { { what = "update", began = began, finished = began + 300, steps = steps,
        result = { rc = is_bad and 81 or 0 } } },
    }
  end
  return fleet_page_of {
    id = word or "night", rc = count > 0 and 81 or 0, package = word or "/srv/A2B.pack", from = word or "MC65FAR01A01",
    to = word or "MC65FAR01A02", devices = devices, made = "2026-11-28 12:00", zone = "UTC+0000",
    folder = word or "/home/field/.local/state/dfota/runs/night", version = "1", why = word,
  }
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
      { name = "fleet", content = fleet_page(64) }, { name = "fleet empty", content = fleet_page(0) },
    }
    for i, word in ipairs(HOSTILE) do
      pages[#pages + 1] = { name = "fleet hostile " .. i, content = fleet_page(5, word) }
    end
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
      assert.equal(not measured.name:find "empty", measured.bars > 0, where)
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
    each(function(measured)
      if not measured.name:find "^fleet" then articles[measured.name] = measured.articles end
    end)
    assert.same({ sample = 27, many = 200, hostile = 6, empty = 0 }, articles)
  end)

  it("can be printed", function()
    local sheets = browser.sheets(dir, pages[1].content)
    assert.is_true(sheets >= 3 and sheets <= 12, "27 updates on " .. sheets .. " sheets")
    sheets = browser.sheets(dir, pages[5].content)
    assert.is_true(sheets >= 2 and sheets <= 12, "64 modules on " .. sheets .. " sheets")
  end)
end)
