-- contrib/ansible/plugins/modules/dfota_fleet.lua, as Ansible starts it, with a dfota-fleet of our own. What it does
-- with the real one, .ci/ansible shows.
local folder = require "support.folder"
local json = require "dkjson"
local uv = require "luv"

local MODULE = "contrib/ansible/plugins/modules/dfota_fleet.lua"

describe("The Ansible module dfota_fleet", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function call(args)
    local path = folder.write(dir .. "/args", json.encode(args))
    local pipe = assert(io.popen(("XDG_STATE_HOME='%s/state' ANSIBLE_ASYNC_DIR='%s/async' lua5.4 %s '%s' 2>&1"):format(
      dir, dir, MODULE, path)))
    local said = pipe:read "a"
    local ok = pipe:close() == true
    local answer = assert(json.decode(said), said)
    assert.equal(ok, not answer.failed)
    return answer
  end

  -- The last event, with what it says of each module.
  local function ended(rc, modules, more)
    local event = { event = "fleet", rc = rc, counts = {}, modules = modules }
    for name, value in pairs(more or {}) do event[name] = value end
    return event
  end

  local NOT_BEGUN = { outcome = "not_started", state = "waiting" }

  -- A dfota-fleet that says `events`, notes how it was called, and leaves a run behind.
  local function fleet(rc, events)
    for i, event in ipairs(events) do events[i] = json.encode(event) end
    folder.write(dir .. "/events", table.concat(events, "\n") .. "\n")
    folder.write(dir .. "/fleet", ([[
      echo "$* password=$DFOTA_PASSWORD central=$DFOTA_CENTRAL" >>'%s/calls'
      mkdir -p "$XDG_STATE_HOME/dfota/runs/night"
      cat '%s/events'
      exit %d
    ]]):format(dir, dir, rc))
    return { "/bin/sh", dir .. "/fleet" }
  end

  local function updated(device, after)
    return {
      event = "result", device = device, try = 1, rc = 0, outcome = "updated", changed = true, before = "A",
      after = after, message = "the module now runs " .. after,
    }
  end

  local function work(command, more)
    local modules = { { port = "/dev/x", name = "one" } }
    local args = { run = "night", package = "A2B.pack", modules = modules, command = command }
    for name, value in pairs(more or {}) do args[name] = value end
    return args
  end

  it("refuses in one line what it cannot do, and starts nothing", function()
    for message, args in pairs {
      ["run: name the run with letters, digits and ._:/+-, such as 2026-12-a02: the same each time it is repeated"] =
        {},
      ["there is no argument pakage"] = work(nil, { pakage = "x" }),
      ["state: updated or stopped, not gone"] = work(nil, { state = "gone" }),
      ["modules: a list of the gateway's modules, each with a port"] = { run = "night", package = "x" },
      ["package: a file on the gateway, or an http:// URL"] = { run = "night", modules = { { port = "/dev/x" } } },
      ["central: leave the password out of the URL: its place is a pgpass file on the gateway"] =
        work(nil, { central = "postgres://me:secret@host/db" }),
    } do
      args.command = { "/bin/false" }
      assert.same({ failed = true, msg = message }, call(args))
    end
    local answer = call(work { dir .. "/none" })
    assert.is_true(answer.failed)
    assert.truthy(answer.msg:find("is the package dfota installed on this gateway?", 1, true))
  end)

  it("says of each module what became of it, and that something changed: once", function()
    local command = fleet(0, { updated(1, "B"), ended(0, { updated(1, "B") }) })
    local first = call(work(command, { to = "B", jobs = 2, set = { b = true, a = 2.5 }, _ansible_diff = true }))
    assert.is_true(first.changed)
    assert.same({ before = "one: A\n", after = "one: B\n" }, first.diff)
    assert.same({ name = "one", port = "/dev/x", from = "A", to = "B", target = "B", outcome = "updated", rc = 0,
      message = "the module now runs B" }, first.modules[1])
    assert.same({ run = "night", modules = { one = { revision = "B", outcome = "updated" } } },
      first.ansible_facts.dfota_fleet)
    local second = call(work(command, { to = "B", jobs = 2, set = { b = true, a = 2.5 } }))
    assert.is_false(second.changed)
    assert.same(first.modules, second.modules)
    local began, resumed = folder.read(dir .. "/calls"):match "^(.-)\n(.-)\n$"
    assert.truthy(began:find("--to B --jobs 2 --set a=2.5 --set b=on --json --run night ", 1, true), began)
    assert.truthy(resumed:find("--json --wait --resume night ", 1, true), resumed)
  end)

  describe("tells a change again", function()
    local command, first
    before_each(function()
      assert(uv.fs_mkdir(dir .. "/async", tonumber("700", 8)))
      command = fleet(0, { updated(1, "B"), ended(0, { updated(1, "B") }) })
      first = call(work(command))
      assert.same({ true, { "1-1" } }, { first.changed, first.changes })
    end)

    -- As Ansible leaves it until it is fetched.
    local function leave(answer) folder.write(dir .. "/async/j1.2", json.encode(answer)) end

    it("whose answer lies there unfetched, since its playbook was interrupted: once", function()
      leave(first)
      folder.write(dir .. "/async/j3.4", json.encode { started = 1, finished = 0, ansible_job_id = "j3.4" })
      folder.write(dir .. "/async/torn", "{")
      assert.same({ true, false }, { call(work(command)).changed, call(work(command)).changed })
    end)

    it("but not that of another run, nor one that a call has told which waited for it", function()
      first.run = "other"
      leave(first)
      assert.is_false(call(work(command)).changed)
      local memo = dir .. "/state/dfota/ansible/night.json"
      folder.write(dir .. "/memo", folder.read(memo))
      local kept = json.decode(folder.read(memo))
      kept.told = {}
      folder.write(memo, json.encode(kept))
      local said = folder.read(dir .. "/fleet")
      -- The first one notes it meanwhile.
      folder.write(dir .. "/fleet", ("cp '%s/memo' '%s'\n%s"):format(dir, memo, said))
      assert.is_true(call(work(command)).changed)
      folder.write(dir .. "/fleet", said)
      first.run = "night"
      leave(first)
      assert.is_false(call(work(command)).changed)
    end)

    it("that it could tell to nobody, as nobody reads any more", function()
      local later = work(command, { run = "later" })
      local path = folder.write(dir .. "/args", json.encode(later))
      os.execute(("XDG_STATE_HOME='%s/state' lua5.4 %s '%s' >/dev/full 2>&1"):format(dir, MODULE, path))
      assert(uv.fs_mkdir(dir .. "/state/dfota/runs/later", tonumber("700", 8)))
      assert.same({ true, false }, { call(later).changed, call(later).changed })
    end)
  end)

  it("does not take another call for the same run", function()
    local command = fleet(0, { ended(0, { NOT_BEGUN }) })
    call(work(command, { to = "B" }))
    assert.same({ failed = true, msg = "run night was begun with other options (--to B): name another run" },
      call(work(command, { to = "C" })))
    assert.same({ failed = true, msg = "run night was begun with other package (A2B.pack): name another run" },
      call(work(command, { to = "B", package = "other" })))
  end)

  it("takes a campaign's name, in which a / may be", function()
    local answer = call(work(fleet(0, { ended(0, { NOT_BEGUN }) }), { run = "spring/1" }))
    assert.same({ false, "spring/1" }, { answer.failed or false, answer.run })
    assert.truthy(folder.read(dir .. "/calls"):find("--run spring/1", 1, true))
  end)

  it("fails with the run, and names the modules that are not well, begun or not", function()
    local bad = { event = "result", device = 2, try = 1, rc = 81, outcome = "failed_on_source", code = 6508,
      changed = false, before = "A", after = "A", message = "the module failed the update" }
    local command = fleet(81, { bad, ended(81, { NOT_BEGUN, bad }, { stopped = "max_fail" }) })
    local answer = call(work(command, { modules = { { port = "/dev/x", name = "one" }, { port = "/dev/y" } } }))
    assert.same({ true, false, 81, "max_fail", 6508 },
      { answer.failed, answer.changed, answer.rc, answer.stopped, answer.modules[2].code })
    assert.equal("run night: 1 not_started, 1 failed_on_source; one: not begun; the module failed the update",
      answer.msg)
  end)

  it("says of each module what the run says, and not what its last try does", function()
    local refused = { event = "result", device = 1, try = 2, rc = 84, outcome = "not_started", changed = false,
      message = "this package failed on this module before" }
    local said = { device = 1, rc = 81, outcome = "failed_on_source", code = 6508, before = "A", after = "A",
      message = "this package failed on this module before" }
    local module = call(work(fleet(81, { refused, ended(81, { said }) }))).modules[1]
    assert.same({ 81, 6508, "failed_on_source", "A", "A" },
      { module.rc, module.code, module.outcome, module.from, module.to })
  end)

  it("does not guess what a run means that says nothing of its modules", function()
    local answer = call(work(fleet(0, { { event = "fleet", rc = 0, counts = {} } })))
    assert.same({ failed = true,
      msg = "the dfota on this gateway is older than this collection: install the one of the same version" }, answer)
  end)

  it("passes secrets through the environment, and keeps them nowhere", function()
    local command = fleet(0, { ended(0, { NOT_BEGUN }) })
    local answer = call(work(command, {
      apn = "net", user = "me", password = "s3cret", central = "postgres://me@host/db",
    }))
    assert.is_nil(io.open(dir .. "/args"))
    local line = folder.read(dir .. "/calls")
    assert.truthy(line:find("--apn net --user me --json", 1, true))
    assert.truthy(line:find("password=s3cret central=postgres://me@host/db", 1, true))
    assert.is_nil(json.encode(answer):find "s3cret")
    local pipe = assert(io.popen(("grep -rl s3cret '%s/state'"):format(dir)))
    assert.equal("", pipe:read "a")
    pipe:close()
  end)

  it("in check mode asks, says what would change, and leaves nothing behind", function()
    local checked = updated(1, "A")
    checked.outcome, checked.changed = "checked", false
    local command = fleet(0, { checked, ended(0, { checked }) })
    local answer = call(work(command, { to = "B", _ansible_check_mode = true, _ansible_diff = true }))
    assert.is_true(answer.changed)
    assert.same({ before = "one: A\n", after = "one: B\n" }, answer.diff)
    assert.truthy(folder.read(dir .. "/calls"):find("--check --json --run night ", 1, true))
    local pipe = assert(io.popen(("find '%s/state' -type f"):format(dir)))
    assert.equal("", pipe:read "a")
    pipe:close()
  end)

  it("stops a run that is there, and says whether anything was under way", function()
    local stop = { run = "night", state = "stopped", command = fleet(0, { { event = "told", supervisor = 7 } }) }
    assert.same({ changed = false, msg = "run night was not begun on this gateway" }, call(stop))
    call(work(fleet(0, { ended(0, { NOT_BEGUN }) })))
    stop.command = fleet(0, { { event = "told", supervisor = 7 } })
    assert.is_true(call(stop).changed)
    for _, left in ipairs { { told = 2, followed = 0 }, { told = 0, followed = 1 } } do
      left.event = "told"
      stop.command = fleet(0, { left })
      assert.is_true(call(stop).changed)
    end
    stop.command = fleet(0, { { event = "told", told = 0, followed = 0 } })
    assert.is_false(call(stop).changed)
  end)

  it("is described in whole sentences: in braces YAML ends a text at its first comma, unless it is quoted", function()
    local count = 0
    for line in folder.read((MODULE:gsub("lua$", "yml"))):gmatch "[^\n]+" do
      local words = line:match "{.*description: ([^'\"].-), %l+: "
      count = count + (line:find "{description: " and 1 or 0)
      assert.is_nil(words and words:find(", ", 1, true), line)
    end
    assert.is_true(count > 10)
  end)
end)
