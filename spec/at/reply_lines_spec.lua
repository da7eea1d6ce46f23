local reply_lines = require "dfota.at.reply_lines"

local take = reply_lines.take

describe("A line of a reply", function()
  it("has the expected prefix, or one of several", function()
    assert.equal("+CSQ: 25,0", take("+CSQ: 25,0", "+CSQ:"))
    assert.is_nil(take("+CREG: 1", "+CSQ:"))
    for line, mine in pairs { ["+A: 1"] = true, ["+B: 2"] = true, ["+C: 3"] = false, ["x+A: 1"] = false } do
      assert.equal(mine and line or nil, (take(line, { "+A:", "+B:" })), line)
    end
  end)

  it("has no leading spaces, which some modules send, if its prefix is known", function()
    assert.equal("+CSQ: 25,0", take("  +CSQ: 25,0", "+CSQ:"))
    assert.equal("+B: 1", take(" +B: 1", { "+A:", "+B:" }))
    assert.is_nil(take(" RING", "+CSQ:"))
    assert.is_nil(take("\t+CSQ: 25,0", "+CSQ:"))
  end)

  it("may be selected by a function, which sees it as received", function()
    local function is_number(line) return line:find "^%d+$" ~= nil end
    assert.equal("001010", take("001010", is_number))
    assert.is_nil(take(" 001010", is_number))
    assert.is_nil(take("DST: 1", is_number))
  end)

  it("is any line except known URCs if nothing is expected", function()
    for line, mine in pairs {
      ["Quectel_Ltd"] = true, ["Revision: X"] = true, [" x"] = true, ["+CREG: 1"] = false, ["Call Ready"] = false,
    } do
      assert.equal(mine and line or nil, (take(line)), line)
    end
  end)
end)
