local checksum_line = require "dfota.modem.checksum_line"

describe("The result of a transfer", function()
  for line, want in pairs {
    ["+QFUPL: 156104,4300"] = { 156104, 0x4300 }, ["+QFUPL:3,f6e "] = { 3, 0xF6E }, ["+QFUPL: 0,0"] = { 0, 0 },
    ["+QFUPL: 1,12345"] = {}, ["+QFUPL: 1"] = {}, ["+QFDWL: 1,0"] = {}, ["+QFUPL: -1,0"] = {}, [""] = {},
    ["+QFUPL: 1,0x12"] = {}, ["+QFUPL: 99999999999999999999,0"] = { nil, 0 },
  } do
    it(("is read from %q"):format(line), function()
      local size, sum = checksum_line.parse("+QFUPL", line)
      assert.same({ want[1], want[2] }, { size, sum })
    end)
  end
end)
