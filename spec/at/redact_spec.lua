local redact = require "dfota.at.redact"

local function all_bytes()
  local bytes = {}
  for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
  return table.concat(bytes)
end

describe("secrets", function()
  -- What is sent or received, and what must be masked in it; a "*" stands for a masked byte.
  local conversations = {
    { "APN, user and password of QICSGP, and their echo", {
      { "tx", 'AT+QICSGP=1,"net","me","p,w;d"\r', 'AT+QICSGP=1,"net","**","*****"\r' },
      { "rx", 'AT+QICSGP=1,"net","me","p,w;d"\r\r\nOK\r\n', 'AT+QICSGP=********************\r\r\nOK\r\n' },
    } },
    { "QIREGAPP and the answer to its query, quoted or not", {
      { "tx", 'at+qiregapp="net","me","pw";+CSQ\r', 'at+qiregapp="net","**","**";+CSQ\r' },
      { "tx", "AT+QIREGAPP?\r", "AT+QIREGAPP?\r" },
      { "rx", '+QIREGAPP: net,me,pw\r\nOK\r\n', "+QIREGAPP:**********\r\nOK\r\n" },
    } },
    { "a PIN, but not the state of the SIM", {
      { "tx", 'AT+CPIN="1234"\r', 'AT+CPIN="****"\r' },
      { "rx", 'AT+CPIN="1234"\r\r\nOK\r\n+CPIN: READY\r\n', "AT+CPIN=******\r\r\nOK\r\n+CPIN: READY\r\n" },
    } },
    { "an IMSI that comes bare, but not an IMEI", {
      { "tx", "AT+CIMI\r", "AT+CIMI\r" },
      { "rx", "AT+CIMI\r\r\n460001234567890\r\n\r\nOK\r\n", "AT+CIMI\r\r\n***************\r\n\r\nOK\r\n" },
      { "tx", "AT+GSN\r", "AT+GSN\r" },
      { "rx", "AT+GSN\r\r\n861234567890123\r\n\r\nOK\r\n", "AT+GSN\r\r\n861234567890123\r\n\r\nOK\r\n" },
    } },
    { "an IMSI that comes after a late OK of an earlier command", {
      { "tx", "AT\rAT+CIMI\r", "AT\rAT+CIMI\r" },
      { "rx", "OK\r\n\x00460001234567890\r\nOK\r\n12\r\n", "OK\r\n\0***************\r\nOK\r\n12\r\n" },
    } },
    { "nothing of another number behind a command with credentials", {
      { "tx", "AT+CPIN?\rAT+GSN\r", "AT+CPIN?\rAT+GSN\r" },
      { "rx", "+CPIN: READY\r\n861234567890123\r\n", "+CPIN: READY\r\n861234567890123\r\n" },
      { "tx", 'AT+CPIN="1234"\r', 'AT+CPIN="****"\r' },
      { "rx", "861234567890123\r\n", "861234567890123\r\n" },
    } },
    { "an ICCID in each of its spellings", {
      { "tx", "AT+QCCID;+CCID\r", "AT+QCCID;+CCID\r" },
      { "rx", '89860012345678901234\r\n+CCID: "8986"\r\nOK\r\n', '********************\r\n+CCID:*******\r\nOK\r\n' },
    } },
    { "nothing of an error that answers the question for the IMSI", {
      { "tx", "AT+CIMI\r", "AT+CIMI\r" },
      { "rx", "+CME ERROR: 10\r\n861234567890123\r\n", "+CME ERROR: 10\r\n861234567890123\r\n" },
    } },
    { "an echo whose command's name was damaged", {
      { "tx", 'AT+QICSGP=1,"net","me","pw"\r', 'AT+QICSGP=1,"net","**","**"\r' },
      { "rx", 'AT+QI\xF7SGP=1,"net","me","pw"\r\nOK\r\nA=1\r\n', 'AT+QI\xF7SGP=*****************\r\nOK\r\nA=1\r\n' },
    } },
    { "nothing that is no secret", {
      { "tx", 'AT+QFUPL="fota.pack",156104,60,1\r', 'AT+QFUPL="fota.pack",156104,60,1\r' },
      { "rx", 'CONNECT\r\n+CSQ: 25,0\r\n', 'CONNECT\r\n+CSQ: 25,0\r\n' },
      { "rx", '+QIND: "FOTA","END",0\r\n', '+QIND: "FOTA","END",0\r\n' },
    } },
  }

  local function said(mask, conversation, cut)
    local out = {}
    for _, turn in ipairs(conversation) do
      out[#out + 1] = mask(turn[1], turn[2]:sub(1, cut)) .. mask(turn[1], turn[2]:sub(cut + 1))
    end
    return out
  end

  local function expected(conversation)
    local out = {}
    for i, turn in ipairs(conversation) do out[i] = turn[3] end
    return out
  end

  for _, case in ipairs(conversations) do
    it("mask " .. case[1] .. ", at every split of the reads", function()
      local longest = 0
      for _, turn in ipairs(case[2]) do longest = math.max(longest, #turn[2]) end
      for cut = 0, longest do assert.same(expected(case[2]), said(redact.new(), case[2], cut)) end
    end)

    it("mask " .. case[1] .. ", byte by byte", function()
      local mask = redact.new()
      for _, turn in ipairs(case[2]) do
        assert.equal(turn[3], (turn[2]:gsub(".", function(byte) return mask(turn[1], byte) end)))
      end
    end)
  end

  it("leave binary data alone and do not accumulate it", function()
    local mask, data = redact.new(), (all_bytes():gsub("[\r\n]", "")):rep(20)
    for _ = 1, 10 do assert.equal(data, mask("tx", data)) end
  end)

  it("never change the number of bytes", function()
    math.randomseed(2)
    local pieces = { "AT+QICSGP=", '"', ",", ";", "\r", "\n", "CIMI", "460", "+CCID:", "OK", "ERROR", "\0", "=" }
    local mask = redact.new()
    for _ = 1, 5000 do
      local t = {}
      for i = 1, math.random(0, 8) do t[i] = pieces[math.random(#pieces)] end
      local s = table.concat(t)
      assert.equal(#s, #mask(math.random(2) == 1 and "rx" or "tx", s))
    end
  end)

  it("mask each piece of an echo that unsolicited lines cut, and nothing that a module says by itself", function()
    local command = 'AT+QICSGP=1,"net","bob","hunter2"'
    for cut = 1, #command - 1 do
      local mask = redact.new()
      mask("tx", command .. "\r")
      local cut_in_two = command:sub(1, cut) .. "\r\n+CREG: 1\r\nRING\r\n" .. command:sub(cut + 1)
      local shown = mask("rx", cut_in_two .. "\r\r\nOK\r\n")
      for _, secret in ipairs { "hunter", "unter2", "nter2", "bob", "net" } do
        assert.is_nil(shown:find(secret, 1, true), shown)
      end
      assert.is_truthy(shown:find("\r\n+CREG: 1\r\nRING\r\n", 1, true), shown)
      assert.is_truthy(shown:find("\r\nOK\r\n", 1, true))
    end
  end)
end)
