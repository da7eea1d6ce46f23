-- scripts/trace.lua and scripts/replay.lua as far as they need no module: in this process, with their options parsed.
local folder = require "support.folder"
local json = require "dkjson"
local program = require "dfota.program"
local sink = require "support.sink"
local traced = require "support.traced"
local uv = require "luv"

local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })

local function run(name, args)
  local flow, takes = assert(loadfile("scripts/" .. name .. ".lua", "t", without_arg))()
  local script = { name = name, args = args, flow = flow, scripts = "scripts", out = sink.new(), err = sink.new() }
  for key, value in pairs(takes) do script[key] = value end
  local rc = program.main(script)
  return rc, script.out:text(), script.err:text()
end

describe("A trace's file", function()
  local dir, cleanup, path, two
  setup(function()
    dir, cleanup = folder.new()
    path = folder.write(dir .. "/one.trace", traced.text(traced.UPDATE))
    two = folder.write(dir .. "/two.trace", traced.text { [[1.0 tx AT\r]] } .. traced.text(traced.UPDATE))
  end)
  teardown(function() cleanup() end)

  it("is shown: what it is, who said what, where the time went, what is odd", function()
    local rc, out, err = run("trace", { path })
    assert.same({ 0, "" }, { rc, err })
    local from = 1
    for _, words in ipairs { "run 1 of 1, begun 2026", "MC65, revision MC65FAR01A01 -> MC65FAR01A02", "-- prepare --",
      "0.100 > AT ", "-- update --", "2% ... 100%", "Where the time went", "by command", "What is odd: 2 findings" } do
      from = assert(out:find(words, from, true), words)
    end
    for line in out:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
  end)

  it("shows one part of it, and with a filter what fits", function()
    local _, times = run("trace", { "--times", path })
    assert.is_nil(times:find("-- prepare --", 1, true) or times:find("What is odd", 1, true))
    local _, odd = run("trace", { "--odd", path })
    assert.is_nil(odd:find("Where the time went", 1, true))
    local _, some = run("trace", { "--only", "fota", "--grep", "end", "--since", "1", "--till", "9", path })
    assert.is_truthy(some:find('+QIND: "FOTA","END",0', 1, true))
    assert.is_nil(some:find("UPDATING", 1, true) or some:find("Where the time", 1, true))
  end)

  it("with several runs shows the last, lists them, and gives the one that is asked for", function()
    local _, last = run("trace", { two })
    assert.matches("^run 2 of 2, ", last)
    local _, list = run("trace", { "--list", two })
    assert.is_truthy(list:find("run 1 of 2", 1, true) and list:find("run 2 of 2", 1, true))
    local _, first = run("trace", { "--run", "1", two })
    assert.matches("^run 1 of 2, ", first)
  end)

  it("is given to programs, one object a line", function()
    local rc, out = run("trace", { "--json", path })
    local items = {}
    for line in out:gmatch "[^\n]+" do items[#items + 1] = assert(json.decode(line)).item end
    assert.same({ 0, "run", "odd" }, { rc, items[1], items[#items] })
    local _, listed = run("trace", { "--json", "--list", two })
    assert.equal(2, select(2, listed:gsub("\n", "")))
  end)

  for what, case in pairs {
    ["no file"] = { {}, 2 }, ["a file that is not there"] = { { "DIR/none" }, 66 },
    ["a directory"] = { { "DIR" }, 66 },
    ["a run that it has not"] = { { "--run", "3", "DIR/two.trace" }, 2 },
    ["a run that is none"] = { { "--run", "last", "DIR/two.trace" }, 2 },
    ["a wrong kind"] = { { "--only", "fotas", "DIR/one.trace" }, 2 },
    ["a wrong time"] = { { "--since", "-1", "DIR/one.trace" }, 2 },
    ["a package"] = { { "DIR/a.pack" }, 65 }, ["an empty file"] = { { "DIR/empty" }, 65 },
    ["a negative time"] = { { "--silence", "-1", "DIR/one.trace" }, 2, "is not a number of seconds" },
  } do
    it("is refused in one line: " .. what, function()
      folder.write(dir .. "/a.pack", "RDAOTA01\0\1\2")
      folder.write(dir .. "/empty", "")
      for _, name in ipairs { "trace", "replay" } do
        local args = {}
        for i, word in ipairs(case[1]) do args[i] = word:gsub("DIR", dir) end
        if name == "trace" or not (args[1] or ""):find "^%-%-[os]" then
          local rc, out, err = run(name, args)
          assert.same({ case[2], "" }, { rc, out })
          assert.matches("^" .. name .. ": [^\n]+\n$", err)
          assert.is_truthy(err:find(case[3] or "", 1, true), err)
        end
      end
    end)
  end

  for what, content in pairs {
    ["its heading alone"] = traced.text {}, ["a piece of its heading"] = traced.BEGINNING:sub(1, 20),
    ["wrong directions"] = traced.text { [[1.0 up AT\r]], [[1.1 down OK\r\n]] },
    ["only numbers"] = traced.text { "1.0", "2" },
    ["one long line"] = traced.BEGINNING .. ("x"):rep(1 << 20),
    ["what was received alone"] = traced.text { [[1.0 rx RDY\r\n]] },
  } do
    it("is not played where no host says a word in it: " .. what, function()
      local file = folder.write(dir .. "/mute.trace", content)
      for _, args in ipairs { { file }, { "--transcript", dir .. "/mute.txt", file } } do
        assert.same({ 65, "", "replay: " .. file .. ": run 1 has no command of a host, so there is nothing to play\n" },
          { run("replay", args) })
      end
    end)
  end

  it("is read as it was after it went through another system: a transcript, too", function()
    local crlf = folder.write(dir .. "/crlf.trace", (folder.read(path):gsub("\n", "\r\n")))
    assert.same({ run("trace", { path }) }, { run("trace", { crlf }) })
    local _, plain = run("replay", { "--transcript", "-", path })
    local _, written = run("replay", { "--transcript", "-", crlf })
    assert.equal(plain, written)
    local changed = folder.write(dir .. "/crlf.txt", "\xEF\xBB\xBF" .. plain:gsub("\n", "\r\n"))
    local _, again = run("replay", { "--transcript", "-", changed })
    assert.equal(plain:gsub("^#[^\n]*", ""), again:gsub("^#[^\n]*", ""))
  end)

  it("is as wide as COLUMNS says", function()
    local columns = os.getenv "COLUMNS"
    finally(function()
      if columns then uv.os_setenv("COLUMNS", columns) else uv.os_unsetenv "COLUMNS" end
    end)
    for _, width in ipairs { 40, 60, 120 } do
      uv.os_setenv("COLUMNS", tostring(width))
      local _, out = run("trace", { path })
      for line in out:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= width, line) end
    end
  end)

  it("is written as a transcript that only its owner can read, and over no other file", function()
    local to = dir .. "/one.txt"
    local rc, out = run("replay", { "--transcript", to, path })
    assert.same({ 0, to .. ": 9 answers\n" }, { rc, out })
    assert.matches("^# made from a trace, begun 2026", folder.read(to))
    assert.equal(tonumber("600", 8), uv.fs_stat(to).mode & tonumber("777", 8))
    local refused, nothing, err = run("replay", { "--transcript", to, path })
    assert.same({ 2, "", "replay: " .. to .. ": exists already: name a new file\n" }, { refused, nothing, err })
    local lost = { run("replay", { "--transcript", dir .. "/no/such/folder", path }) }
    assert.equal(2, lost[1])
    assert.matches("cannot be written: no such file or directory\n$", lost[3])
  end)
end)
