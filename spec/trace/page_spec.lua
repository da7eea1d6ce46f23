local odd = require "dfota.trace.odd"
local page = require "dfota.trace.page"
local summary = require "dfota.trace.summary"
local times = require "dfota.trace.times"
local traced = require "support.traced"

local function heading(lines, width)
  local items, about = traced.items(lines)
  local what = summary(items, about.duration_s)
  what.run, what.runs, what.begun, what.odd = 1, 2, "2026-11-28T01:18:12Z", 1
  return page.heading(what, width or 80)
end

local function conversation(lines, opts)
  local items, about = traced.items(lines)
  local all = { all = items, duration_s = about.duration_s, width = 80 }
  for name, value in pairs(opts or {}) do all[name] = value end
  return page.conversation(items, all)
end

describe("A trace for people", function()
  it("begins with what it is: run, time, module, revisions", function()
    assert.same({
      "run 1 of 2, begun 2026-11-28T01:18:12Z, 10 s, 9 commands, 6 unsolicited lines,",
      "1 odd thing",
      "MC65, revision MC65FAR01A01 -> MC65FAR01A02, IMEI 861234567890127",
    }, heading(traced.UPDATE))
    assert.equal(1, #heading({ "1.0 tx +++" }, 200))
  end)

  it("has a heading for each phase, and each phase once", function()
    local found = {}
    for _, line in ipairs(conversation(traced.UPDATE)) do found[#found + 1] = line:match "^ +%-%- (%w+) %-%-$" end
    assert.same({ "prepare", "upload", "trigger", "update", "reboot", "verify" }, found)
    for _, line in ipairs(conversation(traced.UPDATE, { plain = true })) do assert.is_nil(line:find "^ +%-%-") end
  end)

  it("stands side by side, and a reply goes on under itself", function()
    assert.same({
      "             -- prepare --",
      "     0.100 > ATI                       Quectel_Ltd | Quectel_MC65 |",
      "                                       Revision: MC65FAR01A01 | OK  (50 ms)",
      "             -- upload --",
      '     0.200 > AT+QFUPL="fota.pack",2000,60,1',
      "                                       no answer  (0 ms)",
    }, (conversation { [[0.1 tx ATI\r]],
      [[0.15 rx ATI\r\r\nQuectel_Ltd\r\nQuectel_MC65\r\nRevision: MC65FAR01A01\r\n\r\nOK\r\n]],
      [[0.2 tx AT+QFUPL="fota.pack",2000,60,1\r]] }))
  end)

  it("fits every width from 40 to 200 columns, whatever is in it", function()
    math.randomseed(5)
    local lines = table.move(traced.UPDATE, 1, #traced.UPDATE, 1, {})
    for i = 1, 40 do
      lines[#lines + 1] = ("%d.0 rx %s\\r\\n"):format(20 + i, ("x"):rep(math.random(1, 300)))
      lines[#lines + 1] = ("%d.1 tx AT+%s\\r"):format(20 + i, ("Y "):rep(math.random(1, 90)))
    end
    local items, about, entries, damaged = traced.items(lines)
    for width = 40, 200, 7 do
      local text = conversation(lines, { width = width })
      for _, more in ipairs { page.times(times.of(items, about.duration_s), about.duration_s, width),
        page.odd(odd(items, about, entries, damaged), width), heading(lines, width) } do
        table.move(more, 1, #more, #text + 1, text)
      end
      for _, line in ipairs(text) do assert.is_true(utf8.len(line) <= width, line) end
    end
  end)

  it("says that nothing fits, rather than nothing", function()
    assert.same({ "nothing in this trace fits" }, page.conversation({}, { plain = true, width = 80 }))
    assert.same({ "Nothing odd was found" }, page.odd({}, 80))
  end)

  it("tells where the time went, by phase and by command", function()
    local items, about = traced.items(traced.UPDATE)
    local text = table.concat(page.times(times.of(items, about.duration_s), about.duration_s, 80), "\n")
    assert.is_truthy(text:find("\n  update          7.000 s   69 %  ################\n", 1, true), text)
    local ats = "\n  AT                0.903 s     0.600 s       9.400      4, 2 unanswered"
    assert.is_truthy(text:find(ats, 1, true), text)
  end)

  it("names at most ten commands", function()
    local lines = {}
    for i = 1, 14 do lines[i] = ("%d.0 tx AT+C%d\\r"):format(i, i) end
    local items, about = traced.items(lines)
    local text = page.times(times.of(items, about.duration_s), about.duration_s, 80)
    assert.equal("  and 4 more, each faster", text[#text])
  end)

  it("tells what is odd with its place in the file and what can be done", function()
    assert.same({
      "What is odd: 1 finding",
      "     1.000 ! AT+QFOTADL=1: 6507: package error (line 2)",
      "             -> use another package: this one is damaged, or was made for",
      "             another model or revision",
    }, (function()
      local items, about, entries, damaged = traced.items { [[1.0 tx AT+QFOTADL=1\r]], [[1.1 rx +CME ERROR: 6507\r\n]] }
      return page.odd(odd(items, about, entries, damaged), 80)
    end)())
  end)
end)
