-- What a run loads, and when. All runs are whole ones of scripts/update.lua, in this process: each loads its modules
-- anew, from a simulated module's port and on a clock that jumps.
local Package = require "dfota.sim.package"
local VirtualHost = require "support.virtual_host"
local folder = require "support.folder"
local json = require "dkjson"
local sink = require "support.sink"

local A, B = "MC65FAR01A01", "MC65FAR01A02"
local URL = "http://updates.example/A2B.pack"
local LUA_LIBRARIES = { "^dfota%.", "^argparse$", "^dkjson$", "^_?openssl%.", "^socket", "^mime", "^lxp" }

-- dfota.core and luv are C, and stay: a second luv in one process crashes.
local function is_loaded_anew(name)
  for _, pattern in ipairs(LUA_LIBRARIES) do
    if name:find(pattern) then return name ~= "dfota.core" end
  end
  return name == "dfota"
end

local home, remove, host, out, err, before, loads

-- Notes every module that is looked for on disk, in order, and what the run had done by then.
local function note_load(name)
  local sent = host and (host:count "AT+QFOTADL=1" + host:count(('AT+QFOTADL="%s"'):format(URL))) or 0
  local follows = out and (out:text() .. err:text()):find("following it", 1, true)
  loads[#loads + 1] = { name = name, late = sent > 0 or follows ~= nil }
end

local function begin()
  loads, host, out, err = {}, nil, nil, nil
  for name in pairs(package.loaded) do
    if is_loaded_anew(name) then package.loaded[name] = nil end
  end
end

before_each(function()
  home, remove = folder.new()
  before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  table.insert(package.searchers, 1, note_load)
  begin()
end)

after_each(function()
  table.remove(package.searchers, 1)
  for name in pairs(package.loaded) do
    if is_loaded_anew(name) then package.loaded[name] = before[name] end
  end
  remove()
end)

local function update(args, on)
  host, out, err = on or VirtualHost.new { revision = A }, sink.new(), sink.new()
  local flow = dofile "scripts/update.lua"
  local rc = require("dfota.app").main { name = "update", path = "scripts/update.lua", scripts = "scripts", args = args,
    flow = flow, out = out, err = err, host = host }
  return rc, host
end

local function names(list, only)
  local found = {}
  for _, load in ipairs(list) do
    if only(load) then found[#found + 1] = load.name end
  end
  return found
end

-- The module at the other end is in this process, too.
local function is_late(load) return load.late and not load.name:find "^dfota%.sim%." end

local function arguments(...)
  return { "--port", VirtualHost.PORT, "--no-preflight", "--from", A, ... }
end

local function package_file()
  return folder.write(home .. "/A2B.pack", assert(Package.make(A, B, 3000)))
end

local function ledger() return "--ledger=" .. home .. "/ledger.db" end

describe("Behind the trigger nothing is loaded, so that no disk that fails and no upgrade costs a verdict:", function()
  -- A run by its switches, its options and its exit code; the package is the last argument.
  local WAYS = {
    { "an update from a file", {}, { "--json" }, 0 },
    { "one that tells people", {}, {}, 0 },
    { "one with a trace and all that -v shows", {}, { "--json", "-v", "--trace" }, 0 },
    { "an update from a URL", {}, { "--json" }, 0, url = true },
    { "one that failed", { fail = "end:6508" }, { "--json" }, 81 },
    { "one that failed, told to people", { fail = "end:6508" }, {}, 81 },
    { "one whose download failed", { fail = "httpend:6503" }, { "--json" }, 75, url = true },
    { "one that was refused", { fail = "command:6507" }, { "--json" }, 81 },
    { "one that ends with another revision than --to", {}, { "--json", "--to", "MC65FAR01A09" }, 82 },
    { "one whose end is never seen", { stale_s = 10, stale_then = "gone" }, {}, 80 },
    { "one whose port is lost for good", {}, { "--json" }, 80, fault = { rx = '"UPDATING",20%', action = "hangup" } },
    { "one whose port comes back", {}, { "--json" }, 0,
      fault = { rx = '"UPDATING",20%', action = "hangup", back_s = 3 } },
    { "one that is interrupted", {}, {}, 0, signal = "INT" },
    { "one that gets a SIGHUP", {}, { "--json" }, 0, signal = "HUP" },
    { "one whose ledger fails", {}, { "--json" }, 0, breaks_ledger = true },
  }

  for _, way in ipairs(WAYS) do
    local what, spec, options, rc = table.unpack(way)
    it(what, function()
      spec.revision = A
      host = VirtualHost.new(spec)
      local on = host
      on.fault[1] = way.fault
      local function at_update(action) on.fault[1] = { rx = '"UPDATING",20%', action = action } end
      if way.signal then at_update(function() on:signal(way.signal) end) end
      local broken = false
      if way.breaks_ledger then
        at_update(function() broken = os.remove(home .. "/ledger.db-wal") and os.remove(home .. "/ledger.db") end)
      end
      local args = arguments(ledger(), table.unpack(options))
      if args[#args] == "--trace" then args[#args + 1] = home .. "/trace" end
      args[#args + 1] = way.url and URL or package_file()
      assert.equal(rc, (update(args, on)), err:text() .. out:text())
      assert.equal(1, on:count "AT+QFOTADL=1" + on:count(('AT+QFOTADL="%s"'):format(URL)))
      if way.breaks_ledger then
        local lines = out:lines()
        assert.same({ true, false }, { broken, json.decode(lines[#lines]).recorded })
      end
      assert.same({}, names(loads, is_late))
      assert.is_true(#loads > 50, "the run loaded nothing: this spec saw nothing")
    end)
  end

  for _, form in ipairs { "--json", "--no-color" } do
    it("an update that an earlier run triggered, and this one follows, with " .. form, function()
      local on, pack = VirtualHost.new { revision = A, update_s = 300 }, package_file()
      on.fault[1] = { rx = '"UPDATING",20%', action = "hangup", back_s = 30 }
      local first = arguments(ledger(), "--set", "recover_s=1", "--set", "update_silence_s=5", "--json", pack)
      assert.equal(80, (update(first, on)), err:text())
      begin()
      on.clock.t = on.clock.t + 30
      on.m:advance(on.clock.t)
      on.fault[1], on.sent = nil, {}
      assert.equal(0, (update(arguments(ledger(), form, pack), on)), err:text() .. out:text())
      assert.equal(0, on:count "AT+QFOTADL=1")
      assert.is_truthy((out:text() .. err:text()):find("following it", 1, true))
      assert.same({}, names(loads, is_late))
    end)
  end
end)

-- How many modules a process loads is its start, and most of its memory: a fleet has 64 of them. These numbers are
-- what is loaded now, and a few more: a change that exceeds one loads something that most calls do not need, or is
-- worth a new number.
describe("A process loads no more than its call needs:", function()
  local function of_ours(load) return load.name:find "^dfota" ~= nil end

  local function most(count, unwanted)
    local list = names(loads, of_ours)
    assert.is_true(#list <= count, ("%d modules:\n%s"):format(#list, table.concat(list, "\n")))
    assert.is_true(#list > count - 8, ("%d modules: lower the number"):format(#list))
    assert.same({}, names(loads, function(load)
      for _, pattern in ipairs(unwanted) do
        if load.name:find(pattern) then return true end
      end
      return false
    end))
  end

  local NOT_FOR_A_PLAIN_UPDATE = { "openssl", "^socket", "^lxp", "^dfota%.sim", "^dfota%.chain", "^dfota%.central",
    "^dfota%.http", "^dfota%.ports%.[^n]", "^dfota%.at%.trace", "^dfota%.config%.help", "^dfota%.config%.signature",
    "^dfota%.ledger%.book", "^dfota%.ledger%.reading" }

  it("one that asks for help", function()
    assert.equal(0, (update { "--help" }))
    most(24, { "openssl", "^dfota%.update", "^dfota%.modem", "^dfota%.ledger", "^dfota%.sim" })
  end)

  it("one that only checks", function()
    assert.equal(0, (update(arguments("--json", "--ledger", "none", "--check", package_file()))), err:text())
    most(127, NOT_FOR_A_PLAIN_UPDATE)
  end)

  it("an update", function()
    assert.equal(0, (update(arguments("--json", ledger(), package_file()))), err:text())
    most(127, NOT_FOR_A_PLAIN_UPDATE)
  end)

  it("the process that writes its ledger", function()
    require "dfota.ledger.worker"
    most(18, { "openssl", "dkjson", "^dfota%.ledger%.reading" })
  end)
end)

describe("A module that is loaded where it is needed", function()
  -- Of all that is required inside a function: is there a file of that name?
  it("exists: no call finds out that it does not", function()
    local pipe = assert(io.popen "grep -rhoE 'require\\(?[ (]*\"dfota[a-z_.]*\"' lua scripts | sort -u")
    local missing, count = {}, 0
    for line in pipe:lines() do
      local name = line:match '"(.*)"'
      count = count + 1
      local found = name == "dfota.core" or package.searchpath(name, "lua/?.lua;lua/?/init.lua")
      if not found then missing[#missing + 1] = name end
    end
    pipe:close()
    assert.is_true(count > 100)
    assert.same({}, missing)
  end)
end)

