local checksum = require "dfota.sim.checksum"

-- As worded in the FILE manual: XOR of 16-bit big-endian words, an odd last byte is a high byte.
local function by_the_manual(bytes)
  local sum = 0
  for i = 1, #bytes, 2 do sum = sum ~ ((bytes:byte(i) << 8) | (bytes:byte(i + 1) or 0)) end
  return sum
end

describe("The checksum of the file commands", function()
  for bytes, sum in pairs {
    [""] = 0, ["\0"] = 0, ["A"] = 0x4100, ["AB"] = 0x4142, ["ABC"] = 0x4142 ~ 0x4300, ["ABAB"] = 0,
    ["\xFF"] = 0xFF00, ["\xFF\xFF"] = 0xFFFF, ["\0\xFF"] = 0x00FF, ["\0\0\0\1"] = 1,
  } do
    it(("of %q is %04X"):format(bytes, sum), function() assert.equal(sum, checksum(bytes)) end)
  end

  it("matches the manual for every length around the eight bytes summed at once", function()
    for length = 0, 40 do
      local bytes = {}
      for i = 1, length do bytes[i] = string.char((i * 37 + length * 11) % 256) end
      bytes = table.concat(bytes)
      assert.equal(by_the_manual(bytes), checksum(bytes), length)
    end
  end)

  it("detects one flipped bit, wherever it is", function()
    local bytes = ("\0"):rep(21)
    for i = 1, #bytes do
      for bit = 0, 7 do
        local wrong = bytes:sub(1, i - 1) .. string.char(1 << bit) .. bytes:sub(i + 1)
        assert.equal(i % 2 == 1 and 1 << (bit + 8) or 1 << bit, checksum(wrong))
      end
    end
  end)

  it("has at most four hexadecimal digits, also for bytes with the highest bit set", function()
    for _, byte in ipairs { "\x80", "\xFF" } do
      for length = 1, 17 do
        local sum = checksum(byte:rep(length))
        assert.is_true(math.type(sum) == "integer" and sum >= 0 and sum <= 0xFFFF)
      end
    end
  end)
end)
