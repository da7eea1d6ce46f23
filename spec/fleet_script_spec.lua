-- fleet.lua as a process: what it refuses before anything begins, and one run from end to end.
local Process = require "support.process"
local Simulator = require "support.simulator"
local folder = require "support.folder"
local job = require "dfota.fleet.job"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

local A, B, C = "MC65FAR01A01", "MC65FAR01A02", "MC65FAR01A03"
local SPEC = "boot_s=0.1,reboot_s=0.1,cpin_s=0.02,call_ready_s=0.05,reg_s=0,end_s=0.05,update_s=0.2,update_step=20"

describe("fleet.lua", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  local function environment()
    local env, list = uv.os_environ(), {}
    env.XDG_STATE_HOME, env.TMPDIR = dir .. "/state", dir .. "/tmp"
    for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
    return list
  end

  local function fleet(...)
    local words = { "scripts/fleet.lua", ... }
    if words[2] ~= "--resume" and words[2] ~= "--stop" and words[2] ~= "--go" then
      words = { words[1], "--ledger", dir .. "/ledger.db", table.unpack(words, 2) }
    end
    local process = Process.start(Process.lua, words, { env = environment(), patience_s = 60 })
    return process:wait(), process.out, process.err
  end

  local function make_package(from, to)
    local path = ("%s/packages/%s.pack"):format(dir, to)
    local sim = Process.start(Process.lua, { "scripts/sim.lua", "--size", "3000", "--make-package", from, to, path })
    assert(sim:wait() == 0, sim.err)
    local made = Process.start(Process.lua, { "scripts/package.lua", "make", "--from", from, "--to", to, path })
    assert(made:wait() == 0, made.err)
    return path
  end

  it("refuses a wrong call in one line that says what to do, and begins nothing", function()
    local plan = folder.write(dir .. "/plan.csv", "port,imei\n/dev/none,861234567890127\n")
    folder.write(dir .. "/mine.html", "mine")
    folder.write(dir .. "/bad.db", ("bad"):rep(100))
    folder.write(dir .. "/any.pack", "RDAOTA01abc")
    for _, case in ipairs {
      { 2, "give a PLAN and a PACKAGE, or --resume RUN", plan }, { 66, "/none.pack", plan, "/none.pack" },
      { 2, "is no time zone", "--time-zone", "Europe/Nowhere", plan, "x.pack" },
      { 2, "give --canary N, too", "--pause", plan, "x.pack" },
      { 78, "file is not a database", "--ledger", dir .. "/bad.db", plan, dir .. "/any.pack" },
      { 2, "exists and is no report", "--page", dir .. "/mine.html", plan, "x.pack" },
      { 2, "'0' is not a baud rate", "--baud", "0", plan, "x.pack" },
      { 2, "'' is not a revision", "--from", "", plan, "x.pack" },
      { 2, "'a b' is not the name of a gate", "--force", "a b", plan, "x.pack" },
      { 2, "--user needs --apn: NAME or auto", "--user", "u", plan, "x.pack" },
      { 2, "there is no such run", "--resume", "none" }, { 2, "leave them out", "--resume", "none", "--all" },
      { 2, "leave --check out", "--resume", "none", "--check" },
      { 2, "--resume and --stop are mutually exclusive", "--resume", "none", "--stop", "none" },
      { 2, "there is no such run", "--go", "none" }, { 2, "leave --jobs out", "--stop", "none", "--jobs", "2" },
    } do
      local rc, out, err = fleet(table.unpack(case, 3))
      assert.same({ case[1], "" }, { rc, out }, err)
      assert.truthy(err:find(case[2], 1, true), err)
      assert.equal(1, select(2, err:gsub("\n", "")))
    end
    assert.is_nil(uv.fs_stat(dir .. "/state"))
  end)

  it("leaves nothing of a check, whatever became of it", function()
    assert(uv.fs_mkdir(dir .. "/tmp", tonumber("700", 8)))
    local plan = folder.write(dir .. "/none.csv", ("port\n%s/none\n"):format(dir))
    local rc, out = fleet("--check", "--run", "look", plan, folder.write(dir .. "/some.pack", "x"))
    assert.equal(81, rc)
    assert.truthy(out:find("none: check started\n", 1, true), out)
    assert.is_nil(uv.fs_stat(dir .. "/state"))
    assert.is_nil(uv.fs_scandir_next(uv.fs_scandir(dir .. "/tmp")))
  end)

  it("takes each module its own way through a folder of packages, and ends with a page", function()
    assert(uv.fs_mkdir(dir .. "/packages", tonumber("700", 8)))
    make_package(A, B)
    make_package(B, C)
    local sims, lines = {}, { "port,imei,name" }
    for number, revision in ipairs { A, B } do
      local imei = ("8612345678%05d"):format(number)
      sims[number] = Simulator.start(("%s,imei=%s,revision=%s"):format(SPEC, imei, revision))
      lines[#lines + 1] = ("%s,%s,bus %d"):format(sims[number].name, imei, number)
    end
    local plan = folder.write(dir .. "/bus.csv", table.concat(lines, "\n"))
    local rc, out, err = fleet("--json", "--run", "night", "--canary", "1", "--baud", "115200", "--to", C,
      "--set", "boot_s=1", "--set", "verify_pause_s=0.1", "--page", dir .. "/page.html", plan, dir .. "/packages")
    for _, sim in ipairs(sims) do sim:stop() end
    assert.same({ 0, ("fleet: ledger %s/ledger.db: does not exist yet: no earlier update is known\n"):format(dir)
      .. "fleet: these go first: bus 1 (revision not known)\n" }, { rc, err }, out)
    local hops, last = {}, nil
    for line in out:gmatch "[^\n]+" do
      last = json.decode(line)
      if last.event == "hop" and last.ok then hops[#hops + 1] = ("%d: %s"):format(last.device, last.after) end
    end
    assert.same({ "1: " .. B, "1: " .. C, "2: " .. C }, hops) -- the second waited for the first
    assert.same({ "fleet", 2, dir .. "/page.html" }, { last.event, last.counts.done, last.page })
    local first = last.modules[1]
    assert.same({ "bus 1", "done", "updated", A, C },
      { first.name, first.state, first.outcome, first.before, first.after })
    assert.is_nil(uv.fs_stat(dir .. "/state/dfota/runs/night/compiled"))
    local page = folder.read(dir .. "/page.html")
    for _, words in ipairs { "Fleet run night", "bus 1", "bus 2", "after 2 updates" } do
      assert.truthy(page:find(words, 1, true), words)
    end
  end)

  it("stops jobs whose supervisor died, and waits for them only if it is to", function()
    for number, words in ipairs { {}, { "--wait" } } do
      local id = "left-" .. number
      local night = assert(run_folder.create(dir .. "/state/dfota/runs", id, { devices = { { port = "/dev/x" } } }))
      local heard, over = false, false
      assert(job.start(night.path, "001-1", { "sh", "-c",
        [[trap "echo '{\"event\":\"result\",\"rc\":130}'; exit 130" INT; echo '{}'; while :; do sleep 0.02; done]] }, {
        on_event = function() heard = true end, on_end = function(result) over = result.rc == 130 end,
      }))
      while not heard do uv.run "once" end
      assert.same({ 0, ("run %s has no supervisor any more: 1 job told to stop\n"):format(id), "" },
        { fleet("--stop", id, table.unpack(words)) })
      while not over do uv.run "once" end
      assert.is_true(night:was_told "stop")
    end
    assert.same({ 0, "run left-1 is not being carried out: nobody is there to be told\n", "" },
      { fleet("--stop", "left-1") })
  end)

  it("lets those go first, and names them, that ran different revisions as the ledger knows", function()
    local seen, rows = dir .. "/seen.db", { "port,imei,name" }
    local book <close> = assert(ledger.open(seen))
    for i, revision in ipairs { A, A, B } do
      local imei = ("86123456780001%d"):format(i)
      assert(book:record { seen = { imei = imei, revision = revision }, outcome = "checked", rc = 0 })
      rows[i + 1] = ("%s/gone%d,%s,m%d"):format(dir, i, imei, i)
    end
    local plan = folder.write(dir .. "/seen.csv", table.concat(rows, "\n") .. "\n")
    local rc, out, err = fleet("--run", "seen", "--ledger", seen, "--to", C, "--canary", "2", plan,
      folder.write(dir .. "/seen.pack", "RDAOTA01abc"))
    assert.equal(81, rc, out)
    assert.truthy(err:find(("fleet: these go first: m1 (%s, as the ledger last saw it), m3 (%s, as the ledger "
      .. "last saw it)\n"):format(A, B), 1, true), err)
  end)
end)
