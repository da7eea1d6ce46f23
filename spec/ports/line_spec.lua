local line = require "dfota.ports.line"

describe("The line to type", function()
  it("is the call once more, with the port in it", function()
    for expected, call in pairs {
      ["dfota-info --port /dev/ttyUSB0"] = { "dfota-info", {} },
      ["lua5.4 scripts/update.lua --port /dev/ttyUSB0 --to MC65FAR01A02 A2B.pack"] =
        { "lua5.4 scripts/update.lua", { "--to", "MC65FAR01A02", "A2B.pack" } },
      ["dfota-update --port /dev/ttyUSB0 'my package.pack' 'it'\\''s' '$HOME' ''"] =
        { "dfota-update", { "my package.pack", "it's", "$HOME", "" } },
    } do
      assert.equal(expected, line.with_port(call[1], call[2], "/dev/ttyUSB0"))
    end
  end)

  it("quotes a port with an odd name, and cannot control a terminal", function()
    assert.equal("dfota-info --port '/tmp/my port' '\\x1B[2J'",
      line.with_port("dfota-info", { "\27[2J" }, "/tmp/my port"))
  end)

  it("has no password in it, but the name of a file that has one", function()
    for given, expected in pairs {
      ["--password secret"] = "--password '***'", ["--password=secret"] = "'--password=***'",
      ["--password @pw"] = "--password @pw", ["--password=@pw"] = "--password=@pw",
    } do
      local args = { "--apn", "iot" }
      for word in given:gmatch "%S+" do args[#args + 1] = word end
      args[#args + 1] = "http://h/a"
      assert.equal("x --port p --apn iot " .. expected .. " http://h/a", line.with_port("x", args, "p"))
    end
  end)
end)
