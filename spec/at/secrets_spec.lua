local Secrets = require "dfota.at.secrets"

local PASSWORD = "s3cretpw"

-- Cut after each of these bytes.
local function in_pieces(text, cuts)
  local list, from = {}, 1
  for _, at in ipairs(cuts) do
    list[#list + 1] = text:sub(from, at)
    from = at + 1
  end
  list[#list + 1] = text:sub(from)
  return list
end

local function streamed(secrets, pieces)
  local stream, out = secrets:stream(), {}
  for _, piece in ipairs(pieces) do out[#out + 1] = stream:feed(piece) end
  out[#out + 1] = stream:flush()
  return table.concat(out)
end

local CASES = {
  { "in an error", PASSWORD, "+CME ERROR: bad password s3cretpw\r\n", "+CME ERROR: bad password ********\r\n" },
  { "twice, and only its beginning behind that", PASSWORD, "s3cretpws3cretpw s3cretp\r\n",
    "**************** s3cretp\r\n" },
  { "overlapping itself", "abab", "xababab abaab\r\n", "x****** abaab\r\n" },
  { "of one letter", "aaaa", "aaaaaa aaa\r\n", "****** aaa\r\n" },
  { "with characters that patterns know", "%w+.", "x%w+.y %w+\r\n", "x****y %w+\r\n" },
  { "at the very end", PASSWORD, "> s3cretpw", "> ********" },
  { "begun and not ended", PASSWORD, "> s3cret", "> s3cret" },
}

describe("A password that a module repeats", function()
  for _, case in ipairs(CASES) do
    local name, password, said, shown = table.unpack(case)

    it("is masked " .. name .. ", and in a text its length cannot be seen", function()
      assert.equal((shown:gsub("%*+", "****")), Secrets.new(password):masked(said))
    end)

    it("is masked " .. name .. ", wherever the reads are cut", function()
      local secrets, every = Secrets.new(password), {}
      for i = 1, #said do
        every[i] = i
        for k = i, #said do assert.equal(shown, streamed(secrets, in_pieces(said, { i, k }))) end
      end
      assert.equal(shown, streamed(secrets, in_pieces(said, every)))
    end)
  end

  it("is held back no longer than it may still be one", function()
    local stream = Secrets.new(PASSWORD):stream()
    assert.equal("OK ", stream:feed "OK s3c")
    assert.equal("s3cOK\r\n", stream:feed "OK\r\n")
    assert.equal("\r\n> ", stream:feed "\r\n> ")
  end)

  it("is masked beside others", function()
    local secrets = Secrets.new(PASSWORD)
    secrets:add "another1"
    assert.equal("******** ********\r\n", streamed(secrets, in_pieces("another1 s3cretpw\r\n", { 3, 12 })))
  end)

  it("is left alone where it is too short, or a part of the APN's name", function()
    for _, secrets in ipairs { Secrets.new "web", Secrets.new("vodafone", "web.vodafone.de"), Secrets.new(),
      Secrets.new "" } do
      assert.equal("web.vodafone.de", secrets:masked "web.vodafone.de")
    end
  end)

  it("is known from the command that it was sent with", function()
    for _, command in ipairs { 'AT+QICSGP=1,"net","me","s3cretpw"', 'AT+QIREGAPP="net","me","s3cretpw"' } do
      local secrets = Secrets.new()
      secrets:learn(command)
      assert.equal("bad ****", secrets:masked "bad s3cretpw")
    end
  end)

  it("costs nothing where there is none: what was read is passed on as it is", function()
    local stream, bytes = Secrets.new():stream(), ("x"):rep(4096)
    stream:feed(bytes)
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    for _ = 1, 1000 do stream:feed(bytes) end
    local grown = collectgarbage "count" - before
    collectgarbage "restart"
    assert.is_true(grown < 1, grown)
  end)
end)
