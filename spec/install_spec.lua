-- contrib/install.sh on a small tree: no edit is lost, whatever is installed over it.
local Process = require "support.process"
local folder = require "support.folder"
local uv = require "luv"

local SCRIPT = assert(uv.fs_realpath "contrib/install.sh")
local START = [[return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(flow, arg)]] .. "\n"

describe("make install", function()
  local home, remove, root
  before_each(function()
    home, remove = folder.new()
    root = home .. "/root here"
    for _, path in ipairs { "lua", "lua/dfota", "lua/dfota/at", "scripts", "docs" } do
      assert(uv.fs_mkdir(home .. "/" .. path, 448))
    end
    for path, content in pairs {
      ["lua/dfota/init.lua"] = "return 1\n", ["scripts/update.lua"] = "-- 1\n" .. START,
    } do folder.write(home .. "/" .. path, content) end
  end)
  after_each(function() remove() end)

  local function run(args, env)
    local set = { "PATH=" .. os.getenv "PATH", "DESTDIR=" .. root, "HOME=" .. home }
    table.move(env or {}, 1, #(env or {}), #set + 1, set)
    local process = Process.start("/bin/sh", { SCRIPT, table.unpack(args or {}) }, { cwd = home, env = set })
    local rc = process:wait()
    return rc, process.out, process.err
  end

  local function at(path) return root .. "/usr/local/" .. path end
  local function exists(path) return uv.fs_lstat(at(path)) ~= nil end
  local function has(text, part) assert.is_truthy(text:find(part, 1, true), text) end
  local UPDATE = "share/dfota/scripts/update.lua"

  local function installed()
    local rc, out, err = run()
    assert.same({ 0, "" }, { rc, err })
    return out
  end

  -- The next version, whose flow is another.
  local function next_version() folder.write(home .. "/scripts/update.lua", "-- 2\n" .. START) end

  it("puts modules, core, scripts, pages and a command for each script that starts itself under DESTDIR", function()
    for path, content in pairs {
      ["lua/dfota/at/channel.lua"] = "return 2\n", ["lua/dfota/core.so"] = "machine code\n", LICENSE = "MIT\n",
      ["scripts/start.lua"] = "-- 1\n", ["scripts/retries.lua"] = "return {}\n", ["docs/flows.md"] = "flows\n",
    } do folder.write(home .. "/" .. path, content) end
    has(installed(), "dfota-update")
    for _, path in ipairs {
      "share/lua/5.4/dfota/init.lua", "share/lua/5.4/dfota/at/channel.lua", "lib/lua/5.4/dfota/core.so", UPDATE,
      "share/dfota/scripts/retries.lua", "share/doc/dfota/docs/flows.md", "bin/dfota-update", "bin/dfota",
    } do assert.is_true(exists(path), path) end
    assert.is_false(exists "bin/dfota-retries")
    assert.is_false(exists "bin/dfota-start")
    has(folder.read(at "bin/dfota-update"), '"/usr/local/share/dfota/scripts/launch.lua" "$0" "$@"')
  end)

  it("tells a command below another PREFIX where its modules are", function()
    assert.equal(0, (run({}, { "PREFIX=/opt/field kit" })))
    has(folder.read(root .. "/opt/field kit/bin/dfota-update"), 'LUA_PATH_5_4="/opt/field kit/share/lua/5.4/?.lua;')
  end)

  it("replaces a script that nobody edited", function()
    installed()
    next_version()
    assert.is_nil(installed():find("edited", 1, true))
    assert.equal("-- 2\n" .. START, folder.read(at(UPDATE)))
    assert.is_false(exists(UPDATE .. ".new"))
  end)

  it("leaves an edited script as it is, puts the new one beside it, and says so", function()
    installed()
    folder.write(at(UPDATE), "-- mine\n")
    next_version()
    has(installed(), "/usr/local/" .. UPDATE .. " was edited and stays: the new one is /usr/local/" .. UPDATE .. ".new")
    assert.equal("-- mine\n", folder.read(at(UPDATE)))
    assert.equal("-- 2\n" .. START, folder.read(at(UPDATE .. ".new")))
  end)

  it("does not bring back the new one that was merged and removed, as long as there is none newer", function()
    installed()
    folder.write(at(UPDATE), "-- mine\n")
    next_version()
    installed()
    folder.write(at(UPDATE), "-- merged\n")
    assert(uv.fs_unlink(at(UPDATE .. ".new")))
    has(installed(), UPDATE .. " was edited and stays\n")
    assert.is_false(exists(UPDATE .. ".new"))
    folder.write(home .. "/scripts/update.lua", "-- 3\n" .. START)
    installed()
    assert.equal("-- 3\n" .. START, folder.read(at(UPDATE .. ".new")))
    assert.equal("-- merged\n", folder.read(at(UPDATE)))
  end)

  it("removes the new one that it had put there once the edit is given up", function()
    installed()
    folder.write(at(UPDATE), "-- mine\n")
    next_version()
    installed()
    folder.write(at(UPDATE), "-- 2\n" .. START)
    installed()
    assert.is_false(exists(UPDATE .. ".new"))
  end)

  it("keeps edits in a .new file, too", function()
    installed()
    folder.write(at(UPDATE), "-- mine\n")
    next_version()
    installed()
    folder.write(at(UPDATE .. ".new"), "-- half merged\n")
    folder.write(home .. "/scripts/update.lua", "-- 3\n" .. START)
    installed()
    assert.equal("-- half merged\n", folder.read(at(UPDATE .. ".new.old")))
  end)

  it("takes a script for edited that an installation without checksums left there", function()
    installed()
    assert(uv.fs_unlink(at "share/dfota/installed"))
    next_version()
    installed()
    assert.equal("-- 1\n" .. START, folder.read(at(UPDATE)))
    assert.is_true(exists(UPDATE .. ".new"))
  end)

  it("replaces an edited module, whose new version belongs to the others, and keeps the edited one under a free name",
    function()
      installed()
      local module = "share/lua/5.4/dfota/init.lua"
      for i = 1, 2 do
        folder.write(at(module), "edited " .. i)
        folder.write(home .. "/lua/dfota/init.lua", "version " .. i)
        has(installed(), "init.lua had been edited: the edited one is now ")
        assert.equal("version " .. i, folder.read(at(module)))
      end
      assert.equal("edited 1", folder.read(at(module .. ".old")))
      assert.equal("edited 2", folder.read(at(module .. ".old2")))
    end)

  it("leaves a link to a script of the user's own alone", function()
    installed()
    assert(uv.fs_unlink(at(UPDATE)))
    assert(uv.fs_symlink("/dev/null", at(UPDATE)))
    next_version()
    installed()
    assert.equal("/dev/null", uv.fs_readlink(at(UPDATE)))
  end)

  it("removes what the new version no longer has, but not what was edited", function()
    folder.write(home .. "/scripts/old1.lua", START)
    folder.write(home .. "/scripts/old2.lua", START)
    installed()
    folder.write(at "share/dfota/scripts/old2.lua", "-- mine\n")
    assert(uv.fs_unlink(home .. "/scripts/old1.lua"))
    assert(uv.fs_unlink(home .. "/scripts/old2.lua"))
    has(installed(), "old2.lua was edited and stays")
    assert.is_false(exists "share/dfota/scripts/old1.lua")
    assert.is_false(exists "bin/dfota-old1")
    assert.equal("-- mine\n", folder.read(at "share/dfota/scripts/old2.lua"))
  end)

  it("refuses a PREFIX that is no absolute path", function()
    local rc, _, err = run({}, { "PREFIX=here" })
    assert.same({ 2, "install: PREFIX must begin with /, and is here\n" }, { rc, err })
  end)

  it("says in one line where it may not write", function()
    local rc, _, err = run({}, { "PREFIX=/usr/local", "DESTDIR=/proc/1" })
    assert.equal(77, rc)
    has(err, "no permission to write to /proc/1/usr/local")
  end)
end)

describe("make uninstall", function()
  local home, remove
  before_each(function()
    home, remove = folder.new()
    for _, path in ipairs { "lua", "lua/dfota", "scripts", "docs" } do assert(uv.fs_mkdir(home .. "/" .. path, 448)) end
    for path, content in pairs {
      ["lua/dfota/init.lua"] = "return 1\n", ["lua/dfota/core.so"] = "code\n", ["scripts/update.lua"] = START,
      ["scripts/info.lua"] = START,
    } do folder.write(home .. "/" .. path, content) end
  end)
  after_each(function() remove() end)

  local function run(...)
    local process = Process.start("/bin/sh", { SCRIPT, ... },
      { cwd = home, env = { "PATH=" .. os.getenv "PATH", "DESTDIR=" .. home .. "/root" } })
    return (process:wait()), process.out, process.err
  end

  local function files()
    local pipe = assert(io.popen(("cd %s/root && find . -type f | sort"):format(home)))
    local list = pipe:read "a"
    pipe:close()
    return list
  end

  it("removes every file that was installed", function()
    assert.equal(0, (run()))
    assert.not_equal("", files())
    assert.equal(0, (run "uninstall"))
    assert.equal("", files())
  end)

  it("keeps what was edited, and files that it did not install, and says so", function()
    assert.equal(0, (run()))
    local scripts = home .. "/root/usr/local/share/dfota/scripts/"
    folder.write(scripts .. "update.lua", "-- mine\n")
    folder.write(scripts .. "site.lua", "-- mine, too\n")
    local rc, out = run "uninstall"
    assert.equal(0, rc)
    assert.is_truthy(out:find("scripts/update.lua was edited and stays", 1, true), out)
    assert.equal("./usr/local/share/dfota/scripts/site.lua\n./usr/local/share/dfota/scripts/update.lua\n", files())
  end)

  it("says that there is nothing to remove", function()
    local rc, _, err = run "uninstall"
    assert.equal(66, rc)
    assert.is_truthy(err:find("uninstall: nothing was installed in", 1, true), err)
  end)
end)
