local shell = require "dfota.base.shell"

describe("A command to paste", function()
  for word, quoted in pairs {
    ["/dev/ttyUSB0"] = "/dev/ttyUSB0", ["min_csq=5"] = "min_csq=5", ["http://h:80/a.pack"] = "http://h:80/a.pack",
    ["two words"] = "'two words'", [""] = "''", ["it's"] = [['it'\''s']], ["$(reboot)"] = "'$(reboot)'",
    ["a;b"] = "'a;b'", ["~"] = "'~'", ["http://h/a?b&c"] = "'http://h/a?b&c'", ["*"] = "'*'", ["ä"] = "'ä'",
  } do
    it("quotes what a shell would take apart: " .. word, function() assert.equal(quoted, shell.quoted(word)) end)
  end

  it("is read back by a shell as the same words", function()
    local words = { "printf", "%s\\n", "it's", "a  b", "$HOME", "`x`", "\\", '"', "", "-n", "#", "!", "ä" }
    local pipe <close> = assert(io.popen(shell.line(words)))
    assert.equal(table.concat(words, "\n", 3) .. "\n", pipe:read "a")
  end)

  for name, word in pairs { ["a line end"] = "a\nb", ["an escape"] = "\27[2J", ["no UTF-8"] = "\xff" } do
    it("is not offered if it cannot be shown in one line: " .. name, function()
      assert.is_nil(shell.line { "x", word })
    end)
  end
end)

describe("A command line", function()
  for line, words in pairs {
    ["gpioset -m time gpiochip0 17=1"] = { "gpioset", "-m", "time", "gpiochip0", "17=1" },
    ["  a   b  "] = { "a", "b" }, ["'a b' c"] = { "a b", "c" }, ['"a b"'] = { "a b" }, ["a'b c'd"] = { "ab cd" },
    ["a ''"] = { "a", "" }, ['"it\'s"'] = { "it's" }, ["$x * ; | \\"] = { "$x", "*", ";", "|", "\\" },
  } do
    it("has words between blanks, and nothing else means anything: " .. line, function()
      assert.same(words, shell.words(line))
    end)
  end

  for line, why in pairs {
    [""] = "it names no program", ["   "] = "it names no program", ["'' a"] = "it names no program",
    ["a 'b"] = "a quote is not closed", ['"'] = "a quote is not closed",
  } do
    it("is refused if it is none: " .. line, function() assert.same({ nil, why }, { shell.words(line) }) end)
  end

  it("can be read back, whatever its words are", function()
    math.randomseed(5)
    local characters = { "a", " ", "'", '"', "$", "\\", ";", "ä", "-" }
    for _ = 1, 500 do
      local words = { "x" }
      for i = 2, math.random(5) do
        local word = ""
        for _ = 1, math.random(0, 6) do word = word .. characters[math.random(#characters)] end
        words[i] = word
      end
      local line = shell.line(words)
      if not line:find("\\", 1, true) then assert.same(words, shell.words(line)) end
    end
  end)

  it("of any bytes is read or refused, and never a crash", function()
    math.randomseed(6)
    for _ = 1, tonumber(os.getenv "DFOTA_FUZZ_CASES") or 1000 do
      local bytes = {}
      for i = 1, math.random(0, 30) do bytes[i] = string.char(math.random(0, 255)) end
      local words, why = shell.words(table.concat(bytes))
      assert.is_true(words ~= nil and #words > 0 or type(why) == "string")
    end
  end)
end)
