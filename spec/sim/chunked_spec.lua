local Chunked = require "dfota.sim.chunked"

describe("Chunks of a body", function()
  local text = "A;name=v\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n"

  it("are joined at every split", function()
    for at = 0, #text do
      local decoder = Chunked.new()
      local body = decoder:feed(text:sub(1, at)) .. decoder:feed(text:sub(at + 1))
      assert.equal("0123456789!", body)
      assert.is_true(decoder.done)
    end
  end)

  it("are joined byte by byte", function()
    local decoder, body = Chunked.new(), ""
    for byte in text:gmatch(".") do body = body .. decoder:feed(byte) end
    assert.equal("0123456789!", body)
  end)

  for what, bad in pairs {
    ["an invalid length"] = "x\r\n", ["a length beyond reason"] = "123456789\r\n",
    ["no line end after a chunk"] = "1\r\nab\r\n",
    ["an endless line"] = ("0"):rep(1025),
  } do
    it("are refused with " .. what, function() assert.is_nil(Chunked.new():feed(bad)) end)
  end
end)
