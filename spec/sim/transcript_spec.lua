local folder = require "support.folder"
local transcript = require "dfota.sim.transcript"
local uv = require "luv"

local TEXT = [[
# what: a module
@ echo=none
@ latency_ms=35
> AT
<&
< \r\nOK\r\n
<.
> 1|AT+QICSGP=*
<~2.5
< \r\n\x00\\\r\n
<*11 QICSGP=***\r
<+
> +++
<=4000+ ab12
<@1024
< A
? \r\nERROR\r\n
]]

describe("A transcript", function()
  it("is read into commands and the steps that answer them", function()
    local script = assert(transcript.parse(TEXT))
    assert.same({ echo = "none", latency_ms = "35" }, script.options)
    assert.same({ { say = "\r\nERROR\r\n" } }, script.otherwise)
    assert.same({
      { phase = 0, command = "AT", prefix = false,
        steps = { { echo = true }, { say = "\r\nOK\r\n" }, { done = true } } },
      { phase = 1, command = "AT+QICSGP=", prefix = true,
        steps = { { pause_s = 0.0025 }, { say = "\r\n\0\\\r\n" },
          { say = "QICSGP=***\r", secret = 11 }, { reboot = true } } },
      { phase = 0, command = "+++", prefix = false,
        steps = { { data = 4000, open = true, sha256 = "ab12" }, { at = 1024 }, { say = "A" } } },
    }, script.entries)
  end)

  it("is written as it is read", function()
    assert.equal(TEXT, transcript.write(assert(transcript.parse(TEXT)), { "what: a module" }))
  end)

  it("reverses its own escapes for any bytes, and leaves text as it is", function()
    assert.equal([[AT+CSQ "x"\r\n\\\x00\xFF]], transcript.escape 'AT+CSQ "x"\r\n\\\0\xFF')
    math.randomseed(3)
    local pieces = { "\\", "x", "r", "n", "0", "A", "\r", "\n", "\0", "\xFF", "\27", '"', "*", "t" }
    for _ = 1, 5000 do
      local t = {}
      for i = 1, math.random(0, 12) do t[i] = pieces[math.random(#pieces)] end
      local s = table.concat(t)
      assert.equal(s, transcript.unescape(transcript.escape(s)))
    end
  end)

  for text, why in pairs {
    ["< OK"] = "line 1: an answer comes after its command",
    ["> AT\nOK"] = "line 2: a line begins with one of # @ > < ?",
    ["@ echo"] = "line 1: an option is written @ NAME=VALUE", ["# x"] = "there is no command in it",
    ["> AT\n<~x"] = "line 2: an answer is written < TEXT, and none of <* <~ <& <. <+ <= <@ fits",
  } do
    it(("is refused with the line: %q"):format(text), function()
      local script, err = transcript.parse(text)
      assert.is_nil(script)
      assert.equal(why, err)
    end)
  end

  it("can be written and read again, each of those that are kept here", function()
    for name in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir "spec/transcripts") do
      if name:find "%.txt$" then
        local script = assert(transcript.parse(folder.read("spec/transcripts/" .. name)), name)
        assert.same(script, assert(transcript.parse(transcript.write(script))))
      end
    end
  end)
end)
