local codes = require "dfota.modem.codes"

describe("codes", function()
  it("contain every <FOTA_err> of the application note with its meaning, each with advice", function()
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

  it("contain the codes of the file commands and CME errors", function()
    for _, number in ipairs { 3765, 3915, 3916, 3919, 3925, 4000, 4008, 4009, 4016 } do
      assert.truthy(codes.cme(number), number)
    end
    for _, number in ipairs { 0, 3, 10, 11, 13, 30, 100, 107, 148, 149, 302, 601, 608, 3515, 3810 } do
      assert.truthy(codes.cme(number), number)
    end
    assert.equal("no SIM", codes.cme(10).meaning)
    assert.equal("10: no SIM", (codes.describe(10)))
  end)

  it("contain the last codes of the file commands, and those of the RDA8955's own software", function()
    for number, line in pairs {
      [4013] = "4013: bad parameter", [4014] = "4014: driver error", [4015] = "4015: creating the file failed",
      [49] = "49: not supported", [50] = "50: failed", [53] = "53: bad parameter",
      [58] = "58: command line not understood",
    } do
      assert.equal(line, (codes.describe(number)))
    end
    assert.matches("power%-cycle", (select(2, codes.describe(4014))))
  end)

  -- As in the manuals of the siblings: FILE V1.5, AT of MC60, M66 and M95, HTTP; a word of each meaning.
  local MANUALS = {
    file = {
      [3765] = "invalid", [3915] = "address", [3916] = "UFS is full", [3917] = "drive is full", [3918] = "drive",
      [3919] = "not found", [3920] = "name", [3921] = "exists", [3922] = "creating", [3923] = "writing",
      [3924] = "opening", [3925] = "reading", [4000] = "longer", [4001] = "opening", [4002] = "writing",
      [4003] = "size", [4004] = "reading", [4005] = "listing", [4006] = "deleting", [4007] = "drive",
      [4008] = "no space left", [4009] = "time", [4010] = "not found", [4011] = "too large", [4012] = "exists",
      [4013] = "parameter", [4014] = "driver", [4015] = "creating", [4016] = "denied", [4017] = "too large",
    },
    cme = {
      [0] = "failure", [3] = "not allowed", [4] = "not supported", [10] = "no SIM", [11] = "PIN", [12] = "PUK",
      [13] = "SIM failure", [14] = "busy", [15] = "wrong SIM", [16] = "password", [20] = "memory is full",
      [21] = "index", [22] = "not found", [23] = "memory failure", [30] = "no network", [31] = "in time",
      [32] = "emergency", [100] = "unknown", [103] = "illegal", [106] = "illegal", [107] = "not allowed",
      [111] = "PLMN", [112] = "location", [113] = "roaming", [132] = "not supported", [133] = "not subscribed",
      [134] = "out of order", [148] = "unspecified", [149] = "authentication", [150] = "class",
      [302] = "still running", [601] = "not recognised", [602] = "returned", [603] = "syntax", [604] = "unspecified",
      [605] = "data transfer", [606] = "already in progress", [607] = "not an AT", [608] = "too long", [609] = "search",
      [3515] = "busy", [3517] = "not ready", [3518] = "parameter", [3769] = "channel", [3771] = "call",
      [3772] = "off", [3773] = "CFUN", [3801] = "time", [3802] = "busy", [3803] = "UART", [3805] = "network busy",
      [3806] = "opening", [3807] = "configured", [3808] = "deactivated", [3809] = "network error", [3810] = "bad URL",
      [3811] = "empty URL", [3813] = "name", [3814] = "socket", [3815] = "connection", [3818] = "closed",
      [3822] = "response", [3827] = "too long", [3828] = "memory", [3829] = "redirected",
    },
  }

  it("contain every code of the siblings' manuals, and no other", function()
    for kind, numbers in pairs(MANUALS) do
      for number, word in pairs(numbers) do
        local entry = assert((codes[kind] or codes.cme)(number), number)
        assert.truthy(entry.meaning:find(word, 1, true), number .. " means " .. entry.meaning)
      end
    end
    local rda = { [49] = true, [50] = true, [53] = true, [58] = true }
    for number = 0, 6499 do
      local known = MANUALS.file[number] or MANUALS.cme[number] or rda[number]
      assert.equal(known ~= nil, codes.cme(number) ~= nil, number)
    end
  end)

  it("distinguish a full file system, and parameters that were not accepted, from all others", function()
    for _, number in ipairs { 20, 3916, 3917, 4008, 4011, 4017 } do assert.is_true(codes.is_full(number)) end
    for _, number in ipairs { 50, 53, 58, 3518, 3765, 4013 } do assert.is_true(codes.is_parameter(number)) end
    for _, other in ipairs { 3915, 3918, 4009, 6509, "full", 4008.5 } do
      assert.is_false(codes.is_full(other))
      assert.is_false(codes.is_parameter(other))
    end
    assert.is_false(codes.is_full(nil))
    assert.is_false(codes.is_parameter(nil))
  end)

  it("say that a code is in no manual, and show a text as it is", function()
    assert.equal("7777: not in the manuals of these modules", codes.describe(7777))
    assert.equal("SIM not inserted", codes.describe "SIM not inserted")
  end)

  it("return nothing for anything that is not one of them", function()
    for _, value in ipairs { -1, 6499, 6510, 6503.0, 6503.5, "6503", true, 0 / 0 } do
      assert.is_nil(codes.fota(value))
    end
    assert.is_nil(codes.fota(nil))
    assert.is_nil(codes.cme(405))
  end)

  it("show which codes are DFOTA's own, known or not", function()
    assert.same({ true, true, false, false, false }, {
      codes.is_fota(6500), codes.is_fota(6599), codes.is_fota(6600), codes.is_fota(100), codes.is_fota "6503",
    })
  end)
end)
