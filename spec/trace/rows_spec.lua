local rows_of = require "dfota.trace.rows"
local traced = require "support.traced"

local function short(lines, direction)
  local items, about = traced.items(lines)
  local list = {}
  for i, row in ipairs(rows_of(items, about.duration_s, direction)) do
    list[i] = ("%g %s %s|%s"):format(row.t, row.mark, row.said or "", row.heard or "")
  end
  return list
end

describe("The rows of a trace", function()
  it("have what the program said on the left, what the module said on the right, and how long it took", function()
    assert.same({ "1 > AT+CSQ|+CSQ: 25,0 | OK  (2 ms)", "2 * |RDY", "3 > AT|no answer  (1.0 s)", "4 > AT|OK  (1.5 s)" },
      short { [[1.0 tx AT+CSQ\r]], [[1.002 rx AT+CSQ\r\r\n+CSQ: 25,0\r\n\r\nOK\r\n]], [[2.0 rx RDY\r\n]],
        [[3.0 tx AT\r]], [[4.0 tx AT\r]], [[5.5 rx AT\r\r\nOK\r\n]] })
  end)

  it("fold a percentage that rises, and begin again after another stage", function()
    assert.same({
      '1 * |+QIND: "FOTA","UPDATING", 2% ... 6%  (3 lines until 3.000)', '4 * |+QIND: "FOTA","START"',
      '5 * |+QIND: "FOTA","UPDATING",2%',
    }, short {
      [[1.0 rx +QIND: "FOTA","UPDATING", 2%\r\n]], [[2.0 rx +QIND: "FOTA","UPDATING",4%\r\n]],
      [[3.0 rx +QIND: "FOTA","UPDATING",6%\r\n]], [[4.0 rx +QIND: "FOTA","START"\r\n]],
      [[5.0 rx +QIND: "FOTA","UPDATING",2%\r\n]],
    })
  end)

  it("begin again where a percentage falls, or a long silence lies between", function()
    assert.same({
      '1 * |+QIND: "FOTA","UPDATING",30% ... 40%  (2 lines until 2.000)', '3 * |+QIND: "FOTA","UPDATING",26%',
      '20 * |+QIND: "FOTA","UPDATING",50%',
    }, short {
      [[1.0 rx +QIND: "FOTA","UPDATING",30%\r\n]], [[2.0 rx +QIND: "FOTA","UPDATING",40%\r\n]],
      [[3.0 rx +QIND: "FOTA","UPDATING",26%\r\n]], [[20.0 rx +QIND: "FOTA","UPDATING",50%\r\n]],
    })
  end)

  it("fold a command that is not answered, and a line that repeats", function()
    assert.same({ "1 > AT|no answer, 3 times until 3.000", "4 * |RING  (2 times until 5.000)" }, short {
      [[1.0 tx AT\r]], [[2.0 tx AT\r]], [[3.0 tx AT\r]], [[4.0 rx RING\r\n]], [[5.0 rx RING\r\n]],
    })
  end)

  it("sum up data, and show remarks, rates, noise and what is no command", function()
    local found = short { "# baud 9600", [[1.0 tx AT+QFUPL="f",9,5,1\r]],
      [[1.1 rx AT+QFUPL="f",9,5,1\r\r\nCONNECT\r\n]], "1.2 rx A",
      "# upload of 4 bytes, sha256 aa, from 1.100000 to 1.300000", "2.0 tx +++", [[3.0 rx \xF8x]], "# remark" }
    assert.same({ "0 # 9600 baud|", "1.1 = 4 of 9 bytes in 0.2 s, 20 B/s; 1 acknowledgements|", "2 > +++|",
      "3 * |2 bytes without a line end: \\xF8x", "3 # remark|" },
      { found[1], found[3], found[4], found[6], found[5] })
  end)

  it("have one side alone where one direction is asked for", function()
    local lines = { [[1.0 tx AT\r]], [[1.1 rx AT\r\r\nOK\r\n]] }
    assert.same({ "1 > AT|" }, short(lines, "tx"))
    assert.same({ "1 > |OK  (0.1 s)" }, short(lines, "rx"))
  end)

  it("cannot control a terminal, and are cut to what can be read", function()
    local found = short { [[1.0 rx \x1B[31mred\r\n]], "2.0 rx " .. ("x"):rep(900) .. [[\r\n]] }
    assert.equal("1 * |\\x1B[31mred", found[1])
    for _, row in ipairs(found) do assert.is_true(#row < 1100) end
  end)
end)
