local core = require "dfota.core"
local manifest = require "dfota.config.manifest"

local HASH = ("0123456789abcdef"):rep(4)

describe("A manifest", function()
  local function refused(source, reason)
    local values, err = manifest.parse("a.pack.json", source)
    assert.is_nil(values)
    assert.truthy(core.is_error(err))
    assert.equal("package", err.kind)
    assert.is_truthy(err.message:find("a.pack.json: ", 1, true) == 1 and err.message:find(reason, 1, true), err.message)
  end

  it("may have every key, and is the same after it was written and read", function()
    local values = { model = "MC65", from = "A", to = "B", size = 3, sha256 = HASH, url = "http://h.net/a.pack",
      notes = "Fixes the clock, für alle", signature = "rsa-sha256:00ff" }
    assert.same(values, manifest.parse("x", manifest.encode(values)))
    assert.same({}, manifest.parse("x", "{}"))
  end)

  it("is written with one key a line, in one order", function()
    assert.equal('{\n  "model": "M",\n  "from": "A",\n  "size": 3\n}\n',
      manifest.encode { size = 3, from = "A", model = "M" })
  end)

  it("is read with its hash in lower case", function()
    assert.equal(HASH, manifest.parse("x", ('{"sha256":"%s"}'):format(HASH:upper())).sha256)
  end)

  for source, reason in pairs {
    ['{"notes":"a\\nb"}'] = "notes must be one line", ['{"notes":"\\u202e"}'] = "notes must be one line",
    ['{"notes":5}'] = "notes must be", ['{"notes":"' .. ("x"):rep(501) .. '"}'] = "at most 500",
    ['{"url":"https://h.net/a"}'] = "url must be an http:// URL", ['{"url":"a.pack"}'] = "url must be",
    ['{"url":"http://h.net/a b"}'] = "url must be", ['{"url":null}'] = "url must be",
    ['{"signature":"abc"}'] = "signature must be", ['{"signature":"rsa-sha256:"}'] = "signature must be",
    ['{"signature":"rsa-sha256:' .. ("0"):rep(5000) .. '"}'] = "signature must be",
    ['{"from":"A","to":"A"}'] = "from and to are the same revision",
    ["[]"] = "is not a JSON object", ["null"] = "is not a JSON object", ['["from"]'] = "is not a JSON object",
    ['{"from":"A","from":"B"}'] = "the key from is there twice",
    ['{"from":5,"size":"x","sig":1}'] = "unknown key sig; did you mean size?; from must be printable text; "
      .. "size must be a whole number",
    ['{"sig":1}'] = "unknown key sig", ['{"note":"x"}'] = "did you mean notes",
  } do
    it(("is refused in one line: %s"):format(source:sub(1, 30)), function() refused(source, reason) end)
  end

  describe("that is compared with its package", function()
    local package = { size = 3, sha256 = HASH }

    it("agrees if it says the same, or nothing", function()
      for _, values in ipairs { {}, { size = 3 }, { sha256 = HASH }, { url = "http://h.net/a" } } do
        assert.is_true(manifest.compare("m", values, package))
      end
    end)

    it("is refused if it names another size or hash", function()
      for reason, values in pairs { ["size says 4"] = { size = 4 },
        ["sha256 does not match"] = { sha256 = ("f"):rep(64) } } do
        local _, err = manifest.compare("m", values, package)
        assert.is_truthy(err.message:find(reason, 1, true))
      end
    end)

    it("must name the URL that is downloaded", function()
      local remote = { url = "http://h.net/a" }
      assert.is_true(manifest.compare("m", { url = "http://h.net/a", size = 9 }, remote))
      for reason, values in pairs { ["url says http://h.net/b, not"] = { url = "http://h.net/b" },
        ["names no url"] = { size = 3 } } do
        local _, err = manifest.compare("m", values, remote)
        assert.is_truthy(err.message:find(reason, 1, true), err.message)
      end
    end)
  end)

  describe("that is signed", function()
    it("has as content a title and its keys in one order, without the signature", function()
      assert.equal("dfota manifest 1\nmodel=M\nfrom=A\nto=B\nsize=3\nsha256=" .. HASH .. "\nurl=http://h.net/a\n"
        .. "notes=n = 1\n", manifest.content { notes = "n = 1", url = "http://h.net/a", sha256 = HASH:upper(), size = 3,
        to = "B", from = "A", model = "M", signature = "rsa-sha256:00" })
    end)

    it("has another content if anything in it is another", function()
      local seen = {}
      for _, values in ipairs { {}, { from = "A" }, { to = "A" }, { from = "A", to = "B" }, { model = "A" },
        { notes = "A" }, { size = 1 }, { size = 11 } } do
        local content = manifest.content(values)
        assert.is_nil(seen[content])
        seen[content] = true
      end
    end)
  end)

  it("belongs to the package beside it", function()
    assert.equal("d/a.pack.json", manifest.path_of "d/a.pack")
    assert.equal("d/a.pack", manifest.package_of "d/a.pack.json")
    for _, path in ipairs { "a.pack", ".json", "d/.json" } do assert.is_nil(manifest.package_of(path)) end
  end)
end)
