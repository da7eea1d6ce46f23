local Trust = require "dfota.config.trust"
local core = require "dfota.core"
local folder = require "support.folder"
local key_files = require "support.key_files"
local signature = require "dfota.config.signature"
local uv = require "luv"

describe("Whose signatures count", function()
  local dir, cleanup, private, public
  setup(function()
    dir, cleanup = folder.new()
    private, public = key_files.rsa(dir, "ours")
  end)
  teardown(function() cleanup() end)

  local NOBODY = function() return nil end

  local function signed(values)
    values.signature = signature.sign(values, assert(signature.private_key(private)))
    return values
  end

  local function trust(options)
    options.getenv = options.getenv or NOBODY
    return assert(Trust.load(options))
  end

  local function refused(self, values, reason)
    local ok, err = self:check("a.json", values)
    assert.is_nil(ok)
    assert.equal("package", err.kind)
    assert.is_truthy(err.message:find("a.json: ", 1, true) and err.message:find(reason, 1, true), err.message)
  end

  local COMPLETE = { from = "A", sha256 = ("0"):rep(64) }

  local function complete()
    return { from = COMPLETE.from, sha256 = COMPLETE.sha256 }
  end

  describe("without a key", function()
    it("is not asked where there is no signature", function()
      assert.same({ true }, { trust({}):check("a.json", {}) })
      assert.same({ true }, { trust({}):check_absent "a.pack" })
    end)

    it("is told to be unchecked where there is one", function()
      local ok, key, warning = trust({}):check("a.json", signed(complete()))
      assert.same({ true, nil }, { ok, key })
      assert.matches("the signature was not checked: there is no key", warning)
    end)
  end)

  it("cannot be told without the library for it: that is said, and a call without a key needs none", function()
    local held = package.loaded["openssl.pkey"]
    package.loaded["openssl.pkey"] = nil
    package.preload["openssl.pkey"] = function() error "module 'openssl.pkey' not found" end
    local ok, err = Trust.load { files = { public }, getenv = NOBODY }
    local without = trust {}
    package.preload["openssl.pkey"], package.loaded["openssl.pkey"] = nil, held
    assert.is_nil(ok)
    assert.equal("settings", err.kind)
    assert.equal("signatures cannot be checked here: luaossl is not installed", err.message)
    assert.same({ true }, { without:check_absent "a.pack" })
  end)

  describe("with a key", function()
    local function known() return trust { files = { public } } end

    it("is that key's", function()
      assert.same({ true, public }, { known():check("a.json", signed(complete())) })
    end)

    it("refuses a signature that does not fit", function()
      local values = signed(complete())
      values.from = "B"
      refused(known(), values, "fits no known key")
    end)

    it("warns of a manifest without a signature, and of a package without a manifest", function()
      local ok, _, warning = known():check("a.json", {})
      assert.is_true(ok)
      assert.matches("a.json: is not signed", warning)
      local absent, _, about_it = known():check_absent "a.pack"
      assert.same({ true, "a.pack: has no manifest, and so no signature" }, { absent, about_it })
    end)

    it("refuses a signature that binds no content", function()
      refused(known(), signed { from = "A" }, "names no sha256")
      assert.is_true(known():check("a.json", signed { url = "http://h.net/a" }))
    end)
  end)

  describe("if signatures are required", function()
    local function strict(files) return trust { files = files, required = true } end

    it("lets nothing else pass", function()
      assert.is_true(strict({ public }):check("a.json", signed(complete())))
      refused(strict { public }, {}, "is not signed; signatures are required")
      refused(strict {}, {}, "is not signed; signatures are required")
      refused(strict {}, signed(complete()), "cannot be checked without a key")
      local ok, err = strict({ public }):check_absent "a.pack"
      assert.is_nil(ok)
      assert.same({ "package", "a.pack: has no manifest, and so no signature; signatures are required" },
        { err.kind, err.message })
    end)
  end)

  describe("is found in the first folder of keys", function()
    local function environment(values) return function(name) return values[name] end end

    local function home(name, ...)
      local keys = ("%s/%s/keys"):format(dir, name)
      os.execute(("mkdir -p '%s'"):format(keys))
      for _, file in ipairs { ... } do folder.write(keys .. "/" .. file, folder.read(public)) end
      return ("%s/%s"):format(dir, name)
    end

    it("of the user's, every *.pem in it", function()
      local own = home("own", "b.pem", "a.pem", "readme.txt")
      os.execute(("mkdir -p '%s/xdg' && mv '%s' '%s/xdg/dfota'"):format(dir, home("x", "c.pem"), dir))
      os.execute(("mkdir -p '%s/home/.config' && mv '%s' '%s/home/.config/dfota'"):format(dir, home("y", "d.pem"), dir))
      for variables, names in pairs {
        [{ DFOTA_CONFIG = own, XDG_CONFIG_HOME = dir .. "/xdg" }] = "a.pem b.pem",
        [{ XDG_CONFIG_HOME = dir .. "/xdg", HOME = dir .. "/home" }] = "c.pem",
        [{ HOME = dir .. "/home", DFOTA_CONFIG = "" }] = "d.pem",
        [{ XDG_CONFIG_HOME = "relative", HOME = dir .. "/home" }] = "d.pem",
        [{ DFOTA_CONFIG = dir, HOME = dir .. "/home" }] = "d.pem",
      } do
        local found = {}
        for i, key in ipairs(trust({ getenv = environment(variables) }).keys) do found[i] = key.path:match "[^/]+$" end
        assert.equal(names, table.concat(found, " "))
      end
    end)

    it("unless keys are given", function()
      local own = home("given", "a.pem")
      local found = trust { files = { public }, getenv = environment { DFOTA_CONFIG = own } }
      assert.same({ 1, public }, { #found.keys, found.keys[1].path })
    end)

    it("and a key there that cannot be used is never ignored", function()
      local own = home("broken", "a.pem")
      folder.write(own .. "/keys/z.pem", "garbage")
      local found, err = Trust.load { getenv = environment { DFOTA_CONFIG = own } }
      assert.is_nil(found)
      assert.truthy(core.is_error(err))
      assert.same({ "settings", true }, { err.kind, err.message:find("broken/keys/z.pem", 1, true) ~= nil })
    end)

    it("unless it cannot be read, or holds too many", function()
      local own, scandir = home "many", uv.fs_scandir
      finally(function() uv.fs_scandir = scandir end)
      uv.fs_scandir = function() return nil, "EACCES: permission denied: x" end
      local _, unreadable = Trust.load { getenv = environment { DFOTA_CONFIG = own } }
      assert.same({ "settings", ("keys %s/keys: permission denied"):format(own) },
        { unreadable.kind, unreadable.message })
      uv.fs_scandir = scandir
      for i = 1, 101 do assert(uv.fs_symlink(public, ("%s/keys/%d.pem"):format(own, i))) end
      local _, err = Trust.load { getenv = environment { DFOTA_CONFIG = own } }
      assert.matches("101 keys are too many: 100", err.message)
    end)
  end)
end)
