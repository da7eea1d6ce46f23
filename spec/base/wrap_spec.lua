local wrap = require "dfota.base.wrap"

describe("Text for a terminal", function()
  it("is broken between words, at the last that fits", function()
    for _, case in ipairs {
      { "a bb ccc", 4, { "a bb", "ccc" } }, { "a bb ccc", 3, { "a", "bb", "ccc" } }, { "a bb ccc", 8, { "a bb ccc" } },
      { "longer than", 3, { "longer", "than" } }, { "", 9, { "" } },
      { "é é é", 3, { "é é", "é" } },
    } do
      assert.same(case[3], wrap.lines(case[1], case[2]))
    end
  end)

  it("stands beside its label, or below a label that is too long", function()
    assert.same({ "-n    one", "      two" }, wrap.beside("-n", "one two", 6, 10))
    assert.same({ "abcd  one" }, wrap.beside("abcd", "one", 6, 20))
    assert.same({ "abcde", "      one" }, wrap.beside("abcde", "one", 6, 20))
    assert.same({ "éé    one" }, wrap.beside("éé", "one", 6, 20))
  end)
end)

describe("A long line", function()
  -- text, room → lines
  for name, case in pairs {
    ["that fits stays as it is, its blanks included"] = { "a  b ", 5, { "a  b " } },
    ["is broken between words"] = { "one two three", 9, { "one two", "three" } },
    ["fills each line as far as words go"] = { "aa bb cc", 5, { "aa bb", "cc" } },
    ["keeps the blanks within a line, and drops those at a break"] =
      { "supply    3900   mV is good", 14, { "supply    3900", "mV is good" } },
    ["keeps its own indent"] = { "  one two", 5, { "  one", "two" } },
    ["keeps a word whole that is wider than the room"] =
      { "see /dev/serial/by-id/usb-1 there", 10, { "see", "/dev/serial/by-id/usb-1", "there" } },
    ["that is a single word stays whole"] = { "/dev/serial/by-id", 4, { "/dev/serial/by-id" } },
    ["keeps a number and its unit together"] =
      { "it is at 3000 mV (4 s)", 13, { "it is at", "3000 mV (4 s)" } },
    ["takes no word for a unit"] = { "on page 3 see x", 11, { "on page 3", "see x" } },
    ["counts characters, not bytes"] = { "äöü äöü äöü", 7, { "äöü äöü", "äöü" } },
    ["of blanks alone stays as it is"] = { "      ", 3, { "      " } },
    ["that is empty is one empty line"] = { "", 3, { "" } },
  } do
    it(name, function() assert.same(case[3], wrap.lines(case[1], case[2])) end)
  end

  it("loses no word, whatever the room", function()
    local text = "the module is updating itself: stopping now would leave the outcome unknown"
    for room = 1, 90 do
      local lines = wrap.lines(text, room)
      assert.equal(text, table.concat(lines, " "))
      for _, line in ipairs(lines) do assert.is_true(#line <= room or not line:find " ", line) end
    end
  end)

  it("continues under the place where its text began", function()
    assert.same({ "one two three", "         four" }, wrap.hanging("warning  ", "one two three four", 26))
  end)

  it("continues nearly at the margin where a terminal is too narrow for that", function()
    assert.same({ "one two", "  three four five" }, wrap.hanging("warning  ", "one two three four five", 20))
  end)

  it("leaves the last column free, and works with any width", function()
    for width = 1, 60 do
      local lines = wrap.hanging("note     ", "a bb ccc dd e ff ggg hh iii j kk", width)
      for i, line in ipairs(lines) do
        local columns = #line + (i == 1 and 9 or 0)
        assert.is_true(width < 15 or columns < width, ("%d: %s"):format(width, line))
      end
    end
  end)
end)
