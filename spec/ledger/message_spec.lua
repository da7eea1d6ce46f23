local message = require "dfota.ledger.message"

describe("A message between a ledger and its worker", function()
  local VALUES = {
    { n = 0 }, { nil, nil, n = 2 }, { true, false, 1, -2, 0.1, math.mininteger, n = 6 },
    { "", "a\0b\r\n\"\\]]\xFF", ("x"):rep(100000), n = 3 },
    { ("a\0\r\n]]"):rep(800), { ("b"):rep(4096), { key = ("c"):rep(4095) } }, ("d"):rep(4097), n = 3 },
    { { a = 1, b = { "c", { } }, [2] = "two" }, nil, "end", n = 3 }, { 1e300, -math.huge, n = 2 },
  }

  it("is the same at the other end", function()
    for _, values in ipairs(VALUES) do
      local taken, rest = message.take(message.pack(table.unpack(values, 1, values.n)))
      assert.same(values, taken)
      assert.equal("", rest)
    end
  end)

  it("is waited for until complete, wherever it is split", function()
    local bytes = message.pack("done", { a = 1 }) .. "rest"
    local whole = #bytes - 4
    for cut = 0, whole - 1 do assert.is_nil(message.take(bytes:sub(1, cut))) end
    local taken, rest = message.take(bytes)
    assert.same({ "done", { a = 1 }, n = 2 }, taken)
    assert.equal("rest", rest)
  end)
end)
