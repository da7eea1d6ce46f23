local url = require "dfota.url"

describe("A URL that the module can fetch", function()
  for text, want in pairs {
    ["http://www.quectel.com:8111/DFOTA/A2B.pack"] = { "www.quectel.com", 8111, "/DFOTA/A2B.pack" },
    ["HTTP://example.com/a"] = { "example.com", 80, "/a" },
    ["Http://10.0.0.1:1/a"] = { "10.0.0.1", 1, "/a" },
    ["http://h:65535/a?b=c&d=%20"] = { "h", 65535, "/a?b=c&d=%20" },
    ["http://a-b.c_d/x,y;z"] = { "a-b.c_d", 80, "/x,y;z" },
  } do
    it("is " .. text, function()
      local found = assert(url.parse(text))
      assert.same({ text, table.unpack(want) }, { found.url, found.host, found.port, found.path })
      assert.is_nil(found.warning)
    end)
  end

  it("has at most 255 bytes, with a warning where the command may be too long for the module's line", function()
    local function of(length) return "http://h/" .. ("x"):rep(length - 9) end
    assert.is_nil(assert(url.parse(of(243))).warning)
    assert.is_truthy(assert(url.parse(of(244))).warning:find("244", 1, true))
    assert.is_truthy(url.parse(of(255)))
    assert.is_nil(url.parse(of(256)))
  end)
end)

describe("A URL that cannot be put into the command, or that the module cannot fetch, is refused:", function()
  for text, word in pairs {
    ["https://h/a"] = "http:// only",
    ["ftp://h/a"] = "http:// only",
    ["h/a"] = "http:// only",
    ["http:/h/a"] = "http:// only",
    ["http:///a"] = "host",
    ["http://"] = "host",
    ["http://h"] = "path",
    ["http://h/"] = "path",
    ["http://h:/a"] = "port",
    ["http://h:0/a"] = "port",
    ["http://h:65536/a"] = "port",
    ["http://h:99999999999999999999/a"] = "port",
    ["http://h:8x/a"] = "host",
    ["http://[::1]/a"] = "host",
    ["http://u:p@h/a"] = "password",
    ["http://h/a#b"] = "fragment",
    ["http://h?a"] = "path",
    ['http://h/a"b'] = "quote",
    ["http://h/a\\b"] = "backslash",
    ["http://h/a b"] = "blanks",
    ["http://h/a\rAT+QPOWD=1"] = "blanks",
    ["http://h/a\n"] = "blanks",
    ["http://h/a\0"] = "blanks",
    ["http://h/\xC3\xA4"] = "non-ASCII",
    ["http://h\xC3\xA4/a"] = "non-ASCII",
  } do
    it(("%q"):format(text), function()
      local found, err = url.parse(text)
      assert.is_nil(found)
      assert.equal("url", err.kind)
      assert.is_truthy(err.message:find(word, 1, true), err.message)
      assert.is_nil(err.message:find "%c")
    end)
  end
end)

describe("What is a URL and what is a path", function()
  it("is told by the scheme", function()
    for _, text in ipairs { "http://h/a", "HTTP://h", "https://h/a", "ftp://x", "x-y.z+1://" } do
      assert.is_true(url.is_url(text), text)
    end
    for _, text in ipairs { "fota.pack", "./http:/a", "/tmp/http://a", "C:\\a", "a:b", "://x", "1http://h" } do
      assert.is_false(url.is_url(text), text)
    end
  end)
end)
