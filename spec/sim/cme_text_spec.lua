local cme = require "dfota.sim.cme_text"

describe("The texts of AT+CMEE=2", function()
  it("belong to the codes as in the siblings' manuals, and to no others", function()
    assert.same({
      [3] = "operation not allowed", [4] = "operation not supported", [10] = "SIM not inserted",
      [11] = "SIM PIN required", [12] = "SIM PUK required", [13] = "SIM failure", [14] = "SIM busy",
      [16] = "incorrect password", [100] = "unknown", [302] = "Command conflict", [3765] = "Invalid input value",
      [3916] = "UFS file system full", [3919] = "File not found", [3920] = "Invalid file name",
      [3921] = "File already existed", [4008] = "No space", [4009] = "Time out", [4010] = "File not found",
      [4011] = "File too large", [4012] = "File already exist", [4013] = "Invalid parameter",
    }, cme)
  end)
end)
