local core = require "dfota.core"
local folder = require "support.folder"
local key_files = require "support.key_files"
local signature = require "dfota.config.signature"

describe("The signature of a manifest", function()
  local dir, cleanup, private, public, other
  setup(function()
    dir, cleanup = folder.new()
    private, public = key_files.rsa(dir, "ours")
    other = select(2, key_files.rsa(dir, "theirs"))
  end)
  teardown(function() cleanup() end)

  local function signed(values)
    values.signature = signature.sign(values, assert(signature.private_key(private)))
    return values
  end

  local function keys(...)
    local list = {}
    for i, path in ipairs { ... } do list[i] = assert(signature.public_key(path)) end
    return list
  end

  it("is recognised by its key, among others", function()
    assert.equal(public, assert(signature.signer(signed { from = "A", to = "B" }, keys(other, public))).path)
  end)

  it("fits no other key, and none at all", function()
    for _, list in ipairs { keys(other), {} } do
      local key, why = signature.signer(signed { from = "A" }, list)
      assert.is_nil(key)
      assert.matches("fits no known key", why)
    end
  end)

  it("fits nothing that was changed by a single value", function()
    for key, value in pairs { from = "X", to = "X", model = "X", size = 4, sha256 = ("1"):rep(64), notes = "X",
      url = "http://x.net/x" } do
      local values = signed { from = "A", to = "B", model = "M", size = 3, sha256 = ("0"):rep(64), notes = "n",
        url = "http://h.net/a" }
      values[key] = value
      assert.is_nil(signature.signer(values, keys(public)), key)
      values[key] = nil
      assert.is_nil(signature.signer(values, keys(public)), key)
    end
  end)

  it("fits no damaged signature, however it is damaged", function()
    local values = signed { from = "A" }
    local good = values.signature
    local bent = good:gsub("%x%x$", "00")
    for _, bad in ipairs { good:sub(1, -3), good .. "00", bent, "rsa-sha256:00", good:sub(1, -2) } do
      values.signature = bad
      if bad ~= good then assert.is_nil(signature.signer(values, keys(public)), bad) end
    end
  end)

  it("of an unknown kind is named", function()
    local _, why = signature.signer({ signature = "ed25519:00" }, keys(public))
    assert.matches("unknown kind, ed25519: rsa%-sha256 is known", why)
  end)

  describe("has a key that", function()
    local function refused(read, path, reason)
      local key, err = read(path)
      assert.is_nil(key)
      assert.truthy(core.is_error(err))
      assert.equal("settings", err.kind)
      assert.is_truthy(err.message:find(reason, 1, true), err.message)
      assert.is_nil(err.message:find "%c")
    end

    it("is refused in one line if it cannot be used", function()
      local ed_private, ed = key_files.other(dir, "ED25519")
      local _, ec = key_files.other(dir, "EC")
      local _, short = key_files.rsa(dir, "short", 1024)
      for reason, path in pairs {
        ["no such file"] = dir .. "/none.pem", ["is a directory"] = dir, ["not a regular file"] = "/dev/zero",
        ["an Ed25519 key; an RSA key is needed"] = ed, ["an elliptic-curve key"] = ec, ["1024 bits; 2048"] = short,
        ["is a private key"] = private, ["not a key in PEM format"] = folder.write(dir .. "/garbage", "\0\1\2"),
        ["key ''"] = "",
      } do
        refused(signature.public_key, path, reason)
      end
      refused(signature.public_key, folder.write(dir .. "/cut.pem", folder.read(public):sub(1, 200)), "not a key")
      refused(signature.private_key, ed_private, "an Ed25519 key")
      refused(signature.private_key, public, "is not a private key")
    end)

    it("is refused if it is encrypted: nobody is asked for a passphrase", function()
      local pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
      refused(signature.private_key, folder.write(dir .. "/secret.pem", pem), "is encrypted")
    end)
  end)
end)
