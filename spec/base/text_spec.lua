local suggest = require "dfota.base.suggest"
local rate = require "dfota.report.rate"
local text = require "dfota.base.text"

describe("text", function()
  it("a port's name is left out of its own message, and of no other", function()
    for said, left in pairs { ["/dev/x: it is gone"] = "it is gone", ["/dev/xy: gone"] = "/dev/xy: gone", [""] = "" } do
      assert.equal(left, text.without_port(said, "/dev/x"))
    end
  end)

  it("shows seconds as a person would say them", function()
    for shown, seconds in pairs { ["5"] = 4.99999, ["0.25"] = 0.25, ["2.5"] = 2.5, ["10"] = 9.999, ["90"] = 90.0004,
      ["604800"] = 604800, ["0.05"] = 0.05, ["0"] = 0 } do
      assert.equal(shown, text.seconds(seconds))
    end
  end)

  it("shows what a line brought as ASCII, even if noise is valid UTF-8", function()
    assert.equal("\\xC3\\xA4\\xE2\\x82\\xAC~ \\x1B[2J\\r\\n\\xFF", text.received "ä€~ \27[2J\r\n\xFF")
    assert.equal("RDY", text.received "RDY")
  end)

  it("is valid UTF-8 without control characters, whatever goes in", function()
    math.randomseed(3)
    for _ = 1, 5000 do
      local bytes = {}
      for i = 1, math.random(0, 12) do bytes[i] = string.char(math.random(0, 255)) end
      local shown = text.printable(table.concat(bytes))
      assert.truthy(utf8.len(shown))
      assert.is_nil(shown:find("[%z\1-\31\127]"))
      for _, code in utf8.codes(shown) do assert.is_false(code >= 0x80 and code < 0xA0) end
    end
  end)

  it("leaves good text as it is", function()
    for _, good in ipairs { "", "AT+CSQ", "caf\u{E9} \u{4E2D}\u{1F600}" } do
      assert.equal(good, text.printable(good))
    end
    assert.equal("a\u{FFFD}b\u{FFFD}", text.utf8("a\xFFb\xC3"))
    assert.equal("\\x1B[2J\\r\\n\\x9B\\x00", text.printable("\27[2J\r\n\u{9B}\0"))
  end)

  it("escapes what would reverse, hide or break text", function()
    for _, code in ipairs {
      0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF, 0xE0001,
      0xE007F, 0x80, 0x9F, 0x180E, 0x206F, 0xFFF9, 0xFFFB, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF,
    } do
      local want = code < 0x100 and ("\\x%02X"):format(code) or ("\\u{%04X}"):format(code)
      assert.equal("a" .. want .. "b", text.printable("a" .. utf8.char(code) .. "b"))
      assert.equal(want .. want, text.printable(utf8.char(code, code)))
    end
    for _, code in ipairs { 0xAC, 0xAE, 0x61B, 0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0xFEFE, 0xDFFFF,
      0xA0, 0x61D, 0x180D, 0x180F, 0xFF00, 0xFFF8, 0xFFFC, 0x1D172, 0x1D17B, 0xE1000 } do
      assert.equal(utf8.char(code), text.printable(utf8.char(code)))
    end
  end)

  it("in JSON keeps its meaning without invisible characters", function()
    for _, case in ipairs {
      { 0xAD, "\\u00ad" }, { 0x202E, "\\u202e" }, { 0xFEFF, "\\ufeff" }, { 0xE0001, "\\udb40\\udc01" },
      { 0x1D173, "\\ud834\\udd73" }, { 0xE0FFF, "\\udb43\\udfff" }, { 0xE9, "\u{E9}" }, { 0x1F600, "\u{1F600}" },
    } do
      assert.equal('"' .. case[2] .. '"', text.visible_json('"' .. utf8.char(case[1]) .. '"'))
    end
  end)

  it("of a system error is its reason alone, and any text is cut to fit a message", function()
    assert.equal("no such file or directory", text.reason "ENOENT: no such file or directory: /a: b")
    assert.equal("its words", text.reason "its words")
    assert.same({ ("x"):rep(40), ("x"):rep(37) .. "...", "nil", "xx..." },
      { text.brief(("x"):rep(40)), text.brief(("x"):rep(41)), text.brief(nil), text.brief("xxxxxx", 5) })
  end)

  it("is cut between characters, with dots", function()
    assert.equal("abc", text.cut("abc", 3))
    assert.equal("...", text.cut("abcd", 3))
    assert.equal("\u{E9}\u{E9}...", text.cut(("\u{E9}"):rep(9), 5))
    for limit = 0, 9 do assert.is_true(utf8.len(text.cut(("\u{E9}"):rep(9), limit)) <= limit) end
  end)

  it("shows times and amounts in readable units", function()
    local times = {}
    for i, s in ipairs { 0, 0.44, 9.9, 42.4, 59.7, 187, 3599, 7500 } do times[i] = text.duration(s) end
    assert.same({ "0.0 s", "0.4 s", "9.9 s", "42 s", "1 min 00 s", "3 min 07 s", "59 min 59 s", "2 h 05 min" }, times)
    assert.same({ "0 B", "999 B", "156.1 kB", "1.05 MB" },
      { text.bytes(0), text.bytes(999), text.bytes(156104), text.bytes(1048576) })
    assert.same({ "60", "60", "0.02", "x" }, { text.number(60), text.number(60.0), text.number(0.02), text.number "x" })
    assert.same({ "0.333333", "1e+20", "1099511627776", "nil" },
      { text.number(1 / 3), text.number(1e20), text.number(1 << 40), text.number(nil) })
    assert.same({ "10 s", "1 min 00 s", "1 h 00 min", "1 h 59 min" },
      { text.duration(9.99999 + 0.00001), text.duration(59.5), text.duration(3600), text.duration(7199) })
    assert.same({ "1.0 kB", "1.00 MB" }, { text.bytes(1000), text.bytes(1000000) })
  end)

  it("shows a URL without user name and password", function()
    assert.equal("http://***@h/p", text.without_credentials "http://u:p@h/p")
    assert.equal("http://***@h/p", text.without_credentials "http://u:p@x@h/p")
    assert.equal("http://h/p@q", text.without_credentials "http://h/p@q")
    assert.equal("file@x", text.without_credentials "file@x")
  end)
end)

describe("a number of things", function()
  it("is one of them, or several", function()
    assert.same({ "0 ports", "1 port", "12 ports" },
      { text.count(0, "port"), text.count(1, "port"), text.count(12, "port") })
  end)
end)

describe("the suggested name", function()
  local names = { "register_s", "update_silence_s", "boot_s" }

  it("is found despite typing errors, but not if nothing is close", function()
    assert.equal("register_s", suggest.name("regsiter_s", names))
    assert.equal("boot_s", suggest.name("bot_s", names))
    assert.equal("update_silence_s", suggest.name("UPDATE_SILENCE", names))
    assert.is_nil(suggest.name("xyzzy", names))
    assert.is_nil(suggest.name("", names))
    assert.is_nil(suggest.name(("x"):rep(100000), names))
  end)
end)

describe("the pace", function()
  it("is the mean since the beginning, and tells the time left", function()
    local p = rate.new()
    assert.is_nil((p:update(10, 0, 100)))
    assert.same({ 10, 8 }, { p:update(12, 20, 100) })
    assert.same({ 10, 5 }, { p:update(15, 50, 100) })
    assert.same({ 10, 0 }, { p:update(20, 100, 100) })
  end)

  it("starts over if progress goes back, and is unknown while nothing moves", function()
    local p = rate.new()
    p:update(0, 0, 100)
    p:update(10, 50, 100)
    assert.is_nil((p:update(20, 2, 100)))
    assert.is_nil((p:update(25, 2, 100)))
    assert.same({ 1, 88 }, { p:update(30, 12, 100) })
  end)

  it("has no remaining time if the total is not known", function()
    local p = rate.new()
    p:update(0, 0)
    assert.same({ 5, nil }, { p:update(2, 10) })
  end)
end)
