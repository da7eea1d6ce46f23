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

  it("puts units where systemd looks for them, with the command that was installed, and Grafana's dashboard", function()
    for _, path in ipairs { "contrib", "contrib/systemd", "contrib/grafana" } do
      assert(uv.fs_mkdir(home .. "/" .. path, 448))
    end
    folder.write(home .. "/contrib/systemd/dfota-push.timer", "[Timer]\n")
    folder.write(home .. "/contrib/systemd/dfota-push.service", "[Service]\nExecStart=/usr/bin/dfota-ledger -q\n")
    folder.write(home .. "/contrib/grafana/dfota.json", "{}")
    installed()
    assert.is_true(exists "lib/systemd/system/dfota-push.timer")
    assert.equal("[Service]\nExecStart=/usr/local/bin/dfota-ledger -q\n",
      folder.read(at "lib/systemd/system/dfota-push.service"))
    assert.is_true(exists "share/dfota/grafana/dfota.json")
    assert.equal(0, (run({}, { "UNITS=" }))) -- no systemd here: those of an earlier install go
    assert.is_false(exists "lib/systemd/system/dfota-push.timer")
    assert.equal(0, (run({}, { "PREFIX=/opt/field" })))
    assert.is_nil(uv.fs_stat(root .. "/opt/field/lib/systemd"))
  end)

  it("tells a command below another PREFIX where its modules are", function()
    assert.equal(0, (run({}, { "PREFIX=/opt/field kit" })))
    has(folder.read(root .. "/opt/field kit/bin/dfota-update"), 'LUA_PATH_5_4="/opt/field kit/share/lua/5.4/?.lua;')
  end)

  it("replaces what nobody edited, and removes what the new version no longer has", function()
    folder.write(home .. "/scripts/gone.lua", START)
    installed()
    next_version()
    assert(uv.fs_unlink(home .. "/scripts/gone.lua"))
    assert.is_nil(installed():find("edited", 1, true))
    assert.equal("-- 2\n" .. START, folder.read(at(UPDATE)))
    for _, path in ipairs { UPDATE .. ".new", "share/dfota/scripts/gone.lua", "bin/dfota-gone" } do
      assert.is_false(exists(path), path)
    end
  end)

  it("loses no edit: of a script the new one goes beside it, a module is kept under a free name, a link stays a link",
    function()
      local module = "share/lua/5.4/dfota/init.lua"
      local link, gone = "share/dfota/scripts/info.lua", "share/dfota/scripts/gone.lua"
      folder.write(home .. "/scripts/info.lua", "-- 1\n")
      folder.write(home .. "/scripts/gone.lua", "-- 1\n")
      installed()
      for _, path in ipairs { UPDATE, module, gone } do folder.write(at(path), "-- mine\n") end
      folder.write(at(module .. ".old"), "-- older\n")
      assert(uv.fs_unlink(at(link)))
      assert(uv.fs_symlink("/dev/null", at(link)))
      next_version()
      folder.write(home .. "/lua/dfota/init.lua", "return 2\n")
      folder.write(home .. "/scripts/info.lua", "-- 2\n")
      assert(uv.fs_unlink(home .. "/scripts/gone.lua"))

      local said = installed()
      has(said, UPDATE .. " was edited and stays: the new one is /usr/local/" .. UPDATE .. ".new")
      has(said, "init.lua had been edited: the edited one is now /usr/local/" .. module .. ".old2")
      has(said, gone .. " was edited and stays")
      for path, content in pairs {
        [UPDATE] = "-- mine\n", [UPDATE .. ".new"] = "-- 2\n" .. START, [module] = "return 2\n", [gone] = "-- mine\n",
        [module .. ".old"] = "-- older\n", [module .. ".old2"] = "-- mine\n",
      } do assert.equal(content, folder.read(at(path)), path) end
      assert.equal("/dev/null", uv.fs_readlink(at(link)))
    end)

  it("does not bring back a new one that was merged and removed until there is a newer one, and keeps edits of it",
    function()
      installed()
      folder.write(at(UPDATE), "-- merged\n")
      next_version()
      installed()
      assert(uv.fs_unlink(at(UPDATE .. ".new")))
      has(installed(), UPDATE .. " was edited and stays\n")
      assert.is_false(exists(UPDATE .. ".new"))
      folder.write(at(UPDATE .. ".new"), "-- half merged\n")
      folder.write(home .. "/scripts/update.lua", "-- 3\n" .. START)
      installed()
      assert.equal("-- 3\n" .. START, folder.read(at(UPDATE .. ".new")))
      assert.equal("-- half merged\n", folder.read(at(UPDATE .. ".new.old")))
      folder.write(at(UPDATE), "-- 3\n" .. START) -- the edit is given up
      installed()
      assert.is_false(exists(UPDATE .. ".new"))
    end)

  it("takes a script for edited that an installation without checksums left there", function()
    assert(os.execute(("mkdir -p '%s'"):format(at "share/dfota/scripts")))
    folder.write(at(UPDATE), "-- somebody's\n")
    installed()
    assert.equal("-- somebody's\n", folder.read(at(UPDATE)))
    assert.is_true(exists(UPDATE .. ".new"))
  end)

  it("refuses in one line each what is in a file's way or in a folder's, and changes nothing", function()
    assert(os.execute(("mkdir -p '%s' '%s'"):format(at(UPDATE), at "share/lua")))
    folder.write(at "share/lua/5.4", "no folder\n")
    local rc, out, err = run()
    assert.same({ 73, "" }, { rc, out })
    local function line(path, what)
      return ("install: %s is %s, and is in the way: move it away, then run this again\n"):format(at(path), what)
    end
    assert.equal(line(UPDATE, "a directory") .. line("share/lua/5.4", "no directory"), err)
    for _, path in ipairs { "bin", "share/dfota/installed" } do assert.is_false(exists(path), path) end
  end)

  it("goes on with a list that is damaged: it is put aside, and no edit is lost", function()
    installed()
    local list = "share/dfota/installed"
    folder.write(at(list), folder.read(at(list)):gsub("(%x+  [^\n]*update%.lua)", "\0\255 no checksum"))
    folder.write(at(UPDATE), "-- mine\n")
    local rc, out, err = run()
    assert.equal(0, rc)
    has(err, list .. " was damaged (line ")
    has(err, "/" .. list .. ".old: what it no longer names is taken for edited\n")
    has(out, UPDATE .. " was edited and stays: the new one is")
    assert.equal("-- mine\n", folder.read(at(UPDATE)))
    has(folder.read(at(list .. ".old")), "no checksum")
    assert.is_nil(folder.read(at(list)):find "no checksum")
    has(folder.read(at(list)), "/share/dfota/scripts/update.lua\n")
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
      { cwd = home, env = { "PATH=" .. os.getenv "PATH", "DESTDIR=" .. home .. "/staged" } })
    return (process:wait()), process.out, process.err
  end

  local function files()
    local pipe = assert(io.popen(("cd %s/staged && find . -type f | sort"):format(home)))
    local list = pipe:read "a"
    pipe:close()
    return list
  end

  it("removes every file that was installed, but nothing that was edited or put there, and says so", function()
    assert.equal(0, (run()))
    local scripts = home .. "/staged/usr/local/share/dfota/scripts/"
    folder.write(scripts .. "update.lua", "-- mine\n")
    folder.write(scripts .. "site.lua", "-- mine, too\n")
    for _, name in ipairs { "info.lua.old", "info.lua.old2", "update.lua.new" } do
      folder.write(scripts .. name, "kept\n")
    end
    local rc, out = run "uninstall"
    assert.equal(0, rc)
    assert.is_truthy(out:find("scripts/update.lua was edited and stays", 1, true), out)
    local stays = {}
    for _, name in ipairs { "info.lua.old", "info.lua.old2", "site.lua", "update.lua", "update.lua.new" } do
      stays[#stays + 1] = "./usr/local/share/dfota/scripts/" .. name .. "\n"
      local kept = name:find "%.lua%." and name .. " was kept by an earlier install and stays\n"
      assert.is_truthy(not kept or out:find(kept, 1, true), out)
    end
    assert.equal(table.concat(stays), files())
  end)

  it("leaves the new one beside an edited script to whoever made it, also if it is the same as ours", function()
    local scripts = home .. "/staged/usr/local/share/dfota/scripts/"
    local names = { "info.lua", "update.lua" }
    assert.equal(0, (run()))
    for _, name in ipairs(names) do
      folder.write(home .. "/scripts/" .. name, "-- 2\n" .. START)
      folder.write(scripts .. name, "-- mine\n")
    end
    folder.write(scripts .. "info.lua.new", "-- 2\n" .. START) -- by hand
    for _ = 1, 2 do assert.equal(0, (run())) end
    assert.equal("-- 2\n" .. START, folder.read(scripts .. "update.lua.new"))
    assert.equal(0, (run "uninstall"))
    local stays = {}
    for i, name in ipairs { "info.lua", "info.lua.new", "update.lua" } do
      stays[i] = "./usr/local/share/dfota/scripts/" .. name .. "\n"
    end
    assert.equal(table.concat(stays), files())
  end)

  it("removes nothing by a damaged list", function()
    assert.equal(0, (run()))
    local list = home .. "/staged/usr/local/share/dfota/installed"
    local before = files()
    folder.write(list, folder.read(list) .. "hello\n")
    local rc, out, err = run "uninstall"
    assert.same({ 65, "" }, { rc, out })
    assert.is_truthy(err:find "^uninstall: [^\n]+/installed is damaged %(line %d+%): nothing was removed[^\n]+\n$", err)
    assert.equal(before, files())
  end)

  it("says that there is nothing to remove", function()
    local rc, _, err = run "uninstall"
    assert.equal(66, rc)
    assert.is_truthy(err:find("uninstall: nothing was installed in", 1, true), err)
  end)
end)
