local core = require "dfota.core"
local folder = require "support.folder"
local packages = require "dfota.config.package"
local uv = require "luv"

-- SHA-256 of "abc" (FIPS 180-2, B.1).
local ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

describe("a manifest", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/a2b.pack"
  end)
  after_each(function() cleanup() end)

  local function refused(kind, reason, where, options)
    local package, err = packages.read(where or path, options)
    assert.is_nil(package)
    assert.truthy(core.is_error(err))
    assert.equal(kind, err.kind)
    assert.matches(reason, err.message)
    assert.is_nil(err.message:find("%c"))
  end

  it("has size, SHA-256, the module's 16-bit checksum and every +++", function()
    folder.write(path, "abc")
    local package = assert(packages.read(path))
    assert.same({ path, 3, ABC, 0x6162 ~ 0x6300 }, { package.path, package.size, package.sha256, package.sum16 })
    assert.equal(0, #package.plus)
    folder.write(path, "ab+++c+++")
    assert.same({ 2, 6 }, { table.unpack(assert(packages.read(path)).plus) })
  end)

  it("computes the checksum of a package of many blocks, odd and even, as one", function()
    for _, size in ipairs { 65535, 65536, 65537, 200001 } do
      local content = ("\1\2\3\4\5\6\7"):rep(size // 7 + 1):sub(1, size)
      folder.write(path, content)
      local package = assert(packages.read(path))
      assert.equal(size, package.size)
      assert.equal((core.sum16(content)), package.sum16)
    end
  end)

  -- In a plain interpreter: sanitizers keep freed memory.
  it("reads a package of 64 MB with a few MB of memory", function()
    local file <close> = assert(io.open(path, "wb"))
    file:seek("set", (1 << 26) - 1)
    file:write("x")
    file:flush()
    local output <close> = assert(io.popen("exec lua5.4 spec/support/manifest_memory.lua " .. path))
    local size, peak_kb = output:read("n", "n")
    assert.equal(1 << 26, size)
    assert.is_true(peak_kb < 24000, ("%d kB"):format(peak_kb))
  end)

  it("says if there is no package to read", function()
    refused("package_missing", "no such file", dir .. "/none.pack")
    refused("package_missing", "is a directory", dir)
    refused("package_missing", "not a regular file", "/dev/zero")
    os.execute("mkfifo '" .. path .. ".fifo'")
    refused("package_missing", "not a regular file", path .. ".fifo")
    refused("package_missing", "cannot contain a NUL byte", folder.write(path, "x") .. "\0x")
    refused("package_missing", "not a directory", folder.write(path, "x") .. "/x")
    refused("package_missing", "no such file", "")
    refused("package_missing", "none\\n%.pack", dir .. "/none\n.pack")
  end)

  it("refuses a package that is empty or larger than allowed", function()
    folder.write(path, "")
    refused("package", "is empty")
    folder.write(path, "12345")
    refused("package", "exceeds max_package_bytes", path, { max_bytes = 4 })
    assert.truthy(packages.read(path, { max_bytes = 5 }))
  end)

  it("refuses what is certainly not a package, by name", function()
    for content, reason in pairs {
      ["<!DOCTYPE html><title>404</title>"] = "is a web page", ["PK\3\4abc"] = "is a zip archive",
      ["\x1F\x8B\8abc"] = "is a gzip file",
    } do
      folder.write(path, content)
      refused("package", reason)
    end
  end)

  it("only warns of what does not begin as known packages do", function()
    folder.write(path, "abc")
    assert.matches("does not begin with RDAOTA01", assert(packages.read(path)).warnings[1])
    folder.write(path, "RDAOTA01a+++bc")
    assert.matches("contains %+%+%+ %(byte 9%)", assert(packages.read(path)).warnings[1])
    folder.write(path, "RDAOTA01abc")
    assert.is_nil(assert(packages.read(path)).warnings)
  end)

  describe("beside the package", function()
    local function sidecar(content)
      folder.write(path, "abc")
      folder.write(path .. ".json", content)
    end

    it("gives from, to and model, and is checked against size and hash", function()
      sidecar('{"from":"A","to":"B","model":"Quectel_MC65","size":3,"sha256":"' .. ABC:upper() .. '"}\n')
      local package = assert(packages.read(path))
      assert.same({ "A", "B", "Quectel_MC65" }, { package.from, package.to, package.model })
    end)

    it("may have names of 64 characters", function()
      sidecar('{"to":"' .. ("x"):rep(64) .. '"}')
      assert.equal(64, #assert(packages.read(path)).to)
    end)

    it("may omit any key", function()
      sidecar "{}"
      assert.is_nil(assert(packages.read(path)).from)
    end)

    it("is refused without blocking if it is a pipe, a device or a directory", function()
      folder.write(path, "abc")
      local sidecar_path = path .. ".json"
      os.execute("mkfifo '" .. sidecar_path .. "'")
      refused("package", "not a regular file")
      os.remove(sidecar_path)
      assert(uv.fs_symlink("/dev/zero", sidecar_path))
      refused("package", "not a regular file")
      os.remove(sidecar_path)
      assert(uv.fs_mkdir(sidecar_path, 448))
      refused("package", "is a directory")
    end)

    local bad = {
      { '{"size":0}', "size must be" },
      { '{"size":4}', "size says 4, the package has 3" },
      { '{"sha256":"' .. ("0"):rep(64) .. '"}', "sha256 does not match" },
      { '{"form":"A"}', "unknown key form; did you mean from" }, { '{"SIZE":3}', "did you mean size" },
      { '{"size":"3"}', "size must be" }, { '{"size":3.5}', "size must be" }, { '{"size":-3}', "size must be" },
      { '{"size":null}', "size must be" }, { '{"size":true}', "size must be" }, { '{"size":[3]}', "size must be" },
      { '{"from":5}', "from must be" }, { '{"from":""}', "from must be" }, { '{"from":"A\\nB"}', "from must be" },
      { '{"to":"\\u00e9"}', "to must be" }, { '{"model":null}', "model must be" },
      { '{"to":"' .. ("x"):rep(65) .. '"}', "to must be" }, { '{"sha256":"abc"}', "sha256 must be" },
      { '{"sha256":5}', "sha256 must be" }, { '{"sha256":"' .. ("g"):rep(64) .. '"}', "sha256 must be" },
      { "", "not JSON" }, { "{", "not JSON" }, { "\0", "not JSON" }, { "[", "not JSON" },
      { "null", "not a JSON object" }, { "[5]", "not a JSON object" }, { "{} {}", "more than one" },
      { "5", "not a JSON object" }, { '"x"', "not a JSON object" },
      { '{"\27[2J":1}', "unknown key \\x1B" }, { "{}" .. (" "):rep(70000), "is longer than" },
      { ("["):rep(60000), "not JSON" },
    }
    for _, case in ipairs(bad) do
      it(("refuses %q and names the key"):format(case[1]:sub(1, 30)), function()
        sidecar(case[1])
        refused("package", case[2])
        refused("package", "a2b.pack.json: ")
      end)
    end
  end)
end)
