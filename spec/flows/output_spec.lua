local Process = require "support.process"
local Screen = require "support.screen"
local core = require "dfota.core"
local json = require "dkjson"
local run = require "support.run"
local uv = require "luv"

local B = run.B

-- The contract's keys: those every event has, and each event's own.
local COMMON = { "v", "t", "port", "event" }
local KEYS = {
  identity = { "model", "revision", "imei" },
  gate = { "name", "ok", "value", "limit" },
  phase = { "name" },
  progress = { "phase", "percent" },
  urc = { "text" },
  note = { "level", "text" },
  facts = {},
  result = { "ok", "rc", "outcome", "changed", "before", "after", "code", "message", "advice", "retry", "duration_s",
    "recorded" },
}
local PERHAPS = { progress = { "bytes", "total", "rate_bps", "eta_s" }, urc = { "repeated" } }
local PHASES = { prepare = 1, upload = 1, pdp = 1, trigger = 1, download = 1, update = 1, reboot = 1, verify = 1 }
local OUTCOMES = {
  updated = 1, already_current = 1, checked = 1, not_started = 1, failed_on_source = 1, wrong_revision = 1, unknown = 1,
}
local RETRIES = { none = 1, safe = 1, after_fix = 1, never = 1 }

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, key in ipairs(list) do set[key] = true end
  end
  return set
end

local function has_keys_of_contract(event)
  local must = set_of(COMMON, KEYS[event.event] or error("no event " .. tostring(event.event)))
  local may = set_of(COMMON, KEYS[event.event], PERHAPS[event.event] or {})
  for key in pairs(must) do assert.is_not_nil(event[key], event.event .. " lacks " .. key) end
  if event.event == "facts" then return end -- these have the names of what was asked
  for key in pairs(event) do assert.is_true(may[key], event.event .. " has " .. key) end
end

local function has_values_of_contract(event)
  assert.equal(1, event.v)
  assert.is_number(event.t)
  if event.event == "phase" or event.event == "progress" then
    assert.is_truthy(PHASES[event.name or event.phase], event.name or event.phase)
  end
  if event.event == "progress" then assert.is_true(event.percent >= 0 and event.percent <= 100) end
  if event.event == "gate" then assert.is_true(event.ok == json.null or type(event.ok) == "boolean") end
  if event.event == "note" then assert.is_truthy(({ info = 1, warning = 1, error = 1 })[event.level]) end
end

-- Everything that the contract says of one run's events.
local function is_by_contract(done)
  local last = 0
  for i, event in ipairs(done.events) do
    has_keys_of_contract(event)
    has_values_of_contract(event)
    assert.is_true(event.t >= last)
    last = event.t
    assert.equal(i == #done.events, event.event == "result")
  end
  local result = done.result
  assert.same({ done.rc, done.rc == 0 }, { result.rc, result.ok })
  assert.is_truthy(OUTCOMES[result.outcome] and RETRIES[result.retry])
  assert.is_string(result.message)
  assert.is_number(result.duration_s)
  assert.equal(result.rc == 0, result.advice == json.null)
  assert.is_truthy(result.code == json.null or result.code >= 6500 and result.code <= 6599)
end

describe("--json", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  for name, case in pairs {
    ["an update from a file"] = { {} },
    ["an update from a URL"] = { {}, { "http://example.com/a" } },
    ["a failed update"] = { { fail = "end:6508" } },
    ["a failed download"] = { { fail = "httpend:6503" }, { "http://example.com/a" } },
    ["a wrong revision"] = { { result = "C" } },
    ["a refused gate"] = { { vbat_mv = 3000 } },
    ["a check"] = { {}, { "--check" } },
    ["a target that runs already"] = { {}, { "--to", run.A } },
    ["a module full of noise"] = { { boot_noise = true, chatter = 0.5 } },
  } do
    it("gives the contract's events for " .. name, function()
      local args = table.move(case[2] or {}, 1, #(case[2] or {}), 1, {})
      if not tostring(args[#args]):find "^http" then args[#args + 1] = run.package() end
      module = run.virtual(case[1])
      local done = run.update(module, args)
      is_by_contract(done)
      for _, event in ipairs(done.events) do
        if event.port ~= json.null then assert.equal(module.name, event.port) end
      end
      assert.equal(module.name, done.result.port)
    end)
  end

  it("gives them for watch.lua and info.lua too", function()
    module = run.virtual {}
    is_by_contract(run.info(module, {}))
    local watched = run.watch(module, {})
    is_by_contract(watched)
    assert.same({ 0, "checked" }, { watched.rc, watched.result.outcome })
  end)

  for name, args in pairs {
    ["a wrong option"] = { "--frobnicate" },
    ["a missing package"] = { "/nowhere/A2B.pack" },
    ["a bad URL"] = { "https://h/a" },
    ["a missing port"] = { "--port", "/dev/ttyNONE7", "LICENSE" },
  } do
    it("gives one result for " .. name .. " as well", function()
      local done = run.script("update", table.move(args, 1, #args, 3, { "--json", "--ledger=none" }))
      assert.equal(1, #done.events)
      is_by_contract(done)
    end)
  end

  it("sends text for people to the error stream, and only a little with --quiet", function()
    module = run.module {}
    local path = run.package()
    local done = run.update(module, { path })
    assert.is_truthy(done.err:find("upload", 1, true) and done.err:find("updated", 1, true))
    module:stop()
    module = run.virtual {}
    local quiet = run.update(module, { "--quiet", path })
    is_by_contract(quiet)
    assert.is_nil(quiet.err:find("upload", 1, true))
    assert.is_truthy(quiet.err:find("updated", 1, true))
  end)
end)

describe("For people", function()
  local module

  teardown(run.clean)
  before_each(function() module = run.module {} end)
  after_each(function() module:stop() end)

  local function words(more)
    local args = { "--port", module.name, "--ledger", "none", "--set", "verify_pause_s=0.05" }
    table.move(more, 1, #more, #args + 1, args)
    args[#args + 1] = run.package()
    return args
  end

  local function resize(pty, columns) assert(os.execute(("stty -F %s cols %d"):format(pty:name(), columns))) end

  -- On a terminal: what the other end of the pty reads until the script has ended. `look` is called with each piece of
  -- it, the pty and the process.
  local function on_terminal(more, env, look)
    local pty <close> = assert(core.pty())
    resize(pty, 80)
    local fd = assert(uv.fs_open(pty:name(), "r+", 0))
    local list = { "PATH=" .. os.getenv "PATH", "TERM=xterm" }
    for _, name in ipairs { "LD_PRELOAD", "DFOTA_TEST_BACKEND", "HOME" } do
      if os.getenv(name) then list[#list + 1] = name .. "=" .. os.getenv(name) end
    end
    table.move(env or {}, 1, #(env or {}), #list + 1, list)
    local rc
    local args = words(more)
    table.insert(args, 1, "scripts/update.lua")
    local handle
    handle = uv.spawn(Process.lua, { args = args, stdio = { nil, fd, fd }, env = list }, function(code)
      rc = code
      handle:close()
    end)
    uv.fs_close(fd)
    local text = ""
    local function read(patience_s)
      local piece = pty:read(patience_s) or ""
      text = text .. piece
      if look then look(piece, pty, handle) end
    end
    while not rc do
      uv.run "nowait"
      read(0.02)
    end
    read(0)
    return rc, text
  end

  -- The script stands still while its terminal is resized, so that nothing is drawn for the size before.
  local function narrow(screen, pty, handle, columns)
    handle:kill "sigstop"
    resize(pty, columns)
    for piece in function() return pty:read(0.05) end do screen:write(piece) end
    screen:resize(columns)
    handle:kill "sigcont"
  end

  it("plain lines go to the output, and nothing to the error stream of a good run", function()
    local done = run.script("update", words { "--from", run.A })
    assert.equal(0, done.rc)
    assert.equal("", done.err)
    assert.is_nil(done.out:find("[\27\r]"))
    for _, word in ipairs { "revision MC65FAR01A01", "upload", "update", "verify", "updated" } do
      assert.is_truthy(done.out:find(word, 1, true), done.out)
    end
  end)

  it("with --quiet only the result is shown", function()
    local done = run.script("update", words { "--quiet" })
    assert.equal(0, done.rc)
    assert.is_truthy(done.out:find("^result%s+updated: MC65FAR01A01 %-> MC65FAR01A02"), done.out)
    assert.is_true(select(2, done.out:gsub("\n", "")) <= 2)
  end)

  it("a failure and its advice go to the error stream", function()
    module:stop()
    module = run.module { fail = "end:6508" }
    local done = run.script("update", words { "--quiet" })
    assert.equal(81, done.rc)
    assert.is_truthy(done.err:find("6508", 1, true), done.err)
  end)

  it("a terminal gets a bar and colours, and once it is narrower in mid-run nothing stays behind on it", function()
    local screen, is_narrow = Screen.new(80, { folds = true }), false
    module:stop()
    module = run.module { update_s = 0.4 }
    local rc, text = on_terminal({}, nil, function(piece, pty, handle)
      screen:write(piece)
      if is_narrow or not piece:find("update   [", 1, true) then return end
      is_narrow = true
      narrow(screen, pty, handle, 40)
    end)
    assert.same({ 0, true }, { rc, is_narrow })
    assert.is_truthy(text:find "upload   %[#+%-*%] +%d+ %% .-kB%s")
    assert.is_truthy(text:find "\27%[%d+m")
    local lines = screen:lines()
    local whole = table.concat(lines, "\n")
    assert.is_truthy(whole:find "\nresult   updated: MC65FAR01A01 %->\n         MC65FAR01A02 %(", whole)
    for _, line in ipairs(lines) do
      assert.is_true(utf8.len(line) <= 40, line)
      assert.is_nil(line:find "%[[#-]" or line:find "ago", whole)
    end
  end)

  for name, how in pairs { NO_COLOR = { {}, { "NO_COLOR=1" } }, ["--no-color"] = { { "--no-color" } } } do
    it(name .. " takes the colours away, and not the bar", function()
      local rc, text = on_terminal(how[1], how[2])
      assert.equal(0, rc)
      assert.is_truthy(text:find("\r", 1, true))
      assert.is_nil(text:find "\27%[%d*m")
    end)
  end

  it("the port may be named by the environment", function()
    local args = words {}
    table.remove(args, 1)
    table.remove(args, 1)
    local done = run.script("update", args, { env = { DFOTA_PORT = module.name } })
    assert.equal(0, done.rc, done.err)
  end)
end)

describe("--sim", function()
  teardown(run.clean)

  local function simulated(args)
    local words = { "--json", "--ledger", "none", "--set", "verify_pause_s=0.05" }
    return run.script("update", table.move(args, 1, #args, #words + 1, words))
  end

  it("needs no hardware: the whole job on a module of its own", function()
    local done = simulated { "--sim=" .. run.spec(), "--to", B, run.package() }
    assert.same({ 0, "updated", B }, { done.rc, done.result.outcome, done.result.after })
    assert.is_truthy(done.result.port:find "^/dev/")
  end)

  it("takes its switches apart from the package", function()
    local done = simulated { "--sim", run.spec { vbat_mv = 3000 }, run.package() }
    assert.equal(84, done.rc)
  end)

  -- Does a process with this text in its command line run?
  local function runs(text)
    for name in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir "/proc") do
      local file = name:find "^%d+$" and io.open("/proc/" .. name .. "/cmdline", "rb")
      local line = file and file:read "a" or ""
      if file then file:close() end
      if line:find("sim.lua", 1, true) and line:find(text, 1, true) then return true end
    end
    return false
  end

  local function await_end_of(text)
    local deadline = core.now() + 20
    while runs(text) do assert.is_true(core.now() < deadline, "it still runs") end
  end

  -- A switch that changes nothing and that no other process has.
  local function mark(number) return ("apn_user=%d-%d"):format(uv.os_getpid(), number) end

  it("leaves no simulated module behind when it ends", function()
    local done = simulated { "--check", ("--sim=%s,%s"):format(run.spec(), mark(1)), run.package() }
    assert.equal(0, done.rc)
    await_end_of(mark(1))
  end)

  it("leaves none behind when it is killed", function()
    local process = Process.start(Process.lua, { "scripts/update.lua", "--json", "--ledger", "none",
      ("--sim=%s,%s"):format(run.spec { update_s = 60, update_step = 1 }, mark(2)), run.package() })
    process:await("out", '"phase":"update","percent":')
    assert.is_true(runs(mark(2)))
    process:kill()
    await_end_of(mark(2))
  end)
end)
