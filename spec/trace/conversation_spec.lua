local digest = require "openssl.digest"
local traced = require "support.traced"

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- An item in short: kind, what was said, its reply's lines.
local function short(item)
  local words = { item.kind, item.text or item.bytes or item.baud or item.size }
  for _, line in ipairs(item.reply or {}) do words[#words + 1] = line.text end
  return table.concat(words, "|")
end

local function shorts(lines)
  local list = {}
  for i, item in ipairs((traced.items(lines))) do list[i] = short(item) end
  return list
end

describe("A conversation", function()
  it("joins each command with its reply, and knows when both came", function()
    local items, about = traced.items { [[0.1 tx AT+CSQ\r]], [[0.2 rx AT+CSQ\r]], [[0.3 rx \r\n+CSQ: 25,0\r\n]],
      [[0.5 rx \r\nOK\r\n]] }
    assert.equal(1, #items)
    local item = items[1]
    assert.same({ "command", "AT+CSQ", 0.1, 0.5, "ok", "whole", 2 },
      { item.kind, item.text, item.t, item.done_t, item.final, item.echo, item.line })
    assert.same({ { text = "+CSQ: 25,0", t = 0.3 }, { text = "OK", t = 0.5 } }, item.reply)
    assert.same({ true, 0.5 }, { about.echoes, about.duration_s })
  end)

  it("is the same at every split of what was sent and received", function()
    local tx, rx = "AT+CPIN?\r", "AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\nRDY\r\n"
    local escape = require("dfota.at.trace").escape
    for cut = 1, #rx - 1 do
      local at = math.min(cut, #tx - 1)
      local found = shorts { "1.0 tx " .. escape(tx:sub(1, at)), "1.0 tx " .. escape(tx:sub(at + 1)),
        "2.0 rx " .. escape(rx:sub(1, cut)), "2.0 rx " .. escape(rx:sub(cut + 1)) }
      assert.same({ "command|AT+CPIN?|+CPIN: READY|OK", "unsolicited|RDY" }, found)
    end
  end)

  it("marks what nobody asked for, also within a reply", function()
    assert.same({ "command|ATI|MC65|OK", 'unsolicited|+QIND: "FOTA","START"', "unsolicited|+CREG: 1" }, shorts {
      [[0.1 tx ATI\r]], [[0.2 rx ATI\r\r\nMC65\r\n+QIND: "FOTA","START"\r\n]], [[0.3 rx +CREG: 1\r\n\r\nOK\r\n]],
    })
  end)

  it("takes a known unsolicited line for the reply of the command that asks for it", function()
    assert.same({ "command|AT+CPIN?|+CPIN: READY|OK", "unsolicited|+CPIN: READY" }, shorts {
      [[0.1 tx AT+CPIN?\r]], [[0.2 rx AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n+CPIN: READY\r\n]],
    })
  end)

  it("gives a late reply to the command that it answers, by the echo of the next one", function()
    local items = traced.items { [[0.1 tx AT+CSQ\r]], [[0.2 rx AT+CSQ\r\r\nOK\r\n]], [[1.0 tx AT+CBC\r]],
      [[1.1 rx AT+CBC\r]], [[6.0 tx AT+CREG?\r]],
      [[6.1 rx \r\n+CBC: 1\r\n\r\nOK\r\nAT+CREG?\r\r\n+CREG: 0,1\r\nOK\r\n]] }
    assert.same({ "command|AT+CSQ|OK", "command|AT+CBC|+CBC: 1|OK", "command|AT+CREG?|+CREG: 0,1|OK" },
      { short(items[1]), short(items[2]), short(items[3]) })
    assert.same({ nil, true, nil, 6.0 }, { items[1].late, items[2].late, items[3].late, items[2].next_t })
  end)

  it("knows a command that was never answered", function()
    local items = traced.items { [[0.1 tx AT\r]], [[0.4 tx AT\r]], [[0.5 rx AT\r\r\nOK\r\n]] }
    assert.is_nil(items[1].done_t)
    assert.same({ 0.4, 0.5 }, { items[1].next_t, items[2].done_t })
  end)

  it("joins replies where the module does not echo", function()
    local items, about = traced.items { [[0.1 tx AT\r]], [[0.2 rx \r\nOK\r\n]], [[0.3 tx AT+CSQ\r]],
      [[0.4 rx \r\n+CSQ: 1,0\r\nOK\r\n]] }
    assert.same({ "command|AT|OK", "command|AT+CSQ|+CSQ: 1,0|OK" }, { short(items[1]), short(items[2]) })
    assert.same({ false, nil }, { about.echoes, items[1].echo })
  end)

  it("knows a damaged echo, and an unsolicited line inside one", function()
    local items = traced.items { [[0.1 tx AT+CSQ\r]], [[0.2 rx \xF8AT+CSQ\r\r\nOK\r\n]], [[0.3 tx AT+CBC\r]],
      [[0.4 rx AT+C\r\n+CREG: 1\r\nBC\r\r\nOK\r\n]] }
    assert.equal("damaged", items[1].echo)
    assert.equal("damaged", items[2].echo)
    assert.same({ "command|AT+CBC|OK", "unsolicited|+CREG: 1" }, { short(items[2]), short(items[3]) })
  end)

  it("knows the echo of a masked command", function()
    local items = traced.items { [[0.1 tx AT+QICSGP=1,"net","**","**"\r]],
      [[0.2 rx AT+QICSGP=*****************\r\r\nOK\r\n]] }
    assert.same({ "whole", "ok" }, { items[1].echo, items[1].final })
    assert.equal(1, #items[1].reply)
  end)

  it("sums up an upload from its remark, and its acknowledgements", function()
    local items = traced.items(traced.UPDATE)
    local data
    for _, item in ipairs(items) do data = item.kind == "data" and item or data end
    assert.same({ 2000, 2000, 0.51, 0.7, ("ab"):rep(32), 1 },
      { data.size, data.declared, data.t, data.to_t, data.sha256, data.acks })
  end)

  it("sums up an upload whose data is in the trace in the same way", function()
    local items = traced.items { [[0.1 tx AT+QFUPL="f",6,5,0\r]], [[0.2 rx AT+QFUPL="f",6,5,0\r\r\nCONNECT\r\n]],
      [[0.3 tx AT\r]], [[0.4 tx +++]], [[0.5 rx \r\n+QFUPL: 3,0\r\nOK\r\n]] }
    assert.same({ "command", "command" }, { items[1].kind, items[3].kind })
    items = traced.items { [[0.1 tx AT+QFUPL="f",6,5,0\r]], [[0.2 rx AT+QFUPL="f",6,5,0\r\r\nCONNECT\r\n]],
      [[0.3 tx abc]], [[0.4 tx AT\r]], [[0.5 rx \r\n+QFUPL: 6,0\r\nOK\r\n]], [[0.6 tx AT\r]] }
    local data = items[2]
    assert.same({ "data", 6, 0.3, 0.4, hex(digest.new("sha256"):final("abcAT\r")) },
      { data.kind, data.size, data.t, data.to_t, data.sha256 })
    assert.equal("command|AT+QFUPL=\"f\",6,5,0|CONNECT|+QFUPL: 6,0|OK", short(items[1]))
  end)

  it("sums up a file that was read back", function()
    local items = traced.items { [[1.0 tx AT+QFDWL="f"\r]], [[1.1 rx AT+QFDWL="f"\r\r\nCONNECT\r\n]],
      "# read-back of 9 bytes, sha256 ab, from 1.200000 to 1.300000", [[1.4 rx \r\n+QFDWL: 9,0\r\n\r\nOK\r\n]] }
    assert.same({ kind = "data", received = true, t = 1.2, to_t = 1.3, line = 4, size = 9, sha256 = "ab", acks = 0 },
      items[2])
    assert.equal('command|AT+QFDWL="f"|CONNECT|+QFDWL: 9,0|OK', short(items[1]))
  end)

  it("shows what was sent that is no command, remarks, rates, and bytes without a line end", function()
    assert.same({ "rate|9600", "command|AT", "noise|\xF0\xF1", "rate|115200", "sent|+++", "note|exit code 0" }, shorts {
      "# baud 9600", [[0.1 tx AT\r]], [[0.2 rx \xF0\xF1]], "# baud 115200", [[0.3 tx +++]], "# exit code 0",
    })
  end)

  it("gives the state behind the OK of AT+QISTAT to it", function()
    assert.same({ "command|AT+QISTAT|OK|STATE: IP INITIAL" }, shorts {
      [[0.1 tx AT+QISTAT\r]], [[0.2 rx AT+QISTAT\r\r\nOK\r\n\r\nSTATE: IP INITIAL\r\n]],
    })
  end)

  it("of nothing is nothing", function()
    local items, about = traced.items {}
    assert.same({ {}, 0 }, { items, about.duration_s })
  end)
end)
