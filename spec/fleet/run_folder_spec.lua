local core = require "dfota.core"
local folder = require "support.folder"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

describe("The folder of a fleet's run", function()
  local dir, cleanup, home
  before_each(function()
    dir, cleanup = folder.new()
    home = dir .. "/state/dfota/runs"
  end)
  after_each(function() cleanup() end)

  it("is where the state of programs is, or nowhere", function()
    local function at(env) return run_folder.home(function(name) return env[name] end) end
    assert.equal("/s/dfota/runs", at { XDG_STATE_HOME = "/s", HOME = "/h" })
    assert.equal("/h/.local/state/dfota/runs", at { XDG_STATE_HOME = "s", HOME = "/h" })
    assert.is_nil(at { HOME = "h" })
  end)

  it("gives back its call, and is its owner's alone", function()
    assert(run_folder.create(home, "night", { package = "x", devices = { { port = "/dev/x" } } }))
    local opened, call = assert(run_folder.open(home, "night"))
    assert.same({ version = run_folder.VERSION, package = "x", devices = { { port = "/dev/x" } } }, call)
    assert.equal(home .. "/night", opened.path)
    assert.equal(tonumber("700", 8), uv.fs_stat(opened.path).mode & tonumber("777", 8))
    assert.equal(tonumber("600", 8), uv.fs_stat(opened.path .. "/run.json").mode & tonumber("777", 8))
  end)

  it("has the run's name, whatever a campaign may be called", function()
    local run = assert(run_folder.create(home, "spring/1", {}))
    assert.same({ "spring/1", home .. "/spring%2F1" }, { run.id, run.path })
    assert.equal("spring/1", assert(run_folder.open(home, "spring/1")).id)
    assert.is_nil(run_folder.create(home, "spring/1", {}))
    assert.equal("spring", assert(run_folder.create(home, "spring", {})).id)
  end)

  it("keeps what somebody changed of it, also after one who was killed at that", function()
    local opened = assert(run_folder.create(home, "night", { rate = 1 }))
    folder.write(opened.path .. "/run.json.next", "{")
    local call = assert(opened:call())
    call.rate = 2
    assert.is_true(opened:keep(call))
    assert.same({ rate = 2, version = run_folder.VERSION }, (select(2, assert(run_folder.open(home, "night")))))
    assert.equal(tonumber("600", 8), uv.fs_stat(opened.path .. "/run.json").mode & tonumber("777", 8))
    assert(uv.fs_mkdir(opened.path .. "/run.json.next", tonumber("700", 8)))
    local none, err = opened:keep(call)
    assert.same({ nil, "run night: its call cannot be written: exists already" }, { none, err.message })
  end)

  it("is left alone if another version of this program wrote its call", function()
    assert(run_folder.create(home, "night", {}))
    folder.write(home .. "/night/run.json", '{"version":1}')
    local none, err = run_folder.open(home, "night")
    assert.same({ nil, "run night: was begun by another version of this program" }, { none, err.message })
  end)

  it("of a check is gone with all that is in it once it is closed, and that of a run is not", function()
    local path
    do
      local check <close> = assert(run_folder.temporary())
      path = check.path
      assert.equal(tonumber("700", 8), uv.fs_stat(path).mode & tonumber("777", 8))
      assert(check:claim())
      folder.write(path .. "/001-1.json", "{}")
      local run <close> = assert(run_folder.create(home, "night", {}))
      assert.is_nil(uv.fs_stat(run.path .. "/001-1.json"))
    end
    assert.is_nil(uv.fs_stat(path))
    assert(run_folder.open(home, "night"))
  end)

  it("is never begun twice", function()
    assert(run_folder.create(home, "night", {}))
    local none, err = run_folder.create(home, "night", {})
    assert.same({ nil, "usage", "run night: is there already: go on with --resume night, or name another" },
      { none, err.kind, err.message })
  end)

  it("without a name has one of its own, however many begin in one second", function()
    local names = {}
    for i = 1, 3 do
      names[i] = assert(run_folder.create(home, nil, {})).path
      assert.is_nil(names[names[i]])
      names[names[i]] = true
    end
  end)

  it("that is not there, or damaged, is told in one line", function()
    local none, err = run_folder.open(home, "none")
    assert.same({ nil, "usage" }, { none, err.kind })
    assert.truthy(err.message:find("run none: there is no such run in ", 1, true))
    assert(run_folder.create(home, "night", {}))
    for _, content in ipairs { "", "{", "7", '"x"' } do
      folder.write(home .. "/night/run.json", content)
      none, err = run_folder.open(home, "night")
      assert.same({ nil, "run", "run night: its run.json is damaged: name another run, which asks each module anew" },
        { none, err.kind, err.message })
    end
  end)

  it("that cannot be made is told in one line", function()
    folder.write(dir .. "/file", "")
    for where, id in pairs { [dir .. "/file/runs"] = "night", [home] = ("n"):rep(300) } do
      local none, err = run_folder.create(where, id, {})
      assert.same({ nil, "run" }, { none, err.kind })
      assert.is_nil(err.message:find "\n")
    end
  end)

  it("whose call cannot be read is told in one line", function()
    assert(run_folder.create(home, "night", {}))
    assert(os.remove(home .. "/night/run.json"))
    assert(uv.fs_mkdir(home .. "/night/run.json", tonumber("700", 8)))
    local none, err = run_folder.open(home, "night")
    assert.same({ nil, "run", "run night: is a directory" }, { none, err.kind, err.message })
  end)

  it("that is a check is told where it finds no place", function()
    local before = os.getenv "TMPDIR"
    finally(function()
      if before then uv.os_setenv("TMPDIR", before) else uv.os_unsetenv "TMPDIR" end
    end)
    uv.os_setenv("TMPDIR", dir .. "/none")
    local none, err = run_folder.temporary()
    assert.same({ nil, "run", ("run %s/none: no such file or directory: set TMPDIR to another folder"):format(dir) },
      { none, err and err.kind, err and err.message })
  end)

  it("is not left behind without its call, and has no supervisor that others cannot see", function()
    local write = uv.fs_write
    local function full(fn, ...)
      uv.fs_write = function() return nil, "ENOSPC: no space left on device", "ENOSPC" end -- luacheck: ignore 122
      local ok, err = fn(...)
      uv.fs_write = write -- luacheck: ignore 122
      assert.same({ nil, "run" }, { ok, err.kind })
      assert.truthy(err.message:find ": no space left on device: fix that, or set XDG_STATE_HOME to another folder$")
    end
    full(run_folder.create, home, "night", {})
    local made = assert(run_folder.create(home, "night", {})) -- its name is free
    full(made.claim, made)
    assert(made:claim())
  end)

  it("knows which tries were begun, in their order, and nothing else", function()
    local made = assert(run_folder.create(home, "night", {}))
    for _, name in ipairs {
      "002-10.json", "002-2-watch.json", "002-1.json", "017-1.json", "002-1.pid", "x.json", "1-2-whatever.json", "go",
    } do
      folder.write(made.path .. "/" .. name, "")
    end
    assert.same({
      [2] = {
        { key = "002-1", number = 1, what = "update" }, { key = "002-2-watch", number = 2, what = "watch" },
        { key = "002-10", number = 10, what = "update" },
      },
      [17] = { { key = "017-1", number = 1, what = "update" } },
    }, made:tries())
  end)

  it("names each try so that it is found again", function()
    local made = assert(run_folder.create(home, "night", {}))
    folder.write(made.path .. "/" .. run_folder.key(7, 3, "watch") .. ".json", "")
    folder.write(made.path .. "/" .. run_folder.key(1234, 1, "update") .. ".json", "")
    assert.same({ { key = "007-3-watch", number = 3, what = "watch" } }, made:tries()[7])
    assert.equal("update", made:tries()[1234][1].what)
  end)

  it("has one supervisor at a time, and the next one when that has ended", function()
    local made = assert(run_folder.create(home, "night", {}))
    assert.is_true(made:claim())
    local none, err = (assert(run_folder.open(home, "night"))):claim()
    assert.same({ nil, "usage" }, { none, err.kind })
    assert.equal(("run night: process %d is carrying it out: add --wait to go on once that has ended"):format(
      uv.os_getpid()), err.message)
    uv.fs_close(made.claimed)
    local again = assert(run_folder.open(home, "night"))
    assert.is_true(again:claim())
    uv.fs_close(again.claimed)
    folder.write(made.path .. "/supervisor", "garbage")
    again = assert(run_folder.open(home, "night"))
    assert.is_true(again:claim())
    uv.fs_close(again.claimed)
  end)

  it("has one supervisor also where two come at the same moment: whoever has the lock", function()
    local made = assert(run_folder.create(home, "night", {}))
    local fd = assert(uv.fs_open(made.path .. "/supervisor", "a+", tonumber("600", 8)))
    assert.is_true(core.lock(fd)) -- it has not said yet who it is
    assert(made:tell "stop")
    local none, err = made:claim()
    assert.same({ nil, "run night: another process is carrying it out: add --wait to go on once that has ended" },
      { none, err.message })
    assert.is_true(made:was_told "stop")
    uv.fs_close(fd)
    assert(made:claim())
    assert.equal(("%d\n"):format(uv.os_getpid()), folder.read(made.path .. "/supervisor"))
    uv.fs_close(made.claimed)
  end)

  it("is waited for again by whoever was slower than another that waited", function()
    local made, other = assert(run_folder.create(home, "night", {})), assert(run_folder.open(home, "night"))
    assert(other:claim())
    local waited = 0
    made.wait = function()
      waited = waited + 1
      uv.fs_close(other.claimed)
      if waited == 1 then assert(other:claim()) end
      return true
    end
    assert(made:claim(true))
    assert.equal(2, waited)
    uv.fs_close(made.claimed)
  end)

  it("knows the process that carries it out, and waits for it", function()
    local made = assert(run_folder.create(home, "night", {}))
    assert.is_nil(made:supervisor())
    made:wait()
    local file = assert(uv.fs_open(made.path .. "/supervisor", "wx", tonumber("600", 8)))
    local child, pid = uv.spawn("/bin/cat", { stdio = { uv.new_pipe(false), file } }, function() end)
    folder.write(made.path .. "/supervisor", pid .. "\n")
    assert.equal(pid, made:supervisor())
    uv.fs_close(file)
    assert(core.catch_signals())
    uv.kill(uv.os_getpid(), "sigint")
    assert.equal("interrupted", select(2, made:wait()).kind)
    uv.kill(uv.os_getpid(), "sigint")
    assert.equal("interrupted", select(2, made:claim(true)).kind)
    child:kill "sigterm"
    assert(made:claim(true))
    core.signals_taken()
    core.release_signals()
    assert.equal(uv.os_getpid(), made:supervisor())
    uv.fs_close(made.claimed)
  end)

  it("forgets at the claim what an earlier supervisor was told, and nothing if somebody else is at the run", function()
    local made = assert(run_folder.create(home, "night", {}))
    for _, word in ipairs { "go", "stop", "paused", "passed" } do assert(made:tell(word)) end
    assert(made:claim())
    assert.is_true(made.was_stopped)
    assert.same({ false, false, false, true },
      { made:was_told "go", made:was_told "stop", made:was_told "paused", made:was_told "passed" })
    assert(made:tell "stop")
    assert.is_nil((made:claim()))
    assert.is_true(made:was_told "stop")
    uv.fs_close(made.claimed)
  end)

  it("passes on what somebody tells the run, until it was heard", function()
    local made = assert(run_folder.create(home, "night", {}))
    assert.is_false(made:was_told "go")
    assert((assert(run_folder.open(home, "night"))):tell "go")
    assert.is_true(made:was_told "go")
    assert.is_false(made:was_told "stop")
    made:forget "go"
    assert.is_false(made:was_told "go")
  end)
end)
