local ReceivedFile = require "dfota.at.received_file"

local every = {}
for code = 0, 255 do every[#every + 1] = string.char(code) end
every = table.concat(every)

-- Fed in two pieces split at every place, and byte by byte: what belongs to the file, and what does not.
local function split(bytes, size)
  local found
  local function check(pieces)
    local finder, data, rest = ReceivedFile.new(size), "", ""
    for _, piece in ipairs(pieces) do
      local before, part, after = finder:feed(piece)
      assert.equal(piece, before .. part .. after)
      data, rest = data .. part, rest .. before .. after
    end
    found = found or { data, rest }
    assert.same(found, { data, rest })
  end
  check { bytes }
  for i = 1, #bytes - 1 do check { bytes:sub(1, i), bytes:sub(i + 1) } end
  local single = {}
  for i = 1, #bytes do single[i] = bytes:sub(i, i) end
  check(single)
  return table.unpack(found)
end

describe("A file in what a module sends", function()
  local ECHO, TAIL = 'AT+QFDWL="fota.pack"\r\r\n', "\r\n+QFDWL: 256,0000\r\n\r\nOK\r\n"

  it("is all of the announced bytes after CONNECT, whatever they are and however they come", function()
    local data, rest = split(ECHO .. "CONNECT\r\n" .. every .. TAIL, 256)
    assert.equal(every, data)
    assert.equal(ECHO .. "CONNECT\r\n" .. TAIL, rest)
  end)

  it("may begin with a line end of its own", function()
    assert.equal("\n\r\n", (split("\r\nCONNECT\r\n\n\r\nOK\r\n", 3)))
  end)

  it("is not announced by a name or a line that only contains the word", function()
    local data, rest = split('AT+QFDWL="CONNECT"\r\r\nCONNECTED\r\n\r\n+CME ERROR: 4010\r\n', 5)
    assert.same({ "", 'AT+QFDWL="CONNECT"\r\r\nCONNECTED\r\n\r\n+CME ERROR: 4010\r\n' }, { data, rest })
  end)

  it("begins at a byte that no reply contains if its CONNECT was damaged", function()
    assert.equal("\200secret", (split("\r\nCONN\200secret", 10)))
  end)
end)
