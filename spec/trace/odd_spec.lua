local odd = require "dfota.trace.odd"
local reader = require "dfota.trace.reader"
local traced = require "support.traced"

local function found_in(lines, silence_s)
  local ended = table.move(lines, 1, #lines, 1, {})
  ended[#ended + 1] = "# exit code 0"
  local items, about, entries, damaged, cut = traced.items(ended)
  return odd(items, about, entries, damaged, cut, silence_s)
end

local function short(lines, silence_s)
  local list = {}
  for i, found in ipairs(found_in(lines, silence_s)) do
    list[i] = ("%g %s: %s"):format(found.t, found.what, found.text)
  end
  return list
end

local ECHOES = { [[0.1 tx AT\r]], [[0.2 rx AT\r\r\nOK\r\n]] }

-- After a command that the module has echoed.
local function then_comes(lines)
  return table.move(lines, 1, #lines, #ECHOES + 1, table.move(ECHOES, 1, #ECHOES, 1, {}))
end

describe("What is odd in a trace:", function()
  it("nothing, in one that goes well but for the reboot", function()
    assert.same({ "9.1 unanswered: AT was not answered, 2 times until 9.400 s", "9.5 boot: the module booted" },
      short(traced.UPDATE))
  end)

  for what, case in pairs {
    ["a command without an answer"] = { { [[1.0 tx AT+CSQ\r]], [[2.0 tx AT+CBC\r]], [[2.1 rx AT+CBC\r\r\nOK\r\n]] },
      "1 unanswered: AT+CSQ was not answered" },
    ["a late reply"] = { { [[1.0 tx AT+CBC\r]], [[1.1 rx AT+CBC\r]], [[2.0 tx AT+CSQ\r]],
      [[2.1 rx OK\r\nAT+CSQ\r\r\nOK\r\n]] },
      "1 late: the reply to AT+CBC came late, at 2.100 s, after the next command was sent" },
    ["an error, with its meaning and what can be done"] = { { [[1.0 tx AT+CPIN?\r]],
      [[1.1 rx AT+CPIN?\r\r\n+CME ERROR: 10\r\n]] }, "1 error: AT+CPIN?: 10: no SIM" },
    ["a plain ERROR"] = { { [[1.0 tx AT+X\r]], [[1.1 rx AT+X\r\r\nERROR\r\n]] }, "1 error: AT+X: ERROR" },
    ["an error of a message"] = { { [[1.0 tx AT+X\r]], [[1.1 rx AT+X\r\r\n+CMS ERROR: 500\r\n]] },
      "1 error: AT+X: CMS error 500" },
    ["a failed update"] = { { [[1.0 rx +QIND: "FOTA","END",6508\r\n]] }, "1 error: END: 6508: update failed" },
    ["a failed download"] = { { [[1.0 rx +QIND: "FOTA","HTTPEND",6503\r\n]] },
      "1 error: HTTPEND: 6503: download failed" },
    ["an end that cannot be read"] = { { [[1.0 rx +QIND: "FOTA","END",x\r\n]] }, "1 error: END: x" },
    ["an error that answers nothing"] = { { [[1.0 rx +CME ERROR: 6507\r\n]] },
      "1 error: an error that answers nothing: 6507: package error" },
    ["a damaged echo"] = { { [[1.0 tx AT+CSQ\r]], [[1.1 rx \xF8AT+CSQ\r\r\nOK\r\n]] },
      "1 echo: the echo of AT+CSQ was damaged" },
    ["a missing echo"] = { { [[1.0 tx AT+CSQ\r]], [[1.1 rx OK\r\n]] }, "1 echo: AT+CSQ was answered without an echo" },
    ["bytes that are no text"] = { { [[1.0 rx +CR\xFFEG\r\n]] }, "1 garbage: bytes that are no text: +CR\\xFFEG" },
    ["bytes without a line end"] = { { [[1.0 rx abc]] }, "1 garbage: 3 bytes without a line end: abc" },
    ["the same line many times"] = { { [[1.0 rx +CREG: 1\r\n+CREG: 1\r\n+CREG: 1\r\n]], [[2.0 rx +CREG: 1\r\n]] },
      "1 repeated: +CREG: 1 came 4 times in a row, until 2.000 s" },
    ["a reply without its end"] = { { [[1.0 tx AT+CSQ\r]], [[1.1 rx AT+CSQ\r\r\n+CSQ: 1,0\r\n]] },
      "1 incomplete: the reply to AT+CSQ has no final result code" },
    ["a slow reply"] = { { [[1.0 tx AT+COPS?\r]], [[7.0 rx AT+COPS?\r\r\nOK\r\n]] },
      "1 slow: the reply to AT+COPS? took 6.0 s" },
    ["a silence"] = { { [[1.0 rx RING\r\n]], [[13.0 rx RING\r\n]] }, "1 silence: nothing for 12 s, until 13.000 s" },
    ["another rate"] = { { "# baud 115200", "# baud 115200", "# baud 9600" }, "0.2 rate: from here on at 9600 baud" },
    ["an upload that was broken off"] = { { [[1.0 tx AT+QFUPL="f",9,5,0\r]],
      [[1.1 rx AT+QFUPL="f",9,5,0\r\r\nCONNECT\r\n]], "# upload of 4 bytes, sha256 aa, from 1.2 to 1.3",
      [[1.4 rx OK\r\n]] }, "1.2 upload: 4 of 9 bytes were uploaded" },
    ["a second trigger"] = { { [[1.0 tx AT+QFOTADL=1\r]], [[1.1 rx AT+QFOTADL=1\r\r\nOK\r\n]],
      [[2.0 tx AT+QFOTADL=1\r]], [[2.1 rx AT+QFOTADL=1\r\r\nOK\r\n]] },
      "2 trigger: the update was triggered again: number 2 in this run" },
    ["a failing supply"] = { { [[1.0 rx UNDER_VOLTAGE WARNING\r\n]] },
      "1 power: the module reported UNDER_VOLTAGE WARNING" },
    ["a trace that was cut off"] = { { "# the trace ends here: max_trace_bytes is reached" },
      "0.2 cut: the trace was cut off here" },
    ["a damaged line of the file"] = { { "1.0 up X" }, "0.2 damaged: a line of the file is damaged" },
    ["many damaged lines, in one"] = { { "1.0 up X", "2.0 up X", "3.0 rx RING\\r\\n", "4.0 up X" },
      "0.2 damaged: 3 lines of the file are damaged, the last is line 7, this the first" },
    ["a percentage that falls"] = { { [[1.0 rx +QIND: "FOTA","UPDATING",40%\r\n]],
      [[2.0 rx +QIND: "FOTA","UPDATING",26%\r\n]] }, "2 fell: the update went back from 40 % to 26 %" },
    ["a second start in mid-update"] = { { [[1.0 rx +QIND: "FOTA","START"\r\n]],
      [[2.0 rx +QIND: "FOTA","UPDATING",40%\r\n]], [[3.0 rx +QIND: "FOTA","START"\r\n]] },
      "3 restart: the update began again after 40 %: START came once more" },
    ["a start after the end"] = { { [[1.0 rx +QIND: "FOTA","START"\r\n]], [[2.0 rx +QIND: "FOTA","END",0\r\n]],
      [[3.0 rx +QIND: "FOTA","START"\r\n]] }, "3 restart: the update began again after its end: START came once more" },
    ["an update that stands still, once"] = { { [[1.0 rx +QIND: "FOTA","UPDATING",40%\r\n]],
      [[27.0 rx +QIND: "FOTA","UPDATING",41%\r\n]] },
      "1 standstill: the update stood still at 40 %: nothing was heard of it for 26 s, until 27.000 s" },
    ["a sweep of rates at which nobody answers"] = { { "# baud 115200", [[1.0 tx AT\r]], "# baud 9600", [[2.0 tx AT\r]],
      "# baud 4800", [[3.0 tx AT\r]], "# baud 115200", [[4.0 tx AT\r]], [[4.1 rx AT\r\r\nOK\r\n]] },
      "1 unanswered: AT was not answered, 3 times until 3.000 s, at 2 other rates" },
  } do
    it(what, function() assert.same({ case[2] }, short(then_comes(case[1]))) end)
  end

  it("nothing, in an update that is triggered again after its end", function()
    assert.same({ "5 trigger: the update was triggered again: number 2 in this run" }, short(then_comes {
      [[1.0 tx AT+QFOTADL=1\r]], [[1.1 rx AT+QFOTADL=1\r\r\nOK\r\n]], [[2.0 rx +QIND: "FOTA","START"\r\n]],
      [[3.0 rx +QIND: "FOTA","UPDATING",90%\r\n]], [[4.0 rx +QIND: "FOTA","END",0\r\n]], [[5.0 tx AT+QFOTADL=1\r]],
      [[5.1 rx AT+QFOTADL=1\r\r\nOK\r\n]], [[6.0 rx +QIND: "FOTA","START"\r\n]],
      [[7.0 rx +QIND: "FOTA","UPDATING",2%\r\n]],
    }))
  end)

  it("the rate that answers at last, where it is another", function()
    assert.same({ "1 unanswered: AT was not answered", "1 rate: from here on at 9600 baud" }, short(then_comes {
      "# baud 115200", [[1.0 tx AT\r]], "# baud 9600", [[2.0 tx AT\r]], [[2.1 rx AT\r\r\nOK\r\n]] }))
  end)

  it("a trace without its end, at the time where it ends", function()
    local BEGINNING = traced.BEGINNING .. "\n"
    for text, where in pairs {
      [BEGINNING] = { 0, 1 }, [BEGINNING .. "1.5 tx AT\\r\n"] = { 1.5, 2 },
      [BEGINNING .. "1.5 tx AT\\r\n2.0 r"] = { 1.5, 3 }, [BEGINNING:sub(1, 20)] = { 0, 1 },
      [BEGINNING:sub(1, -2) .. "# baud 96001.0 rx A"] = { 0, 1 },
    } do
      local entries, damaged, cut = reader.entries(assert(reader.runs(text))[1])
      local found = odd({}, { echoes = false, duration_s = 0 }, entries, damaged, cut)
      assert.same({ 1, "cut", where }, { #found, found[1].what, { found[1].t, found[1].line } }, text)
    end
  end)

  it("a silence only from the length on that is asked for", function()
    local lines = { [[1.0 rx RING\r\n]], [[13.0 rx RING\r\n]] }
    assert.same({}, short(lines, 13))
    assert.equal(1, #short(lines, 12))
  end)

  it("has code and advice where the module gave a code, and the line in the file", function()
    local found = found_in { [[1.0 tx AT+QFOTADL=1\r]], [[1.1 rx AT+QFOTADL=1\r\r\n+CME ERROR: 6507\r\n]] }
    assert.same({ 6507, 2 }, { found[1].code, found[1].line })
    assert.is_truthy(found[1].advice:find "package")
  end)

  it("no percentage that rises, and no address without an OK", function()
    assert.same({}, short { [[1.0 rx +QIND: "FOTA","UPDATING",1%\r\n]], [[2.0 rx +QIND: "FOTA","UPDATING",2%\r\n]],
      [[3.0 rx +QIND: "FOTA","UPDATING",3%\r\n]], [[4.0 tx AT+QILOCIP\r]], [[4.1 rx AT+QILOCIP\r\r\n10.0.0.1\r\n]] })
  end)
end)
