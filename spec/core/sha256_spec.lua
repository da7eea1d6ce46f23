local core = require "dfota.core"
local digest = require "openssl.digest"
local text = require "dfota.base.text"

local function hash(bytes) return text.hex(core.sha256():update(bytes):final()) end

describe("SHA-256", function()
  -- FIPS 180-2, appendix B, and the empty message.
  local VECTORS = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { ("a"):rep(1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
  }

  it("of the standard's examples is the standard's", function()
    for _, vector in ipairs(VECTORS) do assert.equal(vector[2], hash(vector[1])) end
  end)

  it("of every length around a block's end is OpenSSL's, in one piece and byte by byte", function()
    for size = 0, 200 do
      local bytes = {}
      for i = 1, size do bytes[i] = string.char((i * 37 + size) % 256) end
      local whole, pieces = table.concat(bytes), core.sha256()
      local expected = digest.new("sha256"):final(whole)
      for _, byte in ipairs(bytes) do pieces:update(byte) end
      assert.equal(expected, core.sha256():update(whole):final())
      assert.equal(expected, pieces:final())
    end
  end)

  it("does not depend on where bytes are split", function()
    local bytes = ("0123456789"):rep(30)
    local expected = hash(bytes)
    for cut = 0, #bytes do
      assert.equal(expected, text.hex(core.sha256():update(bytes:sub(1, cut)):update(bytes:sub(cut + 1)):final()))
    end
  end)

  it("of two packages at once is each one's own", function()
    local one, two = core.sha256(), core.sha256()
    one:update "a"
    two:update "b"
    one:update "bc"
    assert.same({ hash "abc", hash "b" }, { text.hex(one:final()), text.hex(two:final()) })
  end)

  it("is taken once: whoever adds to it afterwards is told", function()
    local sha = core.sha256()
    sha:final()
    for _, name in ipairs { "update", "final" } do
      assert.has_error(function() sha[name](sha, "x") end, "attempt to use a closed dfota.sha256")
    end
    assert.has_error(function() core.sha256():update() end)
    assert.has_error(function() sha.update(io.stdout, "x") end)
  end)
end)
