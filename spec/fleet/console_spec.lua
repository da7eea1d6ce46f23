local compiled = require "dfota.fleet.compiled"
local core = require "dfota.core"
local console = require "dfota.fleet.console"
local folder = require "support.folder"
local json = require "dkjson"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

local OK = [[echo '{"event":"result","rc":0,"retry":"none"}']]

describe("A fleet's run in the foreground", function()
  local dir, cleanup, said, warned, opened, unheard, book

  -- The jobs here are scripts of a shell: nothing is compiled for them (see compiled_spec and fleet_script_spec).
  local compile = compiled.new
  setup(function()
    local nothing = { offer = function() end, remove = function() end }
    compiled.new = function() return nothing end
  end)
  teardown(function() compiled.new = compile end)

  before_each(function()
    unheard, book = nil, nil
    dir, cleanup = folder.new()
    said, warned, opened = {}, {}, assert(run_folder.create(dir, "night", {}))
  end)
  after_each(function() cleanup() end)

  local function run(scripts, call, options, go_first)
    local devices = {}
    for number = 1, #scripts do
      devices[number] = { number = number, port = "/dev/" .. number, goes_first = number <= (go_first or 0) }
    end
    local program = {
      show = function(_, bytes)
        if unheard and #said == unheard.after then return nil, unheard.why end
        said[#said + 1] = bytes
        return true
      end,
      typed = function(_, ...) return table.concat({ "dfota-fleet", ... }, " ") end,
      warn = function(_, words) warned[#warned + 1] = words end, ignore_signals = function() end,
    }
    return console.run {
      program = program, folder = opened, id = "night", devices = devices,
      call = setmetatable(call or {}, { __index = { package = "/srv/A2B.pack" } }),
      options = options or { json = true }, open_ledger = function() return book, "the disk is full" end,
      words = function(device) return { "/bin/sh", "-c", scripts[device.number] } end,
    }
  end

  it("ends with the exit code of the run, and says it as the last thing", function()
    assert.equal(0, run { OK, OK })
    local last = json.decode(said[#said])
    assert.same({ "fleet", 0, 2 }, { last.event, last.rc, last.counts.done })
  end)

  it("is stopped by Ctrl-C: what is not triggered is interrupted, and what is triggered followed to its end", function()
    local script = ([[
      trap "echo '{\"event\":\"result\",\"rc\":130,\"retry\":\"safe\"}'; exit 130" INT
      kill -%s %d; while :; do sleep 0.02; done
    ]])
    for _, name in ipairs { "INT", "TERM", "QUIT" } do
      opened = assert(run_folder.create(dir, "night" .. name, {}))
      assert.equal(130, run({ script:format(name, uv.os_getpid()), OK }, { jobs = 1 }))
      assert.equal("user", json.decode(said[#said]).stopped)
    end
  end)

  it("puts on record in the end what a job saw and could not record, and says so", function()
    local script = [[
      echo '{"event":"identity","t":0,"imei":"1","revision":"A"}'
      for name in trigger update; do echo "{\"event\":\"phase\",\"t\":1,\"name\":\"$name\"}"; done
      echo '{"event":"result","t":2,"rc":81,"outcome":"failed_on_source","before":"A","recorded":false}'
    ]]
    local finished
    book = setmetatable({
      open_on = function() return { id = "x", run = "night", imei = "1", port = "/dev/1", from = "A" } end,
      finish = function(_, id, fields)
        finished = { id, fields.rc }
        return true
      end,
    }, { __close = function() end })
    assert.equal(81, run { script })
    assert.same({ { "x", 81 }, { "put on record now, as the ledger failed before: 1" } }, { finished, warned })
    book, warned, opened = nil, {}, assert(run_folder.create(dir, "again", {}))
    assert.equal(81, run { script }) -- its ledger cannot even be opened
    assert.equal(1, #warned)
  end)

  it("leaves its jobs to themselves when its terminal hangs up, with its page and how to go on", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local script = ([[echo '{"event":"phase","name":"trigger"}'; kill -HUP %d; read x <%s; %s]]):format(uv.os_getpid(),
      gate, OK)
    assert.equal(80, run({ script, OK }, { jobs = 1 }))
    local last = json.decode(said[#said])
    assert.same({ "hangup", 1, 1 }, { last.stopped, last.counts.triggered, last.counts.waiting })
    assert.truthy(folder.read(last.page):find("dfota-fleet --resume night</code>", 1, true))
    assert.same({ "the terminal is gone: what is under way goes on by itself; to follow it: dfota-fleet --resume "
      .. "night" }, warned)
    assert.is_false(opened:was_told "stop")
    folder.write(gate, "\n")
    assert.equal(0, run { "exit 1", OK }) -- whoever goes on finds the first one, and begins the second
    assert.equal(2, json.decode(said[#said]).counts.done)
  end)

  it("stops a check when its terminal hangs up: nobody would find its jobs", function()
    local script = ([[
      trap "echo '{\"event\":\"result\",\"rc\":130,\"retry\":\"safe\"}'; exit 130" INT
      kill -HUP %d; while :; do sleep 0.02; done
    ]]):format(uv.os_getpid())
    assert.equal(130, run({ script }, {}, { json = true, check = true }))
    assert.equal("user", json.decode(said[#said]).stopped)
  end)

  it("is stopped by a signal that came while it was opened, and begins nothing; later ones are the loop's", function()
    for _, name in ipairs { "sigint", "sigterm", "sighup", "sigquit" } do
      opened = assert(run_folder.create(dir, "night" .. name, {}))
      assert(core.catch_signals())
      uv.kill(uv.os_getpid(), name)
      assert.equal(130, run { OK })
      assert.same({}, opened:tries())
      core.catch_signals() -- they were handed over: nothing is left that was counted twice
      assert.same({ INT = 0, TERM = 0, HUP = 0, QUIT = 0 }, core.signals_taken())
      core.release_signals()
    end
  end)

  it("writes its numbers where they are collected, and goes on without where it cannot", function()
    assert.equal(0, run({ OK }, { metrics = dir .. "/x.prom" }, { json = true }))
    assert.truthy(folder.read(dir .. "/x.prom"):find('dfota_fleet_exit_code{run="night"} 0\n', 1, true))
    opened = assert(run_folder.create(dir, "again", {}))
    assert.equal(0, run({ OK }, { metrics = dir .. "/none/x.prom" }, { json = true }))
    assert.same({ ("metrics file %s/none/x.prom cannot be written: no such file or directory"):format(dir) }, warned)
  end)

  it("ends with its page, in its folder or where it is told, and says where", function()
    assert.equal(0, run { OK })
    local path = dir .. "/night/page.html"
    assert.equal(path, json.decode(said[#said]).page)
    assert.truthy(folder.read(path):find("Fleet run night", 1, true))
    opened = assert(run_folder.create(dir, "again", {}))
    assert.equal(0, run({ OK }, {}, { page = dir .. "/x.html" }))
    assert.equal(("page: %s/x.html\n"):format(dir), said[#said])
    opened = assert(run_folder.create(dir, "third", {}))
    assert.equal(0, run({ OK }, {}, { json = true, page = dir .. "/none/x.html" }))
    assert.same({ ("page %s/none/x.html cannot be written: no such file or directory"):format(dir) }, warned)
    assert.is_nil(json.decode(said[#said]).page)
  end)

  it("goes on to its end when nobody reads it any more, and says how to stop it and what it ended with", function()
    for why, rc in pairs { [false] = 0, ["no space left on device"] = 1 } do
      unheard, said, warned = { after = 1, why = why or nil }, {}, {}
      opened = assert(run_folder.create(dir, nil, {}))
      assert.equal(rc, run({ OK, OK, OK }, {}, {}))
      assert.equal(1, #said)
      assert.is_not_nil(uv.fs_stat(opened.path .. "/page.html"))
      assert.same({
        (why and "the output was lost: " .. why or "nobody reads the output any more")
          .. ": run night goes on; to stop it: dfota-fleet --stop night",
        why and "the output was lost: no space left on device; the exit code would have been 0" or nil,
      }, warned)
    end
  end)

  it("holds a package back that failed without a record, unless the gate attempts is forced", function()
    local failed = [[echo x >>%s/tried; echo '{"event":"result","rc":81,"retry":"after_fix","recorded":false}']]
    local again = { json = true, again = "failed" }
    assert.equal(81, run { failed:format(dir) })
    assert.equal(81, run({ failed:format(dir) }, {}, again))
    assert.same({ "not tried again: 1, on which the package failed; --force attempts does" }, warned)
    assert.equal("x\n", folder.read(dir .. "/tried"))
    assert.equal(81, run({ failed:format(dir) }, { passed = { "--force", "attempts" } }, again))
    assert.equal("x\nx\n", folder.read(dir .. "/tried"))
  end)

  it("holds a package back of whose failure the exit code alone is left, as on a full disk", function()
    local lost = ([[echo x >>%s/tried; echo '{"event":"phase","name":"trigger"}';
      echo 'the output was lost: no space left on device; the exit code would have been 81' >&2; exit 81]]):format(dir)
    assert.equal(81, run { lost })
    assert.equal(81, run({ lost }, {}, { json = true, again = "failed" }))
    assert.same({ "x\n", 1 }, { folder.read(dir .. "/tried"), #warned })
    assert.equal(81, run({ lost }, { passed = { "--force", "attempts" } }, { json = true, again = "failed" }))
    assert.equal("x\nx\n", folder.read(dir .. "/tried"))
  end)

  it("looks at all modules at once in a check, whenever and in whatever order they may be updated", function()
    local other = (os.date("*t").hour + 12) % 24 * 3600
    local failed = [[echo '{"event":"result","rc":84,"retry":"after_fix"}']]
    assert.equal(81, run({ failed, OK }, {
      pause = true, window = { from = other, to = other + 60 }, max_fail = { count = 0 }, rate = 1,
    }, { json = true, check = true }, 1))
    local counts = json.decode(said[#said]).counts
    assert.same({ 1, 1 }, { counts.failed, counts.done })
  end)

  it("leaves no page of a check, unless one is asked for", function()
    assert.equal(0, run({ OK }, {}, { check = true }))
    assert.is_nil(uv.fs_stat(dir .. "/night/page.html"))
    opened = assert(run_folder.create(dir, "again", {}))
    assert.equal(0, run({ OK }, {}, { check = true, page = dir .. "/x.html" }))
    assert.is_not_nil(uv.fs_stat(dir .. "/x.html"))
  end)

  it("ends with its exit code whatever keeps it from making a page", function()
    assert.equal(0, run({ OK }, { package = 1 }))
    assert.equal(1, #warned)
    assert.truthy(warned[1]:find("^the page cannot be made: "), warned[1])
  end)

  it("waits for no pause that an earlier supervisor has passed", function()
    assert(opened:tell "passed")
    assert.equal(0, run({ OK, OK }, { pause = true }, nil, 1)) -- would wait for ever otherwise
  end)

  it("that goes on behind a failed module that goes first says what helps, and begins nothing", function()
    local failed = [[echo '{"event":"result","rc":81,"retry":"after_fix","recorded":true}']]
    assert.equal(81, run({ failed, "echo x >" .. dir .. "/began" }, {}, nil, 1))
    assert.same({}, warned)
    assert.equal(81, run({ failed, "echo x >" .. dir .. "/began" }, {}, nil, 1))
    assert.same({ "/dev/1 goes first and failed: --again failed --force attempts tries it again, or begin a new run "
      .. "without it" },
      warned)
    assert.is_nil(uv.fs_stat(dir .. "/began"))
  end)

  it("keeps its hours in the time zone that it is told", function()
    local before = os.getenv "TZ"
    uv.os_setenv("TZ", "UTC0")
    os.time { year = 2000, month = 1, day = 1 }
    local hour = os.date("*t").hour
    assert.equal(0, run({ OK }, { time_zone = "XYZ-5" })) -- five hours east
    local then_hour = os.date("*t").hour
    if before then uv.os_setenv("TZ", before) else uv.os_unsetenv "TZ" end
    os.time { year = 2000, month = 1, day = 1 }
    local ahead = (then_hour - hour) % 24
    assert.is_true(ahead == 5 or ahead == 6, "ahead by " .. ahead)
  end)

  it("does as many at a time as its call says", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    -- Each waits for the other: one at a time would never end.
    assert.equal(0, run({ ("echo >%s; "):format(gate) .. OK, ("read x <%s; "):format(gate) .. OK }, { jobs = 2 }))
  end)
end)
