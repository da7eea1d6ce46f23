-- scripts/package.lua from its arguments to its exit code, in this process.
local folder = require "support.folder"
local json = require "dkjson"
local key_files = require "support.key_files"
local program = require "dfota.program"
local sink = require "support.sink"

local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })
local flow, takes = assert(loadfile("scripts/package.lua", "t", without_arg))()

describe("package.lua", function()
  local dir, cleanup, path, out, err
  before_each(function()
    dir, cleanup = folder.new()
    path = folder.write(dir .. "/A2B.pack", "RDAOTA01abc")
  end)
  after_each(function() cleanup() end)

  -- Exit code, stdout, stderr.
  local function call(...)
    out, err = sink.new(), sink.new()
    local script = { name = "package", flow = flow, args = { ... }, out = out, err = err }
    for key, value in pairs(takes) do script[key] = script[key] or value end
    return program.main(script), out:text(), err:text()
  end

  local function made(...) return call("make", "--from", "A", "--to", "B", ...) end

  it("makes a manifest, signed if a key is given, that check and list find good", function()
    local private, public = key_files.rsa(dir, "ours")
    assert.same({ 0, path .. ".json: A -> B, 11 bytes, signed\n", "" },
      { made("--model", "MC65", "--notes", "n", "--sign", private, path) })
    assert.same({ 0, ("%s.json: ok, A -> B, signed by %s\n"):format(path, public), "" },
      { call("check", "--signed", "--key", public, dir) })
    assert.equal(0, (call("check", "--key", public, path)))
    local rc, told = call("list", "--key", public, dir)
    assert.same({ 0, "from  to  model  size  signed  package\nA     B   MC65   11 B  yes     A2B.pack\n" },
      { rc, told })
    rc, told = call("list", "--json", dir)
    local line = json.decode(told)
    assert.same({ 0, "A", "B", "MC65", 11, path, "n", true },
      { rc, line.from, line.to, line.model, line.size, line.file, line.notes, line.signed })
  end)

  it("finds what a manifest says wrongly, names it, and looks at the others", function()
    folder.write(path .. ".json", '{"from":"A","to":"B"}')
    folder.write(dir .. "/B2C.pack", "RDAOTA01xyz")
    folder.write(dir .. "/B2C.pack.json", ('{"from":"B","to":"C","sha256":"%s"}'):format(("0"):rep(64)))
    folder.write(dir .. "/C2D.pack.json", "{")
    local rc, good, bad = call("check", dir)
    assert.same({ 65, path .. ".json: ok, A -> B, no signature checked\n" }, { rc, good })
    assert.matches("B2C.pack.json: sha256 does not match", bad)
    assert.matches("C2D.pack.json: is not JSON", bad)
    assert.equal(0, (call("list", dir)))
    assert.matches("C2D.pack.json: is not JSON", err:text())
  end)

  it("lists the way that an update would take, and what is for a model", function()
    for name, way in pairs { ["A2B.pack"] = { "A", "B", "M" }, ["B2C.pack"] = { "B", "C", "M" },
      ["A2C.pack"] = { "A", "C", "N" } } do
      folder.write(("%s/%s"):format(dir, name), "RDAOTA01abc")
      folder.write(("%s/%s.json"):format(dir, name), ('{"from":"%s","to":"%s","model":"%s"}'):format(table.unpack(way)))
    end
    local function names(...)
      local rc, told = call("list", "--json", ...)
      local found = {}
      for line in told:gmatch "[^\n]+" do found[#found + 1] = json.decode(line).file:match "[^/]+$" end
      return rc .. " " .. table.concat(found, " ")
    end
    assert.equal("0 A2C.pack", names("--from", "A", "--to", "C", dir))
    assert.equal("package: this is the way of a module N; M has another one: --model shows it\n", err:text())
    assert.equal("0 A2B.pack B2C.pack", names("--from", "A", "--to", "C", "--model", "M", dir))
    assert.equal("0 A2C.pack", names("--model", "N", dir))
    assert.equal("65 ", names("--from", "C", "--to", "A", dir))
    assert.matches("there is no way from C to A", err:text())
    assert.equal("2 ", names("--from", "C", dir))
    folder.write(dir .. "/B2C.pack.json", '{"from":"B","to":"D","model":"N"}')
    assert.equal("65 ", names("--from", "A", "--to", "D", dir))
    assert.matches("there is no way from A to D in %S+ for modules of one model; there are packages for M, N",
      err:text())
  end)

  -- What it is, arguments, exit code, what the one line names.
  for name, case in pairs {
    ["no command"] = { {}, 2, "command" }, ["an unknown command"] = { { "mak" }, 2, "mak" },
    ["make without a revision"] = { { "make", "--from", "A", "PATH" }, 2, "--from and --to" },
    ["make with an impossible revision"] = { { "make", "--from", "A", "--to", "B\27[2J", "PATH" }, 65, "to must be" },
    ["make of a package that is not there"] = { { "make", "--from", "A", "--to", "B", "/none/x" }, 66, "/none/x" },
    ["make of a folder"] = { { "make", "--from", "A", "--to", "B", "/tmp" }, 66, "is a directory" },
    ["make with a key that is none"] =
      { { "make", "--from", "A", "--to", "B", "--sign", "/dev/null", "PATH" }, 78, "key /dev/null: " },
    ["check of nothing"] = { { "check" }, 2, "path" },
    ["check of a package without a manifest"] = { { "check", "PATH" }, 65, "A2B.pack.json: no such file" },
    ["check with a key that is not there"] = { { "check", "--key", "/none", "PATH" }, 78, "key /none: no such file" },
    ["list of nothing"] = { { "list" }, 2, "dir" }, ["list of a file"] = { { "list", "PATH" }, 66, "not a directory" },
    ["list of an empty folder"] = { { "list", "DIR" }, 66, "holds no manifest (*.json)" },
  } do
    it(("answers %s with %d and one line"):format(name, case[2]), function()
      local args = {}
      for i, word in ipairs(case[1]) do args[i] = word == "PATH" and path or word == "DIR" and dir or word end
      local rc, said, line = call(table.unpack(args))
      assert.same({ case[2], "" }, { rc, said })
      assert.is_truthy(line:find(case[3], 1, true), line)
      assert.matches("^package: [^\n]+\n$", line)
      assert.is_nil(line:find "[\27]")
    end)
  end

  it("does not replace a manifest unasked", function()
    folder.write(path .. ".json", "mine")
    local rc, _, line = made(path)
    assert.same({ 2, true }, { rc, line:find("exists already: --replace", 1, true) ~= nil })
    assert.equal("mine", folder.read(path .. ".json"))
    assert.equal(0, (made("--replace", path)))
  end)

  it("warns of a package that looks like none, and of a signature that nobody can check", function()
    folder.write(path, "something")
    local rc, _, line = made(path)
    assert.same({ 0, true }, { rc, line:find("does not begin with RDAOTA01", 1, true) ~= nil })
  end)
end)
