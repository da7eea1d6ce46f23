local core = require "dfota.core"

--- Feeds pieces one after the other and returns every event as a string, such as "line OK (ok)".
-- Acknowledgements and data may come in pieces: adjacent ones are joined.
-- @param pieces strings
-- @param case `max_line`, `start` (called with the lexer) and `on` (text of a line → called then)
local function events_of(pieces, case)
  local lexer = core.lexer { max_line = case.max_line }
  local events, last = {}, nil
  if case.start then case.start(lexer) end
  for _, piece in ipairs(pieces) do
    lexer:feed(piece)
    for kind, text, class, code in function() return lexer:next() end do
      if kind == last and (kind == "ack" or kind == "data") then
        events[#events] = events[#events] .. text
      else
        local final = class and (" (%s)"):format(code and class .. " " .. code or class)
        events[#events + 1] = kind .. " " .. text .. (final or "")
      end
      last = kind
      local action = case.on and case.on[text]
      if action then action(lexer) end
    end
  end
  return events, lexer
end

local function every_byte(bytes)
  local pieces = {}
  for i = 1, #bytes do pieces[i] = bytes:sub(i, i) end
  return pieces
end

--- The events must be the same whole, byte by byte, and split at every position.
local function check(case)
  local bytes = case.bytes
  assert.same(case.gives, (events_of({ bytes }, case)))
  assert.same(case.gives, (events_of(every_byte(bytes), case)), "byte by byte")
  for i = 1, #bytes - 1 do
    assert.same(case.gives, (events_of({ bytes:sub(1, i), bytes:sub(i + 1) }, case)), "split after byte " .. i)
  end
end

local function in_data_mode(lexer) lexer:data_mode(true) end
local function out_of_data_mode(lexer) lexer:data_mode(false) end
local function with_prompt(lexer) lexer:expect_prompt(true) end
local function without_prompt(lexer) lexer:expect_prompt(false) end

local function expects(count, after_crlf)
  return function(lexer) lexer:expect_data(count, after_crlf) end
end

local long = ("x"):rep(300)
local every = {}
for code = 0, 255 do every[#every + 1] = string.char(code) end
every = table.concat(every)

local CASES = {
  lines = {
    ["ends a line at CR LF"] = { bytes = "\r\n+CSQ: 18,0\r\n", gives = { "line +CSQ: 18,0" } },
    ["ends a line at CR CR LF"] = { bytes = "AT\r\r\n\r\nOK\r\r\n", gives = { "line AT", "line OK (ok)" } },
    ["ends a line at a bare CR"] = { bytes = "0\r4\r", gives = { "line 0", "line 4" } },
    ["ends a line at a bare LF"] = { bytes = "RDY\nOK\n", gives = { "line RDY", "line OK (ok)" } },
    ["ends a line at LF CR as well"] = { bytes = "RDY\n\rOK\n\r", gives = { "line RDY", "line OK (ok)" } },
    ["reports no event for empty lines"] = { bytes = "\r\n\r\n\n\n\r\r\r\n\r", gives = {} },
    ["skips more empty lines than fit in one block"] = {
      bytes = ("\r\n"):rep(20) .. "OK\r\n" .. ("\n"):rep(40), gives = { "line OK (ok)" },
    },
    ["reports each of several lines in one read"] = {
      bytes = "\r\n+CREG: 1\r\n\r\n+CGREG: 5\r\n\r\nRING\r\n",
      gives = { "line +CREG: 1", "line +CGREG: 5", "line RING" },
    },
    ["keeps NULs and noise as part of their line"] = {
      bytes = "\0\255^boot.rom'v'!\0\r\n\0\r\n", gives = { "line \0\255^boot.rom'v'!\0", "line \0" },
    },
    ["keeps spaces around a line"] = {
      bytes = "  UNDER_VOLTAGE WARNING \r\n", gives = { "line   UNDER_VOLTAGE WARNING " },
    },
    ["reports the echo of a command as a line of its own"] = {
      bytes = "AT+QFLDS=\"UFS\"\r\r\n+QFLDS: 812340,1048576\r\n\r\nOK\r\n",
      gives = { "line AT+QFLDS=\"UFS\"", "line +QFLDS: 812340,1048576", "line OK (ok)" },
    },
    ["finds line ends at every distance"] = {
      bytes = (function()
        local parts = {}
        for n = 1, 40 do parts[n] = ("y"):rep(n) .. "\r\n" end
        return table.concat(parts)
      end)(),
      gives = (function()
        local lines = {}
        for n = 1, 40 do lines[n] = "line " .. ("y"):rep(n) end
        return lines
      end)(),
    },
  },
  finals = {
    ["reports an error with its number"] = {
      bytes = "\r\n+CME ERROR: 6503\r\n", gives = { "line +CME ERROR: 6503 (cme 6503)" },
    },
    ["reports an error with its text"] = {
      bytes = "\r\n+CME ERROR: SIM not inserted\r\n",
      gives = { "line +CME ERROR: SIM not inserted (cme SIM not inserted)" },
    },
    ["keeps the argument of CONNECT"] = {
      bytes = "\r\nCONNECT 1024\r\n", gives = { "line CONNECT 1024 (connect 1024)" },
    },
    ["does not take a line for a final result code because it begins like one"] = {
      bytes = "OKAY\r\nERROR.log\r\nERROR LOG: none\r\nCONNECTED PEER\r\nOK\r\n",
      gives = { "line OKAY", "line ERROR.log", "line ERROR LOG: none", "line CONNECTED PEER", "line OK (ok)" },
    },
  },
  prompts = {
    ["reports an expected prompt, which has no line end"] = {
      bytes = "AT+X\r\r\n> ", start = with_prompt, gives = { "line AT+X", "prompt > " },
    },
    ["reports a prompt once each time it is expected"] = {
      bytes = "\r\n> > \r\n", start = with_prompt, gives = { "prompt > ", "line > " },
    },
    ["does not take a line for a prompt unless one is expected"] = {
      bytes = "> quoted\r\n>\r\n> \r\n", start = without_prompt, gives = { "line > quoted", "line >", "line > " },
    },
    ["does not take another line for the expected prompt"] = {
      bytes = ">x\r\n>\r\na> b\r\n\r\nERROR\r\n> ", start = with_prompt,
      gives = { "line >x", "line >", "line a> b", "line ERROR (error)", "prompt > " },
    },
    ["expects a prompt right after the line that asked for it"] = {
      bytes = "> a\r\nNOW\r\n> ", on = { NOW = with_prompt }, gives = { "line > a", "line NOW", "prompt > " },
    },
  },
  acknowledgements = {
    ["reports a bare 'A'"] = { bytes = "A", start = in_data_mode, gives = { "ack A" } },
    ["reports each of several in a row"] = { bytes = "AAA", start = in_data_mode, gives = { "ack AAA" } },
    ["reports those with line ends around them"] = {
      bytes = "\r\nA\r\n\r\nA\r\nA\rA\n", start = in_data_mode, gives = { "ack AAAA" },
    },
    ["reports the upload result after the last one as a line"] = {
      bytes = "AA\r\n+QFUPL: 3000,B34A\r\n\r\nOK\r\n", start = in_data_mode,
      gives = { "ack AA", "line +QFUPL: 3000,B34A", "line OK (ok)" },
    },
    ["reports the result even if it directly follows the last one"] = {
      bytes = "A+QFUPL: 1024,A\r\nOK\r\n", start = in_data_mode,
      gives = { "ack A", "line +QFUPL: 1024,A", "line OK (ok)" },
    },
    ["reports the result of an upload without any"] = {
      bytes = "CONNECT\r\n\r\n+QFUPL: 456,A\r\n\r\nOK\r\n", on = { CONNECT = in_data_mode },
      gives = { "line CONNECT (connect)", "line +QFUPL: 456,A", "line OK (ok)" },
    },
    ["leaves a line that begins with one intact"] = {
      bytes = "ABC\r\nAlert\r\n", start = in_data_mode,
      gives = { "ack A", "line ABC", "ack A", "line Alert" },
    },
    ["is the first letter of a word whichever letter follows, and of nothing else"] = {
      bytes = "Aa\r\nAz\r\nAB\r\nAZ\r\nA@\r\nA[\r\nA`\r\n", start = in_data_mode,
      gives = {
        "ack A", "line Aa", "ack A", "line Az", "ack A", "line AB", "ack A", "line AZ", "ack A", "line @", "ack A",
        "line [", "ack A", "line `",
      },
    },
    ["leaves a line that contains one intact"] = {
      bytes = "BAA\r\n+AAA\r\n0A\r\n", start = in_data_mode, gives = { "line BAA", "line +AAA", "line 0A" },
    },
    ["is not confused by noise after one"] = {
      bytes = "A\0\r\nA{\r\nA9\r\nA~\r\n", start = in_data_mode,
      gives = { "ack A", "line \0", "ack A", "line {", "ack A", "line 9", "ack A", "line ~" },
    },
    ["reports 'A' outside data mode as a line"] = {
      bytes = "A\r\nAA\r\n", gives = { "line A", "line AA" },
    },
    ["stops exactly at the end of data mode"] = {
      bytes = "A\r\nEND\r\nA\r\n", start = in_data_mode, on = { END = out_of_data_mode },
      gives = { "ack A", "line END", "line A" },
    },
    ["yields to a prompt"] = {
      bytes = "A\r\n> AAGO\r\n",
      start = function(lexer) in_data_mode(lexer) with_prompt(lexer) end,
      gives = { "ack A", "prompt > ", "ack AA", "line AGO" },
    },
  },
  files = {
    ["reports every byte of one as it is, and then lines again"] = {
      bytes = "\r\nCONNECT\r\n" .. every .. "\r\n+QFDWL: 256,0\r\n\r\nOK\r\n", on = { CONNECT = expects(256, true) },
      gives = { "line CONNECT (connect)", "data " .. every, "line +QFDWL: 256,0", "line OK (ok)" },
    },
    ["skips only the LF of the line before one"] = {
      bytes = "CONNECT\r\n\n\r\nOK\r\n", on = { CONNECT = expects(3, true) },
      gives = { "line CONNECT (connect)", "data \n\r\n", "line OK (ok)" },
    },
    ["skips nothing where the line before one has no LF"] = {
      bytes = "1\r\nOK\r\n", on = { ["1"] = expects(3, false) }, gives = { "line 1", "data \nOK" },
    },
    ["is not confused where a missing LF is skipped"] = {
      bytes = "1\rA\nOK\r\n", on = { ["1"] = expects(2, true) }, gives = { "line 1", "data A\n", "line OK (ok)" },
    },
    ["takes an empty one for none"] = {
      bytes = "CONNECT\r\n\r\nOK\r\n", on = { CONNECT = expects(0, true) },
      gives = { "line CONNECT (connect)", "line OK (ok)" },
    },
    ["takes neither acknowledgements nor prompts out of one"] = {
      bytes = "GO\r\nA> A\r\n> ",
      on = { GO = function(lexer)
        in_data_mode(lexer)
        with_prompt(lexer)
        lexer:expect_data(4, true)
      end },
      gives = { "line GO", "data A> A", "prompt > " },
    },
    ["is not limited to the length of a line"] = {
      bytes = "GO\r\n" .. long .. "OK\r\n", max_line = 16, on = { GO = expects(300, true) },
      gives = { "line GO", "data " .. long, "line OK (ok)" },
    },
  },
  overflow = {
    ["reports the head of an overlong line, and the final result code after it"] = {
      bytes = "\r\n" .. long .. "\r\n\r\nOK\r\n", max_line = 100,
      gives = { "truncated " .. long:sub(1, 100), "line OK (ok)" },
    },
    ["reports a line that just fits as a line"] = {
      bytes = ("a"):rep(20) .. "\r\n" .. ("b"):rep(21) .. "\nOK\r", max_line = 20,
      gives = { "line " .. ("a"):rep(20), "truncated " .. ("b"):rep(20), "line OK (ok)" },
    },
    ["does not take a head for a final result code"] = {
      bytes = "+CME ERROR: " .. ("1"):rep(30) .. "\r\nOK\r\n", max_line = 16,
      gives = { "truncated +CME ERROR: 1111", "line OK (ok)" },
    },
    ["applies in data mode, too"] = {
      bytes = "A" .. ("B"):rep(30) .. "\r\nOK\r\n", max_line = 16, start = in_data_mode,
      gives = { "ack A", "truncated A" .. ("B"):rep(15), "line OK (ok)" },
    },
  },
}

for group, cases in pairs(CASES) do
  describe("The lexer, for " .. group .. ", whole or in whatever pieces the bytes come,", function()
    for promise, case in pairs(cases) do
      it(promise, function() check(case) end)
    end
  end)
end

describe("An unsolicited line next to a reply", function()
  local ENDS = { CR = "\r", LF = "\n", CRLF = "\r\n", CRCRLF = "\r\r\n" }
  local URCS = {
    "+CREG: 1,\"1A2B\",\"0F3C\"", "+QIND: \"FOTA\",\"UPDATING\", 2%", "RING", "+PDP DEACT", "OKAY",
    "UNDER_VOLTAGE WARNING ", "+CSQ: 99,99",
  }
  local COMMAND, INFO = "AT+CSQ", "+CSQ: 18,0"

  --- Lines in order, with the unsolicited one inserted before line `place`.
  local function arrange(echo, urc, place)
    local lines = echo and { COMMAND, INFO, "OK" } or { INFO, "OK" }
    table.insert(lines, place, urc)
    return lines
  end

  local function case_of(lines, line_end, echo)
    local bytes, gives = {}, {}
    for i, line in ipairs(lines) do
      local is_echo = echo and line == COMMAND
      bytes[i] = is_echo and line .. "\r" or line_end .. line .. line_end
      gives[i] = "line " .. line .. (line == "OK" and " (ok)" or "")
    end
    return { bytes = table.concat(bytes), gives = gives }
  end

  for end_name, line_end in pairs(ENDS) do
    for _, echo in ipairs { true, false } do
      for _, urc in ipairs(URCS) do
        local how = ("%s, echo %s, lines end in %s"):format(urc, echo and "on" or "off", end_name)
        it("is reported in its place: " .. how, function()
          for place = 1, echo and 4 or 3 do
            check(case_of(arrange(echo, urc, place), line_end, echo))
          end
        end)
      end
    end
  end
end)

describe("A lexer", function()
  it("reports a line at its CR, without waiting for the LF", function()
    assert.same({ "line OK (ok)" }, (events_of({ "\r\nOK\r" }, {})))
  end)

  it("does not report a final result code before its line end", function()
    local events, lexer = events_of({ "\r\nO", "K" }, {})
    assert.same({}, events)
    assert.equal("OK", lexer:pending())
  end)

  it("returns what it has of an incomplete line, as much as fits", function()
    local _, lexer = events_of({ "\r\n+QIND: \"FO", long }, { max_line = 16 })
    assert.equal("+QIND: \"FOxxxxxx", lexer:pending())
    lexer:feed("\n")
    assert.equal("truncated", (lexer:next()))
    assert.equal("", lexer:pending())
  end)

  it("does not mistake a line that begins with a '>', held from the last read, for a prompt", function()
    assert.same({ "line >x" }, (events_of({ ">", "x\r" }, { start = with_prompt })))
    assert.same({ "line + x" }, (events_of({ "+", " x\r" }, { start = with_prompt })))
  end)

  it("forgets the last acknowledgement when data mode is set again", function()
    local _, lexer = events_of({ "A" }, { start = in_data_mode })
    lexer:data_mode(true)
    lexer:feed("B\r")
    assert.same({ "line", "B" }, { lexer:next() })
  end)

  it("keeps a long line whole at its default size", function()
    local line = ("z"):rep(1024)
    assert.same({ "line " .. line }, (events_of({ line .. "\r" }, {})))
    assert.same({ "truncated " .. line }, (events_of({ line .. "z\r" }, {})))
  end)

  it("finds the beginning and end of a line, however long it and the line ends before it are", function()
    for ends = 0, 70 do
      for length = 1, 70 do
        local line = ("x"):rep(length)
        local bytes = ("\n"):rep(ends) .. line .. "\r" .. ("y"):rep(70) .. "\n"
        assert.same({ "line " .. line, "line " .. ("y"):rep(70) }, (events_of({ bytes }, {})))
      end
    end
  end)

  it("ignores an empty read", function()
    assert.same({ "line OK (ok)" }, (events_of({ "", "OK", "", "\r", "" }, {})))
  end)

  it("keeps the fed bytes alive until they are consumed", function()
    local lexer = core.lexer()
    lexer:feed(("A"):rep(3) .. "\r" .. os.time() .. "\r")
    lexer:next()
    collectgarbage()
    local _, text = lexer:next()
    assert.truthy(text:match("^%d+$"))
  end)

  it("forgets everything on reset", function()
    local lexer = core.lexer()
    lexer:expect_prompt(true)
    lexer:data_mode(true)
    lexer:feed("half a line")
    lexer:next()
    lexer:reset()
    lexer:feed("> A\r")
    assert.same({ "line", "> A" }, { lexer:next() })
    assert.equal(0, select("#", lexer:next()))
  end)

  it("refuses bytes before the previous ones are consumed", function()
    local lexer = core.lexer()
    lexer:feed("OK\rRDY\r")
    lexer:next()
    assert.error_matches(function() lexer:feed("x") end, "next%(%) before feeding")
    assert.same({ "line", "RDY" }, { lexer:next() })
    lexer:feed("x")
  end)

  it("refuses invalid arguments", function()
    local lexer = core.lexer()
    assert.error_matches(function() lexer:feed() end, "string expected")
    assert.error_matches(function() lexer.next(io.stdout) end, "dfota.lexer expected")
    assert.error_matches(function() core.lexer { max_line = 15 } end, "max_line")
    assert.error_matches(function() core.lexer { max_line = 1 << 40 } end, "max_line")
    assert.error_matches(function() core.lexer { max_line = 20.5 } end, "#1 .*max_line is not an integer")
    assert.error_matches(function() core.lexer(1024) end, "table expected")
  end)

  it("describes itself", function()
    assert.equal("dfota.lexer (lines of up to 64 bytes)", tostring(core.lexer { max_line = 64 }))
  end)
end)
