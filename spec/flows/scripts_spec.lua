local Process = require "support.process"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local run = require "support.run"
local uv = require "luv"

local SCRIPTS = { "update", "watch", "info", "files", "apn", "sim", "ledger", "report" }

local function start(program, args, options)
  local process = Process.start(program, args, options)
  return process:wait(), process.out, process.err
end

local function lines_in(text) return select(2, text:gsub("\n", "\n")) end

for _, name in ipairs(SCRIPTS) do
  describe(name .. ".lua", function()
    local path = "scripts/" .. name .. ".lua"

    teardown(run.clean)

    it("shows its options with --help", function()
      local rc, out, err = start(Process.lua, { path, "--help" })
      assert.equal(0, rc)
      assert.equal("", err)
      assert.is_truthy(out:find "^Usage:")
      assert.is_truthy(out:find("--version", 1, true))
    end)

    it("shows its version in one line", function()
      local rc, out, err = start(Process.lua, { path, "--version" })
      assert.same({ 0, "dfota-" .. name .. " " .. core.version .. "\n", "" }, { rc, out, err })
    end)

    it("runs from any folder, started by any name of its path", function()
      local absolute = assert(uv.fs_realpath(path))
      local elsewhere, remove = folder.new()
      assert.equal(0, (start(Process.lua, { absolute, "--version" }, { cwd = elsewhere })))
      assert(uv.fs_symlink(assert(uv.fs_realpath "."), elsewhere .. "/tree"))
      assert.equal(0, (start(Process.lua, { "tree/" .. path, "--version" }, { cwd = elsewhere })))
      assert.equal(0, (start(Process.lua, { name .. ".lua", "--version" }, { cwd = assert(uv.fs_realpath "scripts") })))
      remove()
    end)

    local function says_which_lua(program, args)
      local rc, out, err = start(program, args)
      assert.same({ 2, "" }, { rc, out })
      assert.equal(1, lines_in(err), err)
      assert.is_truthy(err:find(name, 1, true) and err:find("needs Lua 5.4, this is Lua 5.", 1, true), err)
      assert.is_truthy(err:find("run: lua5.4 ", 1, true), err)
    end

    it("says in one line that another Lua is the wrong one", function()
      local loader = folder.write(run.path "old.lua", [[
        _VERSION = "Lua 5.3"
        local path = table.remove(arg, 1)
        arg[0] = path
        dofile(path)
      ]])
      says_which_lua(Process.lua, { loader, path })
    end)

    it("says so under Lua 5.1 itself, which may be what `lua` means", function()
      if not (uv.fs_stat "/usr/bin/lua5.1") then return pending "no lua5.1 here" end
      says_which_lua("/usr/bin/lua5.1", { path })
    end)

    it("refuses an option that it does not know, in one line: 2", function()
      local rc, out, err = start(Process.lua, { path, "--frobnicate" })
      assert.same({ 2, "" }, { rc, out })
      assert.is_truthy(err:find("--frobnicate", 1, true), err)
      assert.is_nil(err:find "traceback")
    end)
  end)
end

describe("A flow that an engineer has edited", function()
  teardown(run.clean)

  local function edited(name, content, package)
    local done = run.update(run.virtual(), { package or run.package() }, { folder = run.site { [name] = content } })
    return done.rc, done.err
  end

  for what, content in pairs {
    ["with a slip in it"] = "return {\n  query = \n}",
    ["that returns nothing"] = "",
    ["that names a step of its own wrongly"] = "return { query = 3 }",
    ["that wants the trigger repeated"] = "return { trigger = { times = 3 } }",
    ["with a step that does not exist"] = "return { frobnicate = { times = 3 } }",
    ["that wants to run programs"] = "os.execute 'true' return {}",
    ["that hides a loop"] = "local function f() while true do end end pcall(f) return {}",
  } do
    it("is refused with a retry table " .. what .. ": 78", function()
      local rc, err = edited("retries.lua", content)
      assert.equal(78, rc)
      assert.is_truthy(err:find("retries.lua", 1, true), err)
      assert.is_nil(err:find "traceback")
    end)
  end

  for what, content in pairs {
    ["that returns a number"] = "return 5",
    ["that never ends"] = "while true do end",
    ["with an APN that cannot be sent"] = "return { ['26201'] = { apn = 'a\"b' } }",
  } do
    it("is refused with a table of access points " .. what .. ": 78", function()
      local rc, err = edited("apns.lua", content, "http://example.com/a.pack")
      assert.equal(78, rc)
      assert.is_truthy(err:find("apns.lua", 1, true), err)
      assert.is_nil(err:find "traceback")
    end)
  end

  it("may raise, which is a fault with its place, not a crash: 1", function()
    local text = folder.read "scripts/update.lua"
    local rc, err = edited("update.lua", (text:gsub('check_history%(job%)\n  if', 'local x = nil + 1\n  if', 1)))
    assert.equal(1, rc)
    assert.is_truthy(err:find "update%.lua:%d+")
  end)
end)

describe("A script of an engineer's own", function()
  teardown(run.clean)

  local LAST = 'return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")'

  -- A site with this script, on a simulated module.
  local function start_own(content, args, retries)
    local scripts = run.site { ["retries.lua"] = retries }
    local path = folder.write(scripts .. "/mine.lua", content)
    local words = { path, "--sim", "--ledger", "none" }
    table.move(args, 1, #args, #words + 1, words)
    local rc, out, err = start(Process.lua, words)
    return rc, out, err, path
  end

  local LOOK = [[
local function look(job)
  job:connect()
  job:gate { "hours", ok = job.request.hour < 8 or job.request.hour >= 18, value = job.request.hour }
  job:record("site", job.request.site)
  if job:checking() then return end
  job:trigger()
end
]] .. LAST .. [[(look, arg, { about = "Looks.", options = {
  { "--site", "Where the module stands." }, { "--hour", "Of the day.", default = "7", convert = math.tointeger },
} })]]

  it("starts by one line like the others, with its own options", function()
    local rc, out, err = start_own(LOOK, { "--check", "--site", "north 7", run.package() })
    assert.same({ 0, "" }, { rc, (err:gsub("warning[^\n]*\n", "")) })
    assert.is_truthy(out:find("site: north 7", 1, true), out)
    assert.equal(84, (start_own(LOOK, { "--check", "--hour", "9", run.package() })))
    assert.equal(0, (start_own(LOOK, { "--check", "--hour", "9", "--force", "hours", run.package() })))
    rc, out = start_own(LOOK, { "--help" })
    assert.equal(0, rc)
    for _, words in ipairs { "mine.lua [options]", "--site", "Looks." } do
      assert.is_truthy(out:find(words, 1, true), words)
    end
  end)

  it("that uses a step missing in retries.lua is refused before anything is done: 78", function()
    local content = LOOK:gsub("job:connect%(%)", 'job:connect()\n  job:retry("sned_sms", print)')
    local rc, out, err, path = start_own(content, { run.package() })
    assert.same({ 78, "" }, { rc, out })
    assert.is_truthy(err:find(path .. ":3: the step sned_sms has no row", 1, true), err)
  end)

  it("can be loaded by another program, whatever its arguments, and starts nothing", function()
    for _, name in ipairs { "update", "watch", "info", "sim", "ledger", "report" } do
      local code = ("assert(type(dofile %q) == 'function') print 'loaded'"):format("scripts/" .. name .. ".lua")
      assert.same({ 0, "loaded\n", "" }, { start(Process.lua, { "-e", code }) })
      local program = folder.write(run.path "program.lua", code)
      assert.same({ 0, "loaded\n", "" }, { start(Process.lua, { program, "--port", "none" }) })
    end
  end)

  it("shows a mistake in one line, and its traceback with -v and in the trace", function()
    local slip = LOOK:gsub("job:checking%(%)", "job:cheking()")
    local trace = run.path "trace"
    local rc, _, err, path = start_own(slip, { "--check", "--trace", trace, run.package() })
    assert.equal(1, rc)
    assert.is_truthy(err:find(path .. ":5: job has no cheking; did you mean checking?", 1, true), err)
    assert.is_nil(err:find("traceback", 1, true))
    assert.is_truthy(folder.read(trace):find("stack traceback", 1, true))
    local _, _, verbose = start_own(slip, { "--check", "-v", run.package() })
    assert.is_truthy(verbose:find("stack traceback", 1, true), verbose)
  end)
end)

describe("--settings", function()
  teardown(run.clean)

  it("lists the effective settings, with neither package nor port: 0", function()
    for _, name in ipairs { "update", "watch", "info" } do
      local rc, out, err = start(Process.lua, { "scripts/" .. name .. ".lua", "--settings", "--set", "boot_s=7" })
      assert.same({ 0, "" }, { rc, err })
      assert.is_truthy(out:find "%* boot_s +7 s +60 s +1 to 86400\n +From %-%-set\n", out)
    end
  end)

  it("gives programs facts and a result", function()
    local done = run.script("update", { "--settings", "--json" })
    assert.equal(0, done.rc)
    assert.same({ "facts", "result" }, { done.events[1].event, done.events[2].event })
    assert.same({ 60, "auto", "checked" }, { done.events[1].boot_s, done.events[1].ack_mode, done.result.outcome })
  end)

  it("ends with 2 for a wrong --set, and with 78 for a wrong config file", function()
    assert.equal(2, run.script("update", { "--settings", "--set", "bot_s=1" }).rc)
    assert.equal(78, run.script("update", { "--settings", "--config", "none.lua" }).rc)
  end)
end)

describe("A script", function()
  teardown(run.clean)

  -- update.lua with an edit, started.
  local function edited(edit)
    local scripts = run.site { ["update.lua"] = edit(folder.read "scripts/update.lua") }
    return start(Process.lua,
      { scripts .. "/update.lua", "--sim=" .. run.spec(), "--ledger", "none", run.package() })
  end

  it("that replaces what everything is built on, by a function without local, does not start: 78", function()
    local rc, _, err = edited(function(source) return "function error() end\n" .. source end)
    assert.equal(78, rc)
    assert.is_truthy(err:find("replaces the global error: write local before it", 1, true), err)
  end)

  it("that does so while it runs ends with 1, and names its line", function()
    local rc, _, err = edited(function(source)
      return (source:gsub("local module = job:connect%(%)", "type = 5 %0"))
    end)
    assert.equal(1, rc)
    assert.is_truthy(err:find("update%.lua:%d+: the global type must not be replaced"), err)
  end)
end)

describe("A flow that computes for ever", function()
  teardown(run.clean)

  it("is ended by Ctrl-C with its line and one result, and what it printed is a note", function()
    local site = run.site { ["update.lua"] = [[
      local function update(job)
        job:connect()
        print("computing", 1)
        while true do pcall(function() while true do end end) end
      end
      return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(update, arg)
    ]] }
    local process = Process.start(Process.lua, { site .. "/update.lua", "--json", "--ledger=none",
      "--sim=" .. run.spec(), run.package() })
    process:await("out", '"computing  1"')
    process:signal_with "sigint"
    assert.equal(130, process:wait())
    local _, results = process.out:gsub('"event":"result"', "")
    assert.equal(1, results)
    assert.is_truthy(process.out:find '"rc":130,.*update.lua:4: interrupted by a signal', process.out)
    for line in process.out:gmatch "[^\n]+" do assert.is_table(json.decode(line)) end
  end)
end)
