local codes = require "dfota.codes"

describe("codes", function()
  it("know every <FOTA_err> of the application note by its meaning, each with advice", function()
    local note = {
      [6500] = "unknown error", [6501] = "invalid parameter", [6502] = "package too large",
      [6503] = "download failed", [6504] = "package not found", [6505] = "writing the file failed",
      [6506] = "package does not exist", [6507] = "package error", [6508] = "update failed", [6509] = "no memory",
    }
    for number, meaning in pairs(note) do
      local entry = codes.fota(number)
      assert.equal(meaning, entry.meaning)
      assert.is_true(#entry.advice > 20)
      assert.matches("application note", entry.source)
      assert.equal(entry, codes.cme(number))
      assert.same({ number .. ": " .. meaning, entry.advice }, { codes.describe(number) })
    end
  end)

  it("know the numbers of the file commands and of CME errors", function()
    for _, number in ipairs { 3765, 3915, 3916, 3919, 3925, 4000, 4008, 4009, 4016 } do
      assert.truthy(codes.file(number), number)
      assert.truthy(codes.cme(number), number)
    end
    for _, number in ipairs { 0, 3, 10, 11, 13, 30, 100, 107, 148, 149, 302, 601, 608, 3515, 3810 } do
      assert.truthy(codes.cme(number), number)
    end
    assert.equal("no SIM", codes.cme(10).meaning)
    assert.equal("10: no SIM", (codes.describe(10)))
  end)

  it("know what the file commands' last numbers mean, and the numbers of the RDA8955's own software", function()
    for number, line in pairs {
      [4013] = "4013: bad parameter", [4014] = "4014: driver error", [4015] = "4015: creating the file failed",
      [49] = "49: not supported", [50] = "50: failed", [53] = "53: bad parameter",
      [58] = "58: command line not understood",
    } do
      assert.equal(line, (codes.describe(number)))
    end
    assert.matches("power%-cycle", (select(2, codes.describe(4014))))
  end)

  it("tell a full file system, and parameters that were not understood, from all else", function()
    for _, number in ipairs { 20, 3916, 3917, 4008, 4011, 4017 } do assert.is_true(codes.is_full(number)) end
    for _, number in ipairs { 50, 53, 58, 3518, 3765, 4013 } do assert.is_true(codes.is_parameter(number)) end
    for _, other in ipairs { 3915, 3918, 4009, 6509, "full", 4008.5 } do
      assert.is_false(codes.is_full(other))
      assert.is_false(codes.is_parameter(other))
    end
    assert.is_false(codes.is_full(nil))
    assert.is_false(codes.is_parameter(nil))
  end)

  it("say honestly that a number is in no manual, and show a text as it is", function()
    assert.equal("7777: not in the manuals of these modules", codes.describe(7777))
    assert.equal("SIM not inserted", codes.describe "SIM not inserted")
  end)

  it("give nothing for what is no number of theirs", function()
    for _, value in ipairs { -1, 6499, 6510, 6503.0, 6503.5, "6503", true, 0 / 0 } do
      assert.is_nil(codes.fota(value))
    end
    assert.is_nil(codes.fota(nil))
    assert.is_nil(codes.file(405))
  end)

  it("tell which numbers are DFOTA's own, known or not", function()
    assert.same({ true, true, false, false, false }, {
      codes.is_fota(6500), codes.is_fota(6599), codes.is_fota(6600), codes.is_fota(100), codes.is_fota "6503",
    })
  end)
end)
