local Dialogue = require "support.dialogue"

local ANSWER = "\r\n+CSQ: 25,0\r\n\r\nOK\r\n"

local function talk_with(spec)
  spec.echo = true
  return Dialogue.new(spec)
end

describe("The echo of the simulated module", function()
  it("may have noise before it, at the given lines, counted from each start", function()
    local talk = talk_with { echo_noise = "1" }
    for _ = 1, 2 do
      local first = talk:ask("AT+CSQ")
      assert.equal(1 + #("AT+CSQ\r" .. ANSWER), #first)
      assert.equal("AT+CSQ\r" .. ANSWER, first:sub(2))
      assert.equal("AT+CSQ\r" .. ANSWER, talk:ask("AT+CSQ"))
      talk:ask("AT+CFUN=1,1", 10)
    end
  end)

  it("has its noise once, before the line and not inside it, and not before an empty line", function()
    local talk = talk_with { echo_noise = "1+2", echo_noise_bytes = 3 }
    assert.equal("\r", talk:send("\r", 0.1))
    local heard = ""
    for byte in ("AT+CSQ\r"):gmatch(".") do heard = heard .. talk:send(byte, 0.001) end
    assert.equal("AT+CSQ\r", heard:sub(4, 10))
  end)

  it("may contain an unsolicited line, also in pieces, at a set place, command and count", function()
    local spec = { echo_urc = "+CREG: 1", echo_urc_at = 4, echo_urc_in = "CSQ", echo_urc_times = 1 }
    local talk = talk_with(spec)
    assert.equal("AT+CREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n", talk:ask("AT+CREG?"))
    assert.equal("AT+C\r\n+CREG: 1\r\nSQ\r" .. ANSWER, talk:ask("AT+CSQ"))
    assert.equal("AT+CSQ\r" .. ANSWER, talk:ask("AT+CSQ"))
    talk = talk_with { echo_urc = "+CREG: 1", echo_urc_at = 4 }
    assert.equal("AT+", talk:send("AT+", 0.1))
    assert.equal("C\r\n+CREG: 1\r\nSQ\r" .. ANSWER, talk:send("CSQ\r"))
  end)

  it("may contain one anywhere, at random", function()
    local talk, inside = talk_with { echo_chatter = 0.5 }, 0
    for _ = 1, 200 do
      local answer = talk:ask("AT+CSQ", 0.1)
      if answer:find("^A[T+CSQ]*\r\n%+CREG: 1\r\n[T+CSQ]+\r\r\n%+CSQ") then inside = inside + 1 end
    end
    assert.truthy(inside > 60 and inside < 140, inside)
  end)

  it("comes when the line is polled, in one piece, and the answer after a wait for LF", function()
    local talk = talk_with { poll_s = 0.015, lf_wait_s = 0.02 }
    local heard = ""
    for byte in ("AT+CSQ\r"):gmatch(".") do heard = heard .. talk:send(byte, 0.001) end
    assert.equal("", heard)
    assert.equal("AT+CSQ\r", talk:listen(0.01))
    assert.equal("", talk:listen(0.015))
    assert.equal(ANSWER, talk:listen(0.01))
    assert.equal("AT+CSQ\r" .. ANSWER, talk:send("AT+CSQ\r\n", 0.018))
  end)

  it("may be the last output before a crash, and the line it belongs to is never carried out", function()
    local talk = talk_with { echo_urc = "+CREG: 1", echo_urc_at = 4, echo_urc_times = 1, crash = "line:1" }
    talk:ask("AT+CSQ", 10)
    assert.equal("AT+CSQ\r" .. ANSWER, talk:ask("AT+CSQ"))
  end)
end)
