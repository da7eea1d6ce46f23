local Options = require "dfota.sim.options"
local Package = require "dfota.sim.package"
local core = require "dfota.core"
local folder = require "support.folder"
local program = require "dfota.program"
local sink = require "support.sink"

describe("scripts/sim.lua", function()
  local home, remove

  before_each(function() home, remove = folder.new() end)
  after_each(function() remove() end)

  local function run(...)
    local out, err = sink.new(), sink.new()
    local flow, takes = dofile "scripts/sim.lua"
    takes.name, takes.args, takes.flow, takes.out, takes.err = "sim", { ... }, flow, out, err
    return program.main(takes), out:text(), err:text()
  end

  describe("with a usage error exits with 2 and one line:", function()
    for name, case in pairs {
      ["an unknown option"] = { { "--frobnicate" }, "--frobnicate" },
      ["an extra argument"] = { { "extra" }, "too many arguments" },
      ["a seed that is not a number"] = { { "--seed", "x" }, "x" },
      ["an invalid server"] = { { "--http", "perhaps" }, "--http" },
      ["an unknown switch"] = { { "--spec", "nonsense=1" }, "nonsense" },
      ["a switch of the wrong kind"] = { { "--spec", "csq=strong" }, "csq" },
      ["a throttle that is not a rate"] = { { "--link", "fast" }, "link" },
      ["a package without a file"] = { { "--make-package", "A", "B" }, "at once: --make-package A B FILE" },
      ["a file that comes later"] = { { "--make-package", "A", "B", "--size", "9", "C" }, "--make-package A B FILE" },
      ["a size without a package"] = { { "--size", "3000" }, "--size has no effect without --make-package" },
      ["a place for +++ without one"] = { { "--plus", "any" }, "--plus has no effect without --make-package" },
      ["switches of a package"] = { { "--make-package", "A", "B", "C", "--spec", "csq=5" }, "--spec has no effect" },
      ["a package in a list"] = { { "--list", "--make-package", "A", "B", "C" }, "no effect with --list" },
      ["a place that it never reaches"] = { { "--spec", "power_cut=update:101" }, "update:101" },
    } do
      it(name, function()
        local rc, out, err = run(table.unpack(case[1]))
        assert.same({ 2, "" }, { rc, out })
        assert.is_truthy(err:find("^sim: [^\n]+\n$"), err)
        assert.is_truthy(err:find(case[2], 1, true), err)
      end)
    end

    it("a package that is too small, or has an invalid place for +++", function()
      for _, more in ipairs { { "--size", "10" }, { "--plus", "often" }, { "--size", "x" } } do
        local path = home .. "/none.pack"
        local rc, _, err = run("--make-package", "A", "B", path, table.unpack(more))
        assert.equal(2, rc)
        assert.is_truthy(err:find "^sim: [^\n]+\n$", err)
        assert.is_nil(io.open(path))
      end
    end)
  end)

  describe("--list", function()
    it("shows every switch in its group, with default, unit, purpose and source", function()
      local rc, out, err = run "--list"
      assert.same({ 0, "" }, { rc, err })
      local group
      for _, switch in ipairs(Options.list) do
        if switch.group ~= group then
          group = switch.group
          assert.is_truthy(("\n" .. out):find("\n" .. group .. "\n", 1, true), group)
        end
        local line = out:match(("\n(  %s=[^\n]*)"):format(switch.name))
        assert.is_truthy(line, switch.name)
        for _, part in ipairs { ("%s=%s"):format(switch.name, tostring(switch.default)), switch.doc } do
          assert.is_truthy(line:find(part, 1, true), line)
        end
        assert.equal(switch.unit ~= "", line:find(" [" .. switch.unit .. "]", 1, true) ~= nil, line)
        assert.equal(switch.source ~= "", line:find("(default: " .. switch.source .. ")", 1, true) ~= nil, line)
      end
    end)
  end)

  describe("--make-package", function()
    it("writes a package from A to B and prints its size; the same seed gives the same bytes", function()
      local one, two, other = home .. "/1", home .. "/2", home .. "/3"
      local rc, out = run("--make-package", "A", "B", one, "--size", "3000", "--seed", "5")
      assert.same({ 0, one .. ": 3000 bytes, from A to B\n" }, { rc, out })
      run("--make-package", "A", "B", two, "--size", "3000", "--seed", "5")
      run("--make-package", "A", "B", other, "--size", "3000", "--seed", "6")
      local bytes = folder.read(one)
      assert.equal(Package.make("A", "B", 3000, 5, { plus = "avoid" }), bytes)
      assert.equal(bytes, folder.read(two))
      assert.not_equal(bytes, folder.read(other))
    end)

    it("with --quiet prints nothing", function()
      assert.same({ 0, "", "" }, { run("--make-package", "A", "B", home .. "/1", "--quiet") })
    end)

    it("contains no +++, or one where requested", function()
      run("--make-package", "A", "B", home .. "/1", "--size", "3000")
      assert.is_nil(folder.read(home .. "/1"):find("+++", 1, true))
      run("--make-package", "A", "B", home .. "/1", "--size", "3000", "--plus", "1022")
      assert.equal(1023, (folder.read(home .. "/1"):find("+++", 1, true)))
    end)

    it("exits with 74 if the file cannot be written completely", function()
      for _, path in ipairs { home .. "/none/1", home, "/dev/full" } do
        local rc, out, err = run("--make-package", "A", "B", path)
        assert.same({ 74, "" }, { rc, out })
        assert.is_truthy(err:find(path, 1, true) and err:find "^sim: [^\n]+\n$", err)
      end
    end)
  end)

  -- The pty and its driver have their own specs.
  describe("serving", function()
    local kept, served, closed, parent

    before_each(function()
      kept = { pty = core.pty, die = core.die_with_parent, driver = package.loaded["dfota.sim.pty_driver"] }
      served, closed, parent = nil, 0, nil
      core.pty = function()
        return { name = function() return "/dev/pts/77" end, close = function() closed = closed + 1 end }
      end
      core.die_with_parent = function(pid) parent = pid or "its own" end
      package.loaded["dfota.sim.pty_driver"] = { run = function(m, pty)
        served = { m = m, pty = pty }
        return true
      end }
    end)
    after_each(function()
      core.pty, core.die_with_parent, package.loaded["dfota.sim.pty_driver"] = kept.pty, kept.die, kept.driver
    end)

    it("prints its port first, then its identity for people, and serves until it is stopped: 0", function()
      local rc, out, err = run()
      assert.same({ 0, "/dev/pts/77\n", 1 }, { rc, out, closed })
      assert.equal("Quectel_Ltd Quectel_MC65, revision MC65FAR01A01; stop it with Ctrl-C\n", err)
      assert.equal("MC65FAR01A01", served.m.revision)
    end)

    it("prints only its port with --quiet", function()
      local rc, out, err = run "--quiet"
      assert.same({ 0, "/dev/pts/77\n", "" }, { rc, out, err })
    end)

    it("is the module set by its switches, which separate options override", function()
      run("--spec", "csq=5,http=simulated,link=300", "--http", "real", "--link", "9600", "--seed", "7")
      local spec = served.m.spec
      assert.same({ 5, "real", "9600" }, { spec.csq, spec.http, spec.link })
      run("--spec", "http=real,link=300")
      assert.same({ "real", "300" }, { served.m.spec.http, served.m.spec.link })
    end)

    it("says in one line each which switches can have no effect, also with --quiet, and serves all the same", function()
      local rc, out, err = run("--quiet", "--spec", "profile=rda,fail=end:6508,apn_user=me")
      assert.same({ 0, "/dev/pts/77\n" }, { rc, out })
      assert.is_truthy(err:find "^sim: apn_user has no effect [^\n]+\nsim: fail=end:6508 gives no END [^\n]+\n$", err)
      assert.is_truthy(select(3, run("--quiet", "--spec", "http_size=5000", "--http", "real")):find "http=real")
    end)

    it("ends with its owner, if given", function()
      run()
      assert.is_nil(parent)
      run("--owned", "4711")
      assert.equal(4711, parent)
      run("--quiet", "--owned")
      assert.equal("its own", parent)
    end)

    it("exits with 74 if there is no pty, or it fails, with the reason", function()
      core.pty = function() return nil, core.error("io", "no pty here") end
      assert.same({ 74, "", "sim: no pty here\n" }, { run "--quiet" })
      assert.is_nil(served)
      core.pty = function() return { name = function() return "p" end, close = function() closed = closed + 1 end } end
      package.loaded["dfota.sim.pty_driver"].run = function() return nil, core.error("io", "it broke") end
      assert.same({ 74, "p\n", "sim: it broke\n" }, { run "--quiet" })
      assert.equal(1, closed)
    end)
  end)
end)
