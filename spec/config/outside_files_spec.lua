-- Files from outside, mutated with a seed: a reader may refuse them, but must not fail in any other way.
local Catalog = require "dfota.config.catalog"
local Trust = require "dfota.config.trust"
local apn = require "dfota.config.apn"
local core = require "dfota.core"
local database = require "dfota.config.apn_providers"
local folder = require "support.folder"
local key_files = require "support.key_files"
local manifest = require "dfota.config.manifest"
local packages = require "dfota.config.package"
local mutated = require "support.mutated"
local retry = require "dfota.update.retry"
local settings = require "dfota.config.settings"
local signature = require "dfota.config.signature"
local table_file = require "dfota.config.table_file"
local trace = require "dfota.at.trace"
local uv = require "luv"

local CASES = tonumber(os.getenv("DFOTA_FUZZ_CASES")) or 1000

describe("a file from outside, however damaged,", function()
  local dir, cleanup
  setup(function()
    dir, cleanup = folder.new(uv.fs_access("/dev/shm", "W") and "/dev/shm" or nil) -- thousands of files
    math.randomseed(6500)
  end)
  teardown(function() cleanup() end)

  local function assert_calm(kind, result, err)
    if result then return end
    assert.is_true(core.is_error(err))
    assert.equal(kind, err.kind)
    assert.is_nil(err.message:find("%c"))
    assert.truthy(utf8.len(err.message))
  end

  it("is accepted or refused in one line: settings", function()
    local seed = "return {\n  boot_s = 60, ack_mode = 'auto', -- remark\n  min_csq = 8,\n}\n"
    for _ = 1, CASES do
      assert_calm("settings", settings.load { config = folder.write(dir .. "/config.lua", mutated(seed)) })
    end
  end)

  for name, check in pairs { ["retries.lua"] = retry.check, ["apns.lua"] = apn.check_table } do
    it("is accepted or refused in one line: " .. name, function()
      local seed = folder.read("scripts/" .. name)
      for _ = 1, CASES do
        local value, reason = table_file.read(folder.write(dir .. "/table.lua", mutated(seed)))
        if not value then
          assert.is_nil(reason:find "%c")
        else
          local ok, err = pcall(check, value)
          if not ok then assert_calm("settings", nil, err) end
        end
      end
    end)
  end

  describe("is accepted or refused in one line:", function()
    local seed, path
    setup(function()
      local private = key_files.rsa(dir, "ours")
      local values = { from = "A", to = "B", size = 3, sha256 = ("0"):rep(64), model = "M", url = "http://h.net/a",
        notes = "n" }
      values.signature = signature.sign(values, assert(signature.private_key(private)))
      seed, path = manifest.encode(values), folder.write(dir .. "/a2b.pack", "abc")
    end)

    it("the manifest of a package", function()
      for _ = 1, CASES do
        folder.write(path .. ".json", mutated(seed))
        assert_calm("package", packages.read(path))
      end
    end)

    it("a signed manifest, which is accepted only unchanged in what it says", function()
      local key = select(2, key_files.rsa(dir, "ours"))
      local trust, whole = assert(Trust.load { files = { key }, required = true }), manifest.parse("x", seed)
      for _ = 1, CASES do
        local values = manifest.parse("x", mutated(seed))
        local ok, err = nil, nil
        if values then ok, err = trust:check("x", values) end
        if ok then assert.equal(manifest.content(whole), manifest.content(values)) end
        if err and not ok then assert_calm("package", nil, err) end
      end
      assert.is_true(trust:check("x", whole))
    end)

    it("a folder of manifests, of which the good ones are used", function()
      local home, remove = folder.new(dir)
      folder.write(home .. "/b2c.pack", "abc")
      folder.write(home .. "/b2c.pack.json", '{"from":"B","to":"C"}')
      local trust = assert(Trust.load { getenv = function() return nil end })
      for _ = 1, CASES // 4 do
        folder.write(home .. "/a2b.pack.json", mutated(seed))
        local catalog = assert(Catalog.read(home, trust))
        assert.equal(2, #catalog.entries + #catalog.problems)
        assert.equal("C", catalog.entries[#catalog.entries].to)
        for _, problem in ipairs(catalog.problems) do assert_calm("package", nil, problem) end
      end
      remove()
    end)

    it("a key", function()
      local public = folder.read(select(2, key_files.rsa(dir, "ours")))
      for _ = 1, CASES // 4 do
        assert_calm("settings", signature.public_key(folder.write(dir .. "/key.pem", mutated(public))))
      end
    end)
  end)

  it("returns lines or none: a trace", function()
    local seed = "1.500000 rx AT+CSQ\\r\\r\\n\\x00\\xFF\\\\"
    for _ = 1, CASES do
      local seconds, direction, bytes = trace.parse(mutated(seed))
      if seconds then
        assert.equal("number", type(seconds))
        assert.truthy(direction == "rx" or direction == "tx")
        assert.equal(bytes, trace.unescape(trace.escape(bytes)))
      end
    end
  end)

  it("returns an access point or none: the provider database", function()
    local seed = '<a><provider primary="true"><name>N</name><gsm><network-id mcc="1" mnc="2"/><apn value="v">'
      .. '<usage type="internet"/><username>u</username></apn></gsm></provider></a>'
    local path = dir .. "/providers.xml"
    for _ = 1, CASES do
      local entry = database.all({ "12" }, folder.write(path, mutated(seed)))[1]
      assert.truthy(entry == nil or entry.apn == nil or type(entry.apn) == "string")
    end
  end)
end)
