-- Bad calls, packages, URLs, APNs, settings, ports and ledgers. For each: the contract's exit code, one line that
-- names the thing, what to do about it, no traceback, and not one byte sent to the module.
--
-- The script runs in this process, on real files and a real pseudo-terminal; one row of each table runs as a process of
-- its own, and so does each that would wait for ever if its promise broke (`alone`), for only a process is ended then.
local Process = require "support.process"
local app = require "dfota.app"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local sink = require "support.sink"
local uv = require "luv"

local LONG = ("x"):rep(300)
local URL = "http://example.com/a.pack"

local dir, remove_dir = folder.new()
local function at(name) return dir .. "/" .. name end
local function file(name, content) return folder.write(at(name), content) end

-- A package with a sidecar that says the given things of it.
local function with_sidecar(name, text)
  file(name .. ".json", text)
  return file(name, "delta")
end

local good = file("good.pack", "delta")

local function config(name, text) return { "--config", file(name, text), good } end

local function big(name, bytes)
  local path = file(name, "")
  local fd = assert(uv.fs_open(path, "r+", 0))
  assert(uv.fs_ftruncate(fd, bytes))
  uv.fs_close(fd)
  return path
end

local function link(name, target)
  assert(uv.fs_symlink(target, at(name)))
  return at(name)
end

-- Whoever opens it waits for a writer, who never comes.
local function pipe(name)
  os.execute("mkfifo " .. at(name))
  return at(name)
end

-- A row: what it is, arguments, exit code, what the message must name (plain text); `alone` for a process of its own.
local calls = {
  { "no package", {}, 2, "package" },
  { "two packages", { good, good }, 2, "too many arguments" },
  { "an unknown option", { "--frobnicate", good }, 2, "--frobnicate" },
  { "an unknown short option", { "-x", good }, 2, "-x" },
  { "an option of another program", { "--recursive", good }, 2, "--recursive" },
  { "a value for a flag", { "--check=yes", good }, 2, "--check" },
  { "an option that lost its value", { good, "--apn" }, 2, "--apn" },
  { "an option whose value is the next option", { good, "--to", "--check" }, 2, "--to" },
  { "a rate in words", { "--baud", "fast", good }, 2, "fast" },
  { "a rate of zero, which means to hang up", { "--baud", "0", good }, 2, "'0'" },
  { "a negative rate", { "--baud=-9600", good }, 2, "-9600" },
  { "a rate that no port has", { "--baud", "99999999", good }, 2, "99999999" },
  { "a broken rate", { "--baud", "9600.5", good }, 2, "9600.5" },
  { "an empty rate", { "--baud", "", good }, 2, "baud rate" },
  { "repetitions that are no number", { "--retries", "often", good }, 2, "often" },
  { "repetitions below zero", { "--retries=-1", good }, 2, "-1" },
  { "half a repetition", { "--retries", "1.5", good }, 2, "1.5" },
  { "a million repetitions", { "--retries", "1000000", good }, 2, "1000000" },
  { "a gate with a blank in its name", { "--force", "the door", good }, 2, "the door" },
  { "an empty gate", { "--force", "", good }, 2, "gate" },
  { "an empty revision", { "--to", "", good }, 2, "revision" },
  { "a revision with a blank before it", { "--to", " A", good }, 2, "' A'" },
  { "a revision with a blank behind it", { "--from", "A ", good }, 2, "'A '" },
  { "a revision with a quote", { "--from", 'A"', good }, 2, 'A"' },
  { "a revision with a line end", { "--from", "A\rB", good }, 2, "A\\rB" },
  { "a revision with an escape sequence", { "--from", "A\27[31m", good }, 2, "revision" },
  { "a revision that is endless", { "--to", LONG, good }, 2, "revision" },
  { "a call with the port twice over", { "--sim", good }, 2, "--sim" },
  { "an empty config file's name", { "--config", "", good }, 78, "config" },
  { "an IMEI that is none", { "--imei", "12", good }, 2, "IMEI" },
  { "an empty run", { "--run", "", good }, 2, "a run" },
  { "a password file that is not there", { "--apn", "a", "--password", "@" .. at "none", good }, 2, "none" },
  { "a password out of a pipe", { "--apn", "a", "--password", "@" .. pipe "pipe", good },
    2, "not a regular file", alone = true },
  { "a password without an APN", { "--password", "p", good }, 2, "--apn" },
  { "an empty trace file's name", { "--trace", "", good }, 2, "trace" },
  { "a trace in a folder that is not there", { "--trace", at "none/t.trace", good }, 2, "none/t.trace" },
  { "a trace that is a folder", { "--trace", dir, good }, 2, dir },
  { "a trace under a file", { "--trace", good .. "/t", good }, 2, "good.pack/t" },
}

local packages = {
  { "no such file", { at "none.pack" }, 66, "none.pack" },
  { "an empty name", { "" }, 66, "''" },
  { "a folder", { dir }, 66, dir },
  { "a folder with a slash behind it", { dir .. "/" }, 66, dir },
  { "a file with a slash behind it", { good .. "/" }, 66, "good.pack/" },
  { "a name with a line end", { at "none\nA.pack" }, 66, "none" },
  { "a name with an escape sequence", { at "none\27[2J.pack" }, 66, "none" },
  { "a name that is no UTF-8", { at "none\xff.pack" }, 66, "none" },
  { "a name that is too long for any file system", { at(LONG) }, 66, "xxx" },
  { "a device", { "/dev/null" }, 66, "/dev/null" },
  { "an endless device", { "/dev/zero" }, 66, "/dev/zero", alone = true },
  { "a link that leads nowhere", { link("dangling.pack", at "gone") }, 66, "dangling.pack" },
  { "a link to itself", { link("loop.pack", at "loop.pack") }, 66, "loop.pack" },
  { "the port itself", { "PORT" }, 66, "/dev/pts/" },
  { "an empty file", { file("empty.pack", "") }, 65, "empty.pack" },
  { "a file of a terabyte", { big("huge.pack", 1 << 40) }, 65, "huge.pack" },
  { "a file one byte too long", { "--set", "max_package_bytes=4", good }, 65, "good.pack" },
  { "a manifest that is not JSON", { with_sidecar("a.pack", "from: A") }, 65, "a.pack.json" },
  { "an empty manifest", { with_sidecar("b.pack", "") }, 65, "b.pack.json" },
  { "a manifest that is a list", { with_sidecar("c.pack", "[1]") }, 65, "c.pack.json" },
  { "a manifest of another size", { with_sidecar("d.pack", '{"size": 6}') }, 65, "d.pack.json" },
  { "a manifest with another hash", { with_sidecar("e.pack", '{"sha256": "' .. ("0"):rep(64) .. '"}') }, 65, "sha256" },
  { "a manifest with half a hash", { with_sidecar("f.pack", '{"sha256": "00"}') }, 65, "sha256" },
  { "a manifest with a wrong key", { with_sidecar("g.pack", '{"form": "A"}') }, 65, "form" },
  { "a manifest with a number for a revision", { with_sidecar("h.pack", '{"from": 1}') }, 65, "from" },
  { "a manifest with a size in words", { with_sidecar("i.pack", '{"size": "five"}') }, 65, "size" },
  { "a manifest with a quote in a revision", { with_sidecar("j.pack", [[{"to": "A\r\nATD"}]]) }, 65, "to" },
  { "a manifest without an end", { with_sidecar("k.pack", '{"from": "A"') }, 65, "k.pack.json" },
  { "a manifest nested without end", { with_sidecar("l.pack", ("["):rep(60000)) }, 65, "l.pack.json" },
  { "two manifests in one", { with_sidecar("m.pack", "{} {}") }, 65, "m.pack.json" },
  { "a manifest that is a folder", { (function()
    assert(uv.fs_mkdir(at "n.pack.json", 448))
    return file("n.pack", "delta")
  end)() }, 65, "n.pack.json" },
}

local urls = {
  { "https", { "https://example.com/a.pack" }, 65, "https://example.com" },
  { "ftp", { "ftp://example.com/a.pack" }, 65, "ftp://" },
  { "file", { "file:///etc/passwd" }, 65, "file://" },
  { "no host", { "http:///a.pack" }, 65, "host" },
  { "nothing behind the scheme", { "http://" }, 65, "host" },
  { "no path", { "http://example.com" }, 65, "path" },
  { "a path of one slash", { "http://example.com/" }, 65, "path" },
  { "a query in the path's place", { "http://example.com?a" }, 65, "path" },
  { "port 0", { "http://example.com:0/a" }, 65, "port" },
  { "port 65536", { "http://example.com:65536/a" }, 65, "port" },
  { "a port of 30 digits", { "http://example.com:" .. ("9"):rep(30) .. "/a" }, 65, "port" },
  { "a port in words", { "http://example.com:web/a" }, 65, "host" },
  { "a colon without a port", { "http://example.com:/a" }, 65, "port" },
  { "a user name", { "http://me:word@example.com/a" }, 65, "user name" },
  { "a quote", { 'http://example.com/a";+CFUN=0;+X="' }, 65, "quote" },
  { "a backslash", { "http://example.com/a\\b" }, 65, "backslash" },
  { "a space", { "http://example.com/a b" }, 65, "spaces" },
  { "a line end and a command", { "http://example.com/a\rAT+CFUN=0" }, 65, "control" },
  { "a line feed", { "http://example.com/a\n" }, 65, "control" },
  { "Ctrl-Z", { "http://example.com/\26" }, 65, "control" },
  { "an umlaut", { "http://example.com/ü" }, 65, "non-ASCII" },
  { "256 bytes", { "http://e/" .. ("a"):rep(247) }, 65, "256" },
  { "a hundred thousand bytes", { "http://e/" .. ("a"):rep(100000) }, 65, "too long" },
  { "a fragment", { "http://example.com/a#b" }, 65, "fragment" },
  { "an IPv6 address", { "http://[::1]/a" }, 65, "host" },
}

local apns = {
  { "an empty APN", { "--apn", "", URL }, 2, "APN" },
  { "an APN with a quote", { "--apn", 'a","', URL }, 2, "APN" },
  { "an APN with a line end", { "--apn", "a\rAT", URL }, 2, "APN" },
  { "an APN that is too long", { "--apn", ("a"):rep(101), URL }, 2, "APN" },
  { "an APN with an umlaut", { "--apn", "nätz", URL }, 2, "APN" },
  { "a user with a quote", { "--apn", "net", "--user", 'u"', URL }, 2, "user" },
  { "a user that is too long", { "--apn", "net", "--user", ("u"):rep(33), URL }, 2, "user" },
  { "a user with a line feed", { "--apn", "net", "--user", "u\n", URL }, 2, "user" },
  { "a password with a quote", { "--apn", "net", "--password", 'p"q', URL }, 2, "password" },
  { "a password that is too long", { "--apn", "net", "--password", ("p"):rep(33), URL }, 2, "password" },
  { "a password with Ctrl-Z", { "--apn", "net", "--password", "p\26", URL }, 2, "password" },
}

local settings = {
  { "an unknown name", { "--set", "updat_silence_s=5", good }, 2, "updat_silence_s" },
  { "no value", { "--set", "boot_s", good }, 2, "boot_s" },
  { "an empty value", { "--set", "boot_s=", good }, 2, "boot_s" },
  { "no name", { "--set", "=5", good }, 2, "=5" },
  { "nothing at all", { "--set", "", good }, 2, "--set" },
  { "a word for a number", { "--set", "boot_s=long", good }, 2, "boot_s" },
  { "a unit behind the number", { "--set", "boot_s=5s", good }, 2, "boot_s" },
  { "a negative time", { "--set", "boot_s=-1", good }, 2, "boot_s" },
  { "infinity", { "--set", "boot_s=1e999", good }, 2, "boot_s" },
  { "not a number", { "--set", "boot_s=nan", good }, 2, "boot_s" },
  { "half a millivolt", { "--set", "min_supply_mv=3500.5", good }, 2, "min_supply_mv" },
  { "a signal of 32", { "--set", "min_csq=32", good }, 2, "min_csq" },
  { "a choice that is none", { "--set", "ack_mode=perhaps", good }, 2, "ack_mode" },
  { "a number for a choice", { "--set", "rtscts=1", good }, 2, "rtscts" },
  { "a good setting and a bad one", { "--set", "boot_s=1", "--set", "min_csq=x", good }, 2, "min_csq" },
  { "a config file that is not there", { "--config", at "none.lua", good }, 78, "none.lua" },
  { "a config file that is a folder", { "--config", dir, good }, 78, dir },
  { "a config file that is a pipe", { "--config", pipe "config.pipe", good }, 78, "not a regular file", alone = true },
  { "a config file with a slip", config("slip.lua", "return {\n  boot_s = \n}"), 78, "slip.lua:3" },
  { "a config file that returns nothing", config("nothing.lua", "boot_s = 5"), 78, "nothing.lua" },
  { "a config file that returns a number", config("number.lua", "return 5"), 78, "number.lua" },
  { "a config file with an unknown name", config("unknown.lua", "return { bot_s = 5 }"), 78, "bot_s" },
  { "a config file with a text for a number", config("text.lua", 'return { boot_s = "5" }'), 78, "the string 5" },
  { "a config file with a list", config("list.lua", "return { 5 }"), 78, "list.lua" },
  { "a config file that raises", config("raise.lua", 'return nil + 1'), 78, "raise.lua:1" },
  { "a config file that wants to run programs", config("run.lua", 'os.execute("true") return {}'), 78, "run.lua:1" },
  { "a config file that never ends", config("endless.lua", "while true do end"), 78, "endless.lua", alone = true },
  { "a config file of bytecode", config("code.lua", string.dump(function() return {} end)), 78, "code.lua" },
  { "a config file that is huge", config("huge.lua", (" "):rep(70000) .. "return {}"), 78, "huge.lua" },
}

local ports = {
  { "no such device", { "--port", "/dev/ttyNONE7", good }, 74, "/dev/ttyNONE7" },
  { "an empty name", { "--port", "", good }, 2, "--port" },
  { "a folder", { "--port", dir, good }, 74, dir },
  { "a file", { "--port", good, good }, 74, "good.pack" },
  { "a device that is no terminal", { "--port", "/dev/null", good }, 74, "/dev/null" },
  { "a link that leads nowhere", { "--port", at "dangling.pack", good }, 74, "dangling.pack" },
  { "a name with a line end", { "--port", "/dev/tty\nS0", good }, 74, "/dev/tty" },
  { "a name that is too long", { "--port", "/dev/" .. LONG, good }, 74, "/dev/xxx" },
  { "a name without its folder", { "--port", "ttyNONE7", good }, 74, "ttyNONE7" },
  { "a simulated module with a switch that is none", { "--sim=nonsense=1", good }, 2, "nonsense" },
}

local ledgers = {
  { "an empty name", { "--ledger", "", good }, 78, "ledger" },
  { "a folder", { "--ledger", dir, good }, 78, dir },
  { "a file that is no database", { "--ledger", file("text.db", ("no database "):rep(200)), good }, 78, "text.db" },
  { "half a database", { "--ledger", file("half.db", "SQLite format 3\0" .. ("\255"):rep(50)), good }, 78, "half.db" },
  { "a place under a file", { "--ledger", good .. "/ledger.db", good }, 78, "good.pack" },
  { "a place where nothing can be made", { "--ledger", "/proc/none/ledger.db", good }, 78, "/proc/none" },
  { "a device", { "--ledger", "/dev/null", good }, 78, "/dev/null" },
  { "a link to itself", { "--ledger", at "loop.pack", good }, 78, "loop.pack" },
  { "a server that does not listen", { "--ledger", "postgres://me:word@127.0.0.1:1/x", good }, 78, "127.0.0.1" },
  { "a server's name that is none", { "--ledger", "postgres://[", good }, 78, "postgres://" },
}

-- What only somebody without permission runs into: a row's `file` is put into a folder that nobody may enter.
local forbidden = {
  { "a package", { "FILE" }, 66, "secret" },
  { "a config file", { "--config", "FILE", "LICENSE" }, 78, "secret" },
  { "a trace file", { "--trace", "FILE", "LICENSE" }, 2, "secret" },
  { "a ledger", { "--ledger", "FILE", "LICENSE" }, 78, "secret" },
  { "the port", { "LICENSE" }, 77, "/dev/pts/" },
}

local kinds = {
  { "a call with", calls }, { "a package that is", packages }, { "a URL with", urls }, { "an APN:", apns },
  { "a setting with", settings }, { "a port that is", ports }, { "a ledger that is", ledgers },
}

local function has(list, word)
  for _, one in ipairs(list) do if one == word then return true end end
  return false
end

describe("update.lua, called wrongly,", function()
  local pty

  setup(function() pty = assert(core.pty()) end)
  teardown(function()
    pty:close()
    remove_dir()
  end)

  -- What the module got: it reads whatever has come, and waits for nothing.
  local function bytes_sent()
    local got, err = pty:read(0)
    assert.is_true(got ~= nil or err.kind == "timeout")
    return got or ""
  end

  -- A row's arguments, in which PORT and FILE stand for names, and what goes before them.
  local function arguments(args, names_port)
    local words = { "--json", "--no-color" }
    if not names_port then table.move({ "--port", pty:name() }, 1, 2, #words + 1, words) end
    if not has(args, "--ledger") then table.move({ "--ledger", "none" }, 1, 2, #words + 1, words) end
    local names = { PORT = pty:name(), FILE = at "locked/secret" }
    for _, word in ipairs(args) do words[#words + 1] = names[word] or word end
    return words
  end

  local function command(args, names_port) return { Process.lua, "scripts/update.lua",
    table.unpack(arguments(args, names_port)) } end

  local function start(words)
    local process = Process.start(words[1], table.move(words, 2, #words, 1, {}))
    return process:wait(), process
  end

  local function run(args, names_port) return start(command(args, names_port)) end

  -- The same in this process, whose signals are not the script's.
  local host = setmetatable({ catch_signals = function() return true end }, { __index = core })

  local function run_here(args, names_port)
    local path = "scripts/update.lua"
    local flow, takes = dofile(path)
    local out, err = sink.new(), sink.new()
    takes.name, takes.path, takes.scripts, takes.flow, takes.host = "update", path, "scripts", flow, host
    takes.args, takes.out, takes.err = arguments(args, names_port), out, err
    local rc = app.main(takes)
    return rc, { out = out:text(), err = err:text() }
  end

  local function result_of(process)
    local lines = {}
    for line in process.out:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal(1, #lines, process.out)
    return assert(json.decode(lines[1]))
  end

  local function refused(row, rc, process)
    local code, thing = row[3], row[4]
    assert.equal(code, rc, process.out .. process.err)
    local result = result_of(process)
    assert.equal(code, result.rc)
    assert.equal("not_started", result.outcome)
    assert.is_nil(result.message:find("[%c]"), result.message)
    assert.is_true(#result.message < 400, result.message)
    assert.truthy(result.message:find(thing, 1, true), result.message)
    assert.truthy(result.advice, "says what to do")
    local _, told = process.err:gsub("\n", "")
    assert.is_true(told <= 2, process.err)
    assert.is_nil(process.err:find("traceback"), process.err)
    assert.is_nil(process.err:find("dfota/[%w_/]+%.lua:%d+"), process.err)
    assert.equal("", bytes_sent())
  end

  local count = 0
  for _, kind in ipairs(kinds) do
    for number, row in ipairs(kind[2]) do
      count = count + 1
      local names_port = kind[2] == ports
      local with = (number == 1 or row.alone) and run or run_here
      it(("ends %s %s with %d"):format(kind[1], row[1], row[3]), function()
        refused(row, with(row[2], names_port))
      end)
    end
  end

  describe("without permission for", function()
    -- Root may do everything, so for root the tool is started as nobody; that needs a tree that all can read.
    local as_nobody, unreadable = {}, false

    local function as_somebody_else(words)
      return start(table.move(words, 1, #words, #as_nobody + 1, { table.unpack(as_nobody) }))
    end

    setup(function()
      assert(uv.fs_mkdir(at "locked", 448))
      file("locked/secret", "delta")
      assert(uv.fs_chmod(at "locked", 0))
      assert(uv.fs_chmod(pty:name(), 0))
      if uv.getuid() == 0 then
        as_nobody = { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups" }
        unreadable = as_somebody_else({ "test", "-r", "scripts/update.lua" }) ~= 0
      end
    end)
    teardown(function() assert(uv.fs_chmod(pty:name(), tonumber("620", 8))) end)

    for _, row in ipairs(forbidden) do
      count = count + 1
      it(("%s ends with %d"):format(row[1], row[3]), function()
        if unreadable then return pending("the tree can be read by root alone") end
        refused(row, as_somebody_else(command(row[2])))
      end)
    end
  end)

  it("is shown at least a hundred wrong calls here", function() assert.is_true(count >= 100, count) end)

  it("keeps a password out of all that it says", function()
    local _, process = run({ "--ledger", "postgres://me:topsecret@127.0.0.1:1/x", good })
    assert.is_nil((process.out .. process.err):find("topsecret"))
    _, process = run({ "--apn", "net", "--password", 'topsecret"', URL })
    assert.is_nil((process.out .. process.err):find("topsecret"))
  end)

  it("sends nothing to a port that another process uses, and names that process", function()
    local port <close> = assert(core.open(pty:name(), { baud = 115200 }))
    local rc, process = run({ good })
    assert.equal(74, rc)
    assert.truthy(result_of(process).message:find(("process %d"):format(uv.os_getpid()), 1, true))
    assert.equal("", bytes_sent())
    assert.truthy(port)
  end)

  local good_call = { "--check", "--baud", "115200", "--set", "sync_timeout_s=0.1", "--set", "listen_s=0.1", good }

  it("is the same without standard handles, and never writes to the port instead",
    function()
      local words = command(good_call)
      local rc = start { "sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", table.unpack(words) }
      assert.equal(69, rc)
      assert.equal("", (bytes_sent():gsub("AT\r", "")))
    end)

  it("would have been heard here: a good call is", function()
    local rc = run(good_call)
    assert.equal(69, rc)
    assert.equal("AT\r", bytes_sent():sub(1, 3))
  end)
end)
