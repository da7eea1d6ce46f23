local Secrets = require "dfota.at.secrets"
local transcript = require "dfota.at.transcript"

describe("A transcript", function()
  local said, new

  before_each(function()
    said = {}
    function new(options)
      local t = transcript.new(function(direction, line) said[#said + 1] = direction .. " " .. line end, options)
      return t, t:tap()
    end
  end)

  it("shows commands and replies line by line, without echo and empty lines, however they are cut", function()
    local all = { { "tx", "AT+CSQ\r" }, { "rx", "AT+CSQ\r\r\n+CSQ: 25,0\r\n\r\nOK\r\n" }, { "rx", "\r\nRDY\r\n" } }
    for size = 1, 30 do
      said = {}
      local _, tap = new()
      for _, chunk in ipairs(all) do
        for i = 1, #chunk[2], size do tap(chunk[1], chunk[2]:sub(i, i + size - 1), 0) end
      end
      assert.same({ "tx AT+CSQ", "rx +CSQ: 25,0", "rx OK", "rx RDY" }, said, size)
    end
  end)

  it("shows what looks like an echo but comes again", function()
    local _, tap = new()
    tap("tx", "AT\r")
    tap("rx", "AT\r\r\nAT\r\n")
    assert.same({ "tx AT", "rx AT" }, said)
  end)

  it("shows a prompt and a text without a line end once the other side speaks", function()
    local _, tap = new()
    tap("tx", 'AT+CMGS="1"\r')
    tap("rx", '\r\n> ')
    tap("tx", "hello\26")
    tap("rx", "\r\n+CMGS: 1\r\n")
    assert.same({ 'tx AT+CMGS="****"', "rx > ", "tx ****\\x1A", "rx +CMGS: 1" }, said)
  end)

  it("masks secrets, as lines and as bytes", function()
    for _, options in ipairs { {}, { bytes = true } } do
      said = {}
      local _, tap = new(options)
      tap("tx", 'AT+QICSGP=1,"net","user","geheim"\r')
      tap("rx", 'AT+QICSGP=1,"net","user","geheim"\r\r\nOK\r\n')
      tap("tx", "AT+CIMI\r")
      tap("rx", "AT+CIMI\r\r\n460001234567890\r\n\r\nOK\r\n")
      local text = table.concat(said, "\n")
      for _, secret in ipairs { "geheim", '"user"', "460001234567890" } do
        assert.is_nil(text:find(secret, 1, true), text)
      end
      assert.is_truthy(text:find("AT+QICSGP=1", 1, true))
    end
  end)

  it("shows of no secret how long it is, as lines and as bytes, wherever the bytes are cut", function()
    local function all(password, bytes, size)
      said = {}
      local _, tap = new { bytes = bytes, secrets = Secrets.new(password) }
      local function give(direction, text)
        for i = 1, #text, size do tap(direction, text:sub(i, i + size - 1)) end
      end
      give("tx", ('AT+QICSGP=1,"net","me","%s"\r'):format(password))
      give("rx", ('AT+QICSGP=1,"net","me","%s"\r\r\n+CME ERROR: bad %s*\r\n'):format(password, password))
      give("tx", ('AT+CPIN="%s"\r'):format(password))
      return table.concat(said):gsub("[tr]x ", "")
    end
    for _, bytes in ipairs { true, false } do
      local whole = all("geheim", bytes, 1000)
      assert.is_truthy(whole:find('QICSGP=1,"net","****","****"', 1, true), whole)
      for size = 1, 9 do
        for _, password in ipairs { "geheim", "1234", ("x"):rep(40) } do
          assert.equal(whole, all(password, bytes, size), password .. " in pieces of " .. size)
        end
      end
    end
  end)

  it("shows stars that were received as they are", function()
    for _, bytes in ipairs { true, false } do
      said = {}
      local _, tap = new { bytes = bytes, secrets = Secrets.new "s3cretpw" }
      tap("rx", "*** PSUTTZ: **\r\n")
      tap("rx", "*E*\r\n")
      assert.is_truthy(table.concat(said):find "^rx %*%*%* PSUTTZ: %*%*\\?r?\\?n?rx %*E%*", table.concat(said))
    end
  end)

  it("sums a package up, and its acknowledgements", function()
    local t, tap = new()
    tap("tx", 'AT+QFUPL="fota.pack",5,60,1\r')
    tap("rx", "\r\nCONNECT\r\n")
    t:begin_data()
    tap("tx", "\0\1AT")
    tap("rx", "AA")
    tap("tx", "x")
    tap("rx", "A\r\n")
    t:end_data()
    tap("rx", "\r\n+QFUPL: 5,0\r\n")
    assert.same({ 'tx AT+QFUPL="fota.pack",5,60,1', "rx CONNECT", "tx (5 bytes of data)", "rx (3 acknowledgements)",
      "rx +QFUPL: 5,0" }, said)
  end)

  it("says nothing of acknowledgements where there are none", function()
    local t = new()
    t:begin_data()
    t:end_data()
    assert.same({ "tx (0 bytes of data)" }, said)
  end)

  it("of bytes shows each chunk as it is, escaped, and still no package", function()
    local t, tap = new { bytes = true }
    tap("tx", "AT\r")
    tap("rx", "AT\r\r\n")
    tap("rx", "OK\r\n\0")
    t:begin_data()
    tap("tx", "secret package")
    t:end_data()
    assert.same({ "tx AT\\r", "rx AT\\r\\r\\n", "rx OK\\r\\n\\x00", "tx (14 bytes of data)" }, said)
  end)

  it("shows printable ASCII alone, whatever comes over the line", function()
    math.randomseed(6500)
    for _, options in ipairs { {}, { bytes = true } } do
      local t, tap = new(options)
      for case = 1, 300 do
        local bytes = {}
        for i = 1, math.random(0, 40) do bytes[i] = string.char(math.random(0, 255)) end
        if case % 50 == 0 then t:begin_data() end
        tap(math.random() < 0.5 and "tx" or "rx", table.concat(bytes))
        if case % 50 == 10 and t.data then t:end_data() end
      end
    end
    assert.is_true(#said > 100)
    for _, line in ipairs(said) do assert.is_nil(line:find "[^ -~]") end
  end)

  it("sums a file up that the module sends, whole or broken off", function()
    for bytes, want in pairs { [false] = { "tx AT+QFDWL=\"a\"", "rx CONNECT", "rx (8 bytes of data)", "rx OK" },
      [true] = { "tx AT+QFDWL=\"a\"\\r", "rx \\r\\nCONNECT\\r\\n", "rx (8 bytes of data)", "rx \\r\\nOK\\r\\n" } } do
      said = {}
      local t, tap = new { bytes = bytes }
      t:expect_data(8)
      tap("tx", 'AT+QFDWL="a"\r')
      tap("rx", "\r\nCONNECT\r\nsec")
      tap("rx", "ret\r\n\r\nOK\r\n")
      t:end_data()
      assert.same(want, said)
    end
    local t, tap = new()
    said = {}
    t:expect_data(8)
    tap("rx", "\r\nCONNECT\r\nsec")
    t:end_data()
    tap("rx", "RDY\r\n")
    assert.same({ "rx CONNECT", "rx (3 bytes of data)", "rx RDY" }, said)
  end)

  it("holds no line back without limit", function()
    local _, tap = new()
    for _ = 1, 30 do tap("rx", ("x"):rep(100)) end
    assert.equal(1, #said)
  end)

  it("masks a password that the module repeats, in lines and in bytes, wherever the reads are cut", function()
    local reply = "\r\n+CME ERROR: bad s3cretpw\r\n> s3c"
    for i = 1, #reply do
      for _, bytes in ipairs { true, false } do
        said = {}
        local _, tap = new { bytes = bytes, secrets = Secrets.new "s3cretpw" }
        tap("rx", reply:sub(1, i))
        tap("rx", reply:sub(i + 1))
        tap("tx", "AT\r")
        local all = table.concat(said):gsub("rx ", "")
        local ends = bytes and { "\\r\\n", "\\r" } or { "", "" }
        assert.equal(("%s+CME ERROR: bad ****%s> s3ctx AT%s"):format(ends[1], ends[1], ends[2]), all)
      end
    end
  end)
end)
