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
    { "the SIM's own number, a caller's and those of a phone book", {
      { "rx", '+CNUM: "","+491701234567",145\r\n+CLIP: "0301234",129\r\n', "+CNUM:" .. ("*"):rep(23) .. "\r\n+CLIP:"
        .. ("*"):rep(14) .. "\r\n" },
      { "tx", 'AT+CPBW=1,"0301234",129\r', 'AT+CPBW=1,"*******",***\r' },
      { "rx", '+CPBR: 1,"0301234",129,"Bob"\r\n+CCWA: "0301"\r\n',
        "+CPBR:" .. ("*"):rep(22) .. "\r\n+CCWA:*******\r\n" },
      { "tx", "ATD+491701234567;\r", "ATD*************;\r" },
      { "rx", "ATD+491701234567;\r\r\nNO CARRIER\r\n", "ATD*************;\r\r\nNO CARRIER\r\n" },
    } },
    { "a message that arrives, its sender and its text, but not the notice of one", {
      { "rx", '+CMTI: "SM",3\r\n+CMT: "+4917012",,"26/11/28"\r\nOh, call 0301234\r\nRDY\r\n',
        '+CMTI: "SM",3\r\n+CMT:' .. ("*"):rep(23) .. "\r\nO" .. ("*"):rep(15) .. "\r\nRDY\r\n" },
      { "rx", "+CMT: ,24\r\n07911326040000F0\r\n+QIND: \"FOTA\",\"START\"\r\n",
        "+CMT:****\r\n****************\r\n+QIND: \"FOTA\",\"START\"\r\n" },
      { "rx", "+CDS: 25\r\n0006D60B911326\r\n+CDS: 6,8,\"+4917\"\r\nRING\r\n",
        "+CDS:***\r\n**************\r\n+CDS:************\r\nRING\r\n" },
      { "rx", "+CMT: \"1\"\r\n+QIND: \"FOTA\",\"END\",0\r\n", "+CMT:****\r\n+QIND: \"FOTA\",\"END\",0\r\n" },
    } },
    { "messages that are listed, up to the OK", {
      { "tx", "AT+CMGL=4\r", "AT+CMGL=4\r" },
      { "rx", "+CMGL: 1,1,,24\r\n0791\r\n+CMGL: 2,\"4917\"\r\nOn\r\n+49\r\n\r\nOK\r\n+CREG: 1\r\n",
        "+CMGL:********\r\n****\r\n+CMGL:*********\r\nO*\r\n+**\r\n\r\nOK\r\n+CREG: 1\r\n" },
      { "tx", "AT+CMGR=1\r", "AT+CMGR=1\r" },
      { "rx", "+CMGR: 1,,24\r\n0791\r\n", "+CMGR:******\r\n****\r\n" },
      { "tx", "AT+CSQ\r", "AT+CSQ\r" },
      { "rx", "AT+CSQ\r\r\n+CSQ: 25,0\r\n", "AT+CSQ\r\r\n+CSQ: 25,0\r\n" },
    } },
    { "a message that is sent: number, text and the echo of both", {
      { "tx", 'AT+CMGS="+4917012"\r', 'AT+CMGS="********"\r' },
      { "rx", 'AT+CMGS="+4917012"\r\r\n> ', "AT+CMGS=**********\r\r\n> " },
      { "tx", "updated\r0301234\26AT+CSQ\r", "*******\r*******\26AT+CSQ\r" },
      { "rx", "updated\r\n> 0301234\r\n+CMGS: 12\r\n\r\nOK\r\n", "*******\r\n> *******\r\n+CMGS: 12\r\n\r\nOK\r\n" },
      { "tx", 'AT+CMGW="4917"\r', 'AT+CMGW="****"\r' },
      { "rx", "\r\n> ", "\r\n> " },
      { "tx", "\27AT\r", "\27AT\r" },
    } },
    { "what is said to and by a network's service, and the centre of messages", {
      { "tx", 'AT+CUSD=1,"*100#",15\r', 'AT+CUSD=1,"*****",**\r' },
      { "rx", '+CUSD: 0,"Your number is 0301234",15\r\n', "+CUSD:" .. ("*"):rep(30) .. "\r\n" },
      { "tx", "AT+CSCA?\r", "AT+CSCA?\r" },
      { "rx", '+CSCA: "+49171076",145\r\nOK\r\n', "+CSCA:****************\r\nOK\r\n" },
    } },
    { "a file of the SIM, but not the length of its network code", {
      { "tx", "AT+CRSM=176,12258,0,0,10\r", "AT+CRSM=176,12258,0,0,10\r" },
      { "rx", '+CRSM: 144,0,"98"\r\nOK\r\n', "+CRSM:***********\r\nOK\r\n" },
      { "tx", "AT+CRSM=176,28589,0,0,4\r", "AT+CRSM=176,28589,0,0,4\r" },
      { "rx", '+CRSM: 144,0,"00000002"\r\nOK\r\n', '+CRSM: 144,0,"00000002"\r\nOK\r\n' },
      { "tx", "AT+CSIM=10,\"A0A40000023F00\"\r", "AT+CSIM=10,\"**************\"\r" },
      { "rx", '+CSIM: 4,"9F17"\r\n', "+CSIM:*********\r\n" },
    } },
    { "passwords of the SIM", {
      { "tx", 'AT+CLCK="SC",1,"1234"\r', 'AT+CLCK="SC",1,"****"\r' },
      { "rx", 'AT+CLCK="SC",1,"1234"\r\r\nOK\r\n', "AT+CLCK=*************\r\r\nOK\r\n" },
      { "tx", 'AT+CPWD="SC","1234","4321"\r', 'AT+CPWD="SC","****","****"\r' },
      { "tx", 'AT+CPIN2="1234"\r', 'AT+CPIN2="****"\r' },
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
