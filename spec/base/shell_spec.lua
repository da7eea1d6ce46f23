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
