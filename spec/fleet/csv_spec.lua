local csv = require "dfota.fleet.csv"

local function fields(source)
  local rows, why, line = csv.rows(source)
  if not rows then return { why, line } end
  local list = {}
  for i, row in ipairs(rows) do list[i] = { table.unpack(row) } end
  return list
end

describe("Comma-separated values", function()
  for source, expected in pairs {
    [""] = {}, ["a"] = { { "a" } }, ["a,b\n"] = { { "a", "b" } }, ["a,b\r\nc,d\r\n"] = { { "a", "b" }, { "c", "d" } },
    ["a,\n,b\n"] = { { "a", "" }, { "", "b" } }, [" a , b "] = { { "a", "b" } }, ['"a,b","c"'] = { { "a,b", "c" } },
    ['"say ""x""",""\n'] = { { 'say "x"', "" } }, ['"two\nlines",b\nc,d'] = { { "two\nlines", "b" }, { "c", "d" } },
    ["# no row\n\na\n\n"] = { { "a" } }, ["\xEF\xBB\xBFport,imei"] = { { "port", "imei" } },
    ["a\rb"] = { { "a" }, { "b" } }, ["a;b\r\n1,5;c"] = { { "a", "b" }, { "1,5", "c" } },
    ["a\tb\n\tc d\t"] = { { "a", "b" }, { "", "c d", "" } }, ['"a" , "b"\n'] = { { "a", "b" } },
    ["# x; y\n\na,b;c\n"] = { { "a", "b;c" } }, ["a,b\n,\n , \n"] = { { "a", "b" } },
    ["\u{A0}a\u{A0} ,b\u{A0}c\n\u{A0} \"d\"\u{A0},\u{A0}\n"] = { { "a", "b\u{A0}c" }, { "d", "" } },
    ["\u{A0}\na;b"] = { { "a", "b" } },
    ["sep=;\r\na;b,c\r\n"] = { { "a", "b,c" } }, ["\xEF\xBB\xBFSEP=,\na;b,c\n"] = { { "a;b", "c" } },
    ["sep=|\na|b\n"] = { { "a", "b" } }, ["sep=^\na^b\n"] = { { "a", "b" } }, ["sep=]\na]b\n"] = { { "a", "b" } },
    ["sep=\t\na\tb,c\n"] = { { "a", "b,c" } }, ["sep=;"] = {}, ["sep=;a"] = { { "sep=", "a" } },
  } do
    it(("are rows of fields: %q"):format(source), function() assert.same(expected, fields(source)) end)
  end

  it("are told with their lines, also behind a field of several", function()
    local rows = assert(csv.rows '# x\n"a\nb"\n\nc\n')
    assert.same({ 2, 5 }, { rows[1].line, rows[2].line })
    assert.equal(2, assert(csv.rows 'sep=;\na\n')[1].line)
  end)

  it("that are damaged are refused with the line", function()
    assert.same({ "a quote that is never closed", 2 }, fields 'a\n"b,c\nd')
    assert.same({ "something behind a quoted field", 1 }, fields '"a"b,c')
    assert.same({ "a quote within a field that is not quoted", 3 }, fields 'a\nb\nc"d"\n')
  end)
end)
