local core = require "dfota.core"

--- Class and code of a line in a table, so that a missing code shows.
local function classified(line)
  local lexer = core.lexer()
  lexer:feed(line .. "\r")
  return table.pack(select(3, lexer:next()))
end

local function check_class(line, ...)
  assert.same(table.pack(...), classified(line), ("%q"):format(line))
end

describe("A final result code", function()
  local WORDS = {
    OK = "ok", ERROR = "error", CONNECT = "connect", BUSY = "busy",
    ["NO CARRIER"] = "no_carrier", ["NO ANSWER"] = "no_answer",
    ["NO DIALTONE"] = "no_dialtone", ["NO DIAL TONE"] = "no_dialtone",
    ["DEACT OK"] = "deact_ok", ["NORMAL POWER DOWN"] = "power_down",
    ["COMMAND NO RESPONSE!"] = "no_response",
  }

  for word, class in pairs(WORDS) do
    it(word .. " is known as a whole line", function() check_class(word, class) end)

    it(word .. " is known with blanks at the end of the line", function()
      check_class(word .. " ", class)
      check_class(word .. " \t ", class)
    end)

    it(word .. " is not seen in a line that merely has it in it", function()
      for _, line in ipairs {
        word .. "S", word .. ".", " " .. word, "x" .. word, word:lower(), word:sub(1, -2),
        word:sub(1, -2) .. "?", word .. "\0", word .. ":" .. word,
      } do
        check_class(line)
      end
    end)
  end

  it("is not any line that other engines mistake for one", function()
    for _, line in ipairs {
      "OKAY", "ERROR.log", "ERROR LOG: none", "CONNECTED PEER", "STATE: CONNECT OK", "OK OK",
      "+CME", "+CMEE: 1", "+CME ERROR", "+CME ERRORS: 3", "+CMTI: \"SM\",1",
      "NO", "NONE", "NORMAL", "BUSYBOX", "DEACT", "", " ", "\0", "OR", "OO", "OU", "OC", "OE", "O+",
    } do
      check_class(line)
    end
  end)

  it("contains the number of an error, with or without a space", function()
    for _, head in ipairs { "+CME ERROR:", "+CMS ERROR:" } do
      local class = head:sub(2, 4):lower()
      for _, blank in ipairs { "", " ", "  ", "\t" } do
        check_class(head .. blank .. "6503", class, 6503)
        check_class(head .. blank .. "0 ", class, 0)
      end
    end
  end)

  it("contains the text of an error", function()
    check_class("+CME ERROR: SIM not inserted", "cme", "SIM not inserted")
    check_class("+CMS ERROR: invalid memory index ", "cms", "invalid memory index")
    check_class("+CME ERROR: 65O3", "cme", "65O3")
    check_class("+CME ERROR: -1", "cme", "-1")
  end)

  it("keeps a number that is too long as text", function()
    check_class("+CME ERROR: 999999999", "cme", 999999999)
    check_class("+CME ERROR: 1000000000", "cme", "1000000000")
  end)

  it("ends a command even if its code is missing", function()
    check_class("+CME ERROR:", "cme", "")
    check_class("+CMS ERROR: ", "cms", "")
  end)

  it("keeps the argument of CONNECT", function()
    check_class("CONNECT 1024", "connect", 1024)
    check_class("CONNECT 115200/V42 ", "connect", "115200/V42")
  end)
end)

describe("An address", function()
  it("is four numbers up to 255 separated by dots, and nothing else", function()
    for _, line in ipairs { "10.1.2.3", "0.0.0.0", "255.255.255.255", "010.001.002.003", "10.1.2.3 " } do
      assert.is_true(core.is_address(line), line)
    end
    for _, line in ipairs {
      "", "10", "10.1.2", "10.1.2.3.4", "10.1.2.", ".1.2.3", "10..2.3", "10.1.2.256", "10.1.2.1000",
      "10.1.2.0003", "0010.1.2.3", "10.1.2.3x",
      "a.1.2.3", " 10.1.2.3", "10.1.2.3:80", "-1.1.2.3", "+QILOCIP: 10.1.2.3", "ERROR",
    } do
      assert.is_false(core.is_address(line), line)
    end
  end)
end)

describe("The fields of a line", function()
  --- `expected` with the default `n` and `percent` filled in.
  local function check(line, expected)
    expected.n = expected.n or #expected
    expected.percent = expected.percent or {}
    assert.same(expected, core.fields(line), ("%q"):format(line))
  end

  it("are split at commas after the prefix, with or without a space", function()
    check("+CREG: 0,1", { prefix = "+CREG", 0, 1 })
    check("+CREG:0,1", { prefix = "+CREG", 0, 1 })
    check("+CREG: 0, 1 ", { prefix = "+CREG", 0, 1 })
    check("+CSQ:\t18 ,\t99", { prefix = "+CSQ", 18, 99 })
  end)

  it("keep a comma inside quotes", function()
    check("+COPS: 0,0,\"Example, Mobile\"", { prefix = "+COPS", 0, 0, "Example, Mobile" })
    check("+QFLST: \"a,b,c\",12,\",\"", { prefix = "+QFLST", "a,b,c", 12, "," })
  end)

  it("distinguish an empty string from a missing field", function()
    check("+X: \"\",,3,", { prefix = "+X", "", false, 3, false })
    check("+X: ,", { prefix = "+X", false, false })
    check("+X: , ,1", { prefix = "+X", false, false, 1 })
  end)

  it("are empty if nothing follows the prefix", function()
    check("+X:", { prefix = "+X" })
    check("+X:  ", { prefix = "+X" })
    check("", {})
    check("  ", {})
  end)

  it("contain the progress of an update however it is spelt", function()
    for _, tail in ipairs { "2%", " 2%", "2 %", " 2 % " } do
      check("+QIND: \"FOTA\",\"UPDATING\"," .. tail,
        { prefix = "+QIND", "FOTA", "UPDATING", 2, percent = { [3] = true } })
    end
    check("+QIND: \"FOTA\",\"UPDATING\",2", { prefix = "+QIND", "FOTA", "UPDATING", 2 })
    check("+QIND: 1%,2,3%", { prefix = "+QIND", 1, 2, 3, percent = { true, nil, true } })
    check("+QIND: x%,%,\"2%\"", { prefix = "+QIND", "x%", "%", "2%" })
  end)

  it("keep anything but integers as text", function()
    check("+QFUPL: 3000,B34A", { prefix = "+QFUPL", 3000, "B34A" })
    check("+X: 10.1.2.3,1.5,1e3,0x1", { prefix = "+X", "10.1.2.3", "1.5", "1e3", "0x1" })
    check("+X: -,--1,+1,1-2", { prefix = "+X", "-", "--1", "+1", "1-2" })
    check("+X: -5,-0,007", { prefix = "+X", -5, 0, 7 })
  end)

  it("keep a number as text if it would lose digits as an integer", function()
    check("999999999999999999,1000000000000000000", { 999999999999999999, "1000000000000000000" })
    check("861234567890123", { 861234567890123 })
    check("001010123456789", { "001010123456789" })
    check("89490200001234567890", { "89490200001234567890" })
  end)

  it("keep a quote as it is if it is never closed, or not around the whole field", function()
    check("+X: \"a,b", { prefix = "+X", "\"a,b" })
    check("+X: \"a\"b,1", { prefix = "+X", "\"a\"b", 1 })
    check("+X: \"a\" \"b\",1", { prefix = "+X", "\"a\" \"b\"", 1 })
    check("+X: a\"b,c\"d,\"", { prefix = "+X", "a\"b,c\"d", "\"" })
  end)

  it("are the whole line if it has no prefix", function()
    check("Quectel_Ltd", { "Quectel_Ltd" })
    check("10.1.2.3", { "10.1.2.3" })
    check("1,2", { 1, 2 })
    check("a,b: c", { "a", "b: c" })
    check(": 1", { ": 1" })
    check("12:30,+1:x", { "12:30", "+1:x" })
    check("\0x: 1", { "\0x: 1" })
    check("{x: 1", { "{x: 1" })
    check("AT+QFUPL=\"a:b\",1", { "AT+QFUPL=\"a:b\"", 1 })
  end)

  it("may have words and symbols as prefix", function()
    check("Revision: MC65FAR01A01", { prefix = "Revision", "MC65FAR01A01" })
    check("Revision:MC65FAR01A01", { prefix = "Revision", "MC65FAR01A01" })
    check("STATE: IP INITIAL", { prefix = "STATE", "IP INITIAL" })
    check("+CME ERROR: 3", { prefix = "+CME ERROR", 3 })
    check("^SIM_ST-1: 2", { prefix = "^SIM_ST-1", 2 })
    check("a: 1", { prefix = "a", 1 })
    check("Z: 1", { prefix = "Z", 1 })
  end)
end)
