local json = require "dkjson"
local line_formats = require "dfota.ledger.line_formats"

local random = math.random
local CASES = tonumber(os.getenv "DFOTA_FUZZ_CASES" or "400")

describe("A row as JSON", function()
  local keys = { "id", "size", "refused", "started", "facts" }
  local format = line_formats.json(keys, true)

  local function decoded(...)
    return json.decode(format.row { ... } .. format.step("up\"load", 1.5) .. format.ending)
  end

  it("has every key, and null for what is unknown", function()
    assert.equal('{"id":"a","size":null,"refused":null,"started":null,"facts":null,"steps":[', format.row { "a" })
    assert.equal('{"id":"a"', line_formats.json({ "id" }).row { "a" })
  end)

  it("has numbers as numbers, whatever the driver gave", function()
    local row = decoded("a", "156104", 1, "1795822529.1234")
    assert.same({ 156104, true, 1795822529.1234 }, { row.size, row.refused, row.started })
    for _, no in ipairs { "soon", "nan", "inf", 1 / 0, 0 / 0, "1e999" } do
      assert.is_nil(decoded("a", no).size, no)
    end
  end)

  it("has texts escaped, and safe to show", function()
    assert.equal('a\\n"b"\\', decoded('a\n"b"\\').id)
    assert.equal("\u{FFFD}\\x00é\\u{202E}", decoded("\xFF\0é\u{202E}").id)
    assert.equal('up"load', decoded("a").steps[1].name)
  end)

  it("has what a flow recorded as an object, or null if it is none", function()
    assert.same({ site = "B" }, decoded("a", nil, nil, nil, '{"site":"B"}').facts)
    for _, no in ipairs { "5", "{", "", '"x"' } do assert.is_nil(decoded("a", nil, nil, nil, no).facts) end
  end)

  it("remembers no text wrongly, however many there are", function()
    local wide = line_formats.json({ "port" })
    for i = 1, 12000 do
      assert(wide.row { "p" .. i } == '{"port":"p' .. i .. '"')
      assert(wide.row { "p" } == '{"port":"p"')
    end
  end)
end)

-- Reads RFC 4180 strictly: rows of cells.
local function parse(csv)
  local rows, at = {}, 1
  while at <= #csv do
    local row = {}
    repeat
      local cell, next_at
      if csv:sub(at, at) == '"' then
        cell, at = "", at + 1
        while true do
          local stop = assert(csv:find('"', at, true), "an open quote")
          cell = cell .. csv:sub(at, stop - 1)
          at = stop + 1
          if csv:sub(at, at) ~= '"' then break end
          cell, at = cell .. '"', at + 1
        end
      else
        cell, next_at = csv:match('^([^,"\r\n]*)()', at)
        at = next_at
      end
      row[#row + 1] = cell
      local comma = csv:sub(at, at) == ","
      if comma then at = at + 1 end
    until not comma
    assert(csv:sub(at, at + 1) == "\r\n", "no CRLF behind a row")
    at = at + 2
    rows[#rows + 1] = row
  end
  return rows
end

describe("A row as CSV", function()
  local format = line_formats.csv { "id", "size", "started", "message" }

  local function cells(...) return parse(format.row { ... } .. format.ending)[1] end

  it("comes behind a line of names, and ends with CRLF", function()
    assert.equal("id,size,started,message\r\n", format.header)
    assert.equal("\r\n", format.ending)
  end)

  it("has its times in UTC, its numbers as they are, and nothing for what is unknown", function()
    assert.same({ "a", "-5", "2026-11-27T23:35:29Z", "" }, cells("a", "-5", 1795822529.9))
    for _, no in ipairs { "soon", -1, 2 ^ 40, 0 / 0 } do assert.equal("", cells("a", nil, no)[3]) end
  end)

  it("is quoted only where it must be", function()
    assert.equal('a b,,,"said ""no"", twice"', format.row { "a b", nil, nil, 'said "no", twice' })
  end)

  it("holds no formula for a spreadsheet, wherever its texts come from", function()
    for _, text in ipairs { "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")' } do
      assert.equal("'" .. text, cells(text)[1])
    end
    assert.equal("\\t=1", cells("\t=1")[1])
    assert.equal("a=1", cells("a=1")[1])
  end)

  it("can be read back whatever its texts contain", function()
    local alphabet = { '"', ",", "\r", "\n", "'", "=", "a", "\0", "\xFF", "é", "\u{202E}", ";", "\t", "@" }
    for _ = 1, CASES do
      local parts = {}
      for i = 1, random(0, 12) do parts[i] = alphabet[random(#alphabet)] end
      local row = cells("x", 5, nil, table.concat(parts))
      assert.equal(4, #row)
      assert.is_nil(row[4]:find "^[=+@\t\r-]")
      assert.is_truthy(utf8.len(row[4]))
    end
  end)
end)
