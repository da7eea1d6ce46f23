local core = require "dfota.core"
local folder = require "support.folder"
local reader = require "dfota.trace.reader"
local traced = require "support.traced"

describe("A trace file", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  it("may hold several runs: each has its number, its time and its first line", function()
    local second = "# dfota trace 1, begun 2026-12-01T00:00:00Z\n2.0 rx B\n"
    local runs = assert(reader.runs(traced.text { "1.0 tx A" } .. second))
    assert.same({ 1, "2026-11-28T01:18:12Z", 1 }, { runs[1].number, runs[1].begun, runs[1].line })
    assert.same({ 2, "2026-12-01T00:00:00Z", 3 }, { runs[2].number, runs[2].begun, runs[2].line })
    assert.same({ { t = 2, direction = "rx", bytes = "B", line = 4 } }, (reader.entries(runs[2])))
  end)

  it("is read line by line: chunks, remarks, and the numbers of what is damaged", function()
    local entries, damaged = traced.entries { [[1.5 tx AT\r]], "# baud 9600", "1.6 up X", "", [[2.0 rx \x00\\]], "x" }
    assert.same({
      { t = 1.5, direction = "tx", bytes = "AT\r", line = 2 }, { t = 1.5, note = "baud 9600", line = 3 },
      { t = 2, direction = "rx", bytes = "\0\\", line = 6 },
    }, entries)
    assert.same({ { t = 1.5, line = 4 }, { t = 2, line = 7 } }, damaged)
  end)

  it("has times that never go back and never end", function()
    local entries, damaged = traced.entries { "5.0 tx A", "4.0 tx B", ("9"):rep(400) .. ".0 tx C" }
    assert.same({ 5, 5 }, { entries[1].t, entries[2].t })
    assert.same({ { t = 5, line = 4 } }, damaged)
  end)

  it("that was cut off in the middle of a line loses that line alone", function()
    local runs = assert(reader.runs(traced.text({ [[1.0 tx AT\r]] }) .. "2.0 r"))
    local entries, damaged, cut = reader.entries(runs[1])
    assert.same({ 1, 0, { t = 1, line = 3 } }, { #entries, #damaged, cut })
  end)

  it("that went through an editor or another system is read as it was", function()
    local content = traced.text(traced.UPDATE)
    local whole = { reader.entries(assert(reader.runs(content))[1]) }
    for name, changed in pairs { crlf = content:gsub("\n", "\r\n"), bom = "\xEF\xBB\xBF" .. content } do
      local runs = assert(reader.read(folder.write(dir .. "/" .. name, changed)))
      assert.same(whole, { reader.entries(runs[1]) })
    end
  end)

  for what, content in pairs {
    ["a package"] = "RDAOTA01\0\1", ["a text"] = "hello\n", ["nothing"] = "",
    ["a later version"] = "# dfota trace 2, begun X\n",
  } do
    it("is refused in one line if it is " .. what, function()
      local runs, err = reader.read(folder.write(dir .. "/bad.trace", content))
      assert.is_nil(runs)
      assert.equal("trace", err.kind)
      assert.is_truthy(err.message:find(dir, 1, true))
      assert.is_nil(err.message:find "%c")
    end)
  end

  it("that is missing, a directory or a pipe is refused without waiting", function()
    os.execute("mkfifo '" .. dir .. "/pipe'")
    for _, path in ipairs { dir .. "/none", dir, dir .. "/pipe", "a\0b" } do
      local runs, err = reader.read(path)
      assert.is_nil(runs)
      assert.is_true(core.is_error(err))
      assert.equal("trace_missing", err.kind)
      assert.is_nil(err.message:find "%c")
    end
  end)

  it("gives the last of its runs, or the one that is asked for, or says how many there are", function()
    local runs = assert(reader.runs(traced.text {} .. traced.text {}))
    assert.equal(2, reader.choose("f", runs).number)
    assert.equal(1, reader.choose("f", runs, 1).number)
    local none, err = reader.choose("f", runs, 3)
    assert.is_nil(none)
    assert.same({ "usage", "f: there is no run 3: it has 2, and --list shows them" }, { err.kind, err.message })
  end)
end)
