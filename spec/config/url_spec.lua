local url = require "dfota.config.url"

describe("A URL that the module can download", function()
  for text, want in pairs {
    ["http://www.quectel.com:8111/DFOTA/A2B.pack"] = { "www.quectel.com", 8111, "/DFOTA/A2B.pack" },
    ["HTTP://example.com/a"] = { "example.com", 80, "/a" },
    ["Http://93.184.216.34:1/a"] = { "93.184.216.34", 1, "/a" },
    ["http://h.net:65535/a?b=c&d=%20"] = { "h.net", 65535, "/a?b=c&d=%20" },
    ["http://a-b.c_d/x,y;z"] = { "a-b.c_d", 80, "/x,y;z" },
  } do
    it("is " .. text, function()
      local found = assert(url.parse(text))
      assert.same({ text, table.unpack(want) }, { found.url, found.host, found.port, found.path })
      assert.same({}, found.warnings)
    end)
  end

  it("has at most 255 bytes, with a warning if the command may be too long for the module", function()
    local function of(length) return "http://h.de/" .. ("x"):rep(length - 12) end
    assert.same({}, assert(url.parse(of(243))).warnings)
    assert.is_truthy(assert(url.parse(of(244))).warnings[1]:find("244", 1, true))
    assert.is_truthy(url.parse(of(255)))
    assert.is_nil(url.parse(of(256)))
  end)

  it("is refused without showing the password in it", function()
    local _, err = url.parse("http://u:secretpw@127.0.0.1:1/a")
    assert.equal("url", err.kind)
    assert.is_nil(err.message:find("secretpw", 1, true))
    assert.truthy(err.message:find("127.0.0.1", 1, true))
  end)

  local function warning_of(text)
    local found = assert(url.parse(text))
    assert.is_true(#found.warnings <= 1)
    return found.warnings[1]
  end

  for text, meant in pairs {
    ["http://host.net/8111/DFOTA/a.pack"] = "http://host.net:8111/DFOTA/a.pack",
    ["http://host.net/80/a"] = "http://host.net:80/a", ["http://host.net/1/a"] = "http://host.net:1/a",
    ["http://host.net/65535/a"] = "http://host.net:65535/a",
  } do
    it("is questioned if the port may stand between slashes, as in the note's table: " .. text, function()
      assert.is_truthy(warning_of(text):find(meant, 1, true))
    end)
  end

  it("may have a numeric directory if the port is given, or if the digits are not a port", function()
    for _, text in ipairs { "http://h.net:80/8111/a", "http://h.net/65536/a", "http://h.net/0/a", "http://h.net/8111",
      "http://h.net/v8111/a" } do
      assert.is_nil(warning_of(text), text)
    end
  end)

  for _, host in ipairs {
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "100.64.0.1",
    "100.127.0.1", "0.0.0.0", "localhost", "gateway", "server.local", "SERVER.Lan",
  } do
    it("gets a warning if it is reachable only in its own network: " .. host, function()
      assert.is_truthy(warning_of("http://" .. host .. ":8080/a"):find("reachable from the mobile operator", 1, true))
    end)
  end

  it("may have any public address or name", function()
    for _, host in ipairs { "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1",
      "10.example.com", "local.net", "8.8.8.8" } do
      assert.is_nil(warning_of("http://" .. host .. "/a"), host)
    end
  end)
end)

describe("A URL that cannot be put into the command, or that the module cannot download, is refused:", function()
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
    ["http://h/a b"] = "spaces",
    ["http://h/a\rAT+QPOWD=1"] = "spaces",
    ["http://h/a\n"] = "spaces",
    ["http://h/a\0"] = "spaces",
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

describe("A package that cannot be found", function()
  it("is questioned if it looks like a URL without its scheme", function()
    for text, meant in pairs {
      ["www.x.com/a.pack"] = "http://www.x.com/a.pack", ["x.com:8111/a"] = "http://x.com:8111/a",
      ["http:/x.com/a"] = "http://x.com/a", ["//x.com/a"] = "http://x.com/a", ["10.0.0.1/a"] = "http://10.0.0.1/a",
    } do
      assert.equal("; if a URL is meant, write " .. meant, url.hint(text))
    end
    for _, text in ipairs { "a.pack", "./a/b", "/tmp/x.d/a", "folder/a.pack", "../a.b/c", "" } do
      assert.equal("", url.hint(text))
    end
  end)
end)

describe("Whether it is a URL or a path", function()
  it("is decided by the scheme", function()
    for _, text in ipairs { "http://h/a", "HTTP://h", "https://h/a", "ftp://x", "x-y.z+1://" } do
      assert.is_true(url.is_url(text), text)
    end
    for _, text in ipairs { "fota.pack", "./http:/a", "/tmp/http://a", "C:\\a", "a:b", "://x", "1http://h" } do
      assert.is_false(url.is_url(text), text)
    end
  end)
end)
