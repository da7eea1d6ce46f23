local Process = require "support.process"
local core = require "dfota.core"
local folder = require "support.folder"
local run = require "support.run"
local uv = require "luv"

local SCRIPTS = { "update", "watch", "info", "sim", "ledger" }

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

    it("tells its version in one line", function()
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
    local scripts = run.site { [name] = content }
    local words = { scripts .. "/update.lua", "--sim", "--ledger", "none", package or run.package() }
    local rc, _, err = start(Process.lua, words)
    return rc, err
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
    it("is told of a retry table " .. what .. ": 78", function()
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
    it("is told of a table of access points " .. what .. ": 78", function()
      local rc, err = edited("apns.lua", content, "http://example.com/a.pack")
      assert.equal(78, rc)
      assert.is_truthy(err:find("apns.lua", 1, true), err)
      assert.is_nil(err:find "traceback")
    end)
  end

  it("may raise, and this is a fault with its place, not a crash: 1", function()
    local text = folder.read "scripts/update.lua"
    local rc, err = edited("update.lua", (text:gsub('check_history%(job%)\n  if', 'local x = nil + 1\n  if', 1)))
    assert.equal(1, rc)
    assert.is_truthy(err:find "update%.lua:%d+")
  end)
end)

describe("--settings", function()
  teardown(run.clean)

  it("lists what would count, with neither package nor port: 0", function()
    for _, name in ipairs { "update", "watch", "info" } do
      local rc, out, err = start(Process.lua, { "scripts/" .. name .. ".lua", "--settings", "--set", "boot_s=7" })
      assert.same({ 0, "" }, { rc, err })
      assert.is_truthy(out:find("boot_s +7 s +%(default 60 s; 1 to 86400; from %-%-set%)"), out)
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
