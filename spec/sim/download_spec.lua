local Dialogue = require "support.dialogue"

-- A module that has requested a URL; `tell(news)` plays the network, and returns the module's output.
local function asking(spec)
  local some = { http = "real" }
  for name, value in pairs(spec or {}) do some[name] = value end
  local talk = Dialogue.new(some)
  talk:attach()
  talk:ask('AT+QFOTADL="http://a/b"')
  local request = assert(talk.m:take_request())
  return talk, request, function(news, seconds)
    talk.m:fetched(request, news, talk.t)
    return Dialogue.split(talk:listen(seconds or 0.1))
  end
end

local function stage(text) return '+QIND: "FOTA",' .. text end

describe("The simulated module's download", function()
  it("is requested once, with the URL and the maximum size", function()
    local talk, request = asking { pack_max = 2000 }
    assert.equal("http://a/b", request.url)
    assert.equal(2000, request.limit)
    assert.is_nil(talk.m:take_request())
  end)

  it("reports whole steps as they come, each once, and 100 % with the whole body", function()
    local talk, _, tell = asking()
    assert.same({ stage '"DOWNLOADING",0%' }, tell { received = 99, total = 1000 })
    assert.same({ stage '"DOWNLOADING",10%', stage '"DOWNLOADING",20%' }, tell { received = 299, total = 1000 })
    assert.same({}, tell { received = 299, total = 1000 })
    local rest = tell { body = talk:package() }
    assert.same({ stage '"DOWNLOADING",90%', stage '"DOWNLOADING",100%', stage '"HTTPEND",0' },
      table.move(rest, #rest - 2, #rest, 1, {}))
    assert.equal(8 + 1, #rest)
    talk:listen(20)
    assert.equal("B", talk.m.revision)
  end)

  it("reports 0 % while the total is unknown", function()
    local _, _, tell = asking()
    assert.same({ stage '"DOWNLOADING",0%' }, tell { received = 5000 })
  end)

  it("passes on why it failed", function()
    local _, _, tell = asking()
    assert.same({ stage '"HTTPEND",6504' }, tell { code = 6504 })
  end)

  for switch in pairs { command = true, ["end"] = true } do
    it("treats a damaged body as a failed download if no length was announced, refusing at " .. switch, function()
      local talk, _, tell = asking { bad_package = switch }
      local said = tell { body = talk:package():sub(1, -2), unsure = true }
      assert.equal(stage '"HTTPEND",6503', said[#said])
      assert.equal("", talk:listen(20))
    end)
  end

  it("treats it as a damaged package if the length was announced, and accepts a complete one either way", function()
    local talk, _, tell = asking()
    local said = tell { body = talk:package():sub(1, -2) }
    assert.equal(stage '"HTTPEND",6507', said[#said])
    talk, _, tell = asking()
    tell({ body = talk:package(), unsure = true }, 20)
    assert.equal("B", talk.m.revision)
  end)

  it("ignores news about an abandoned request", function()
    local talk, request = asking { pdp_drop = "time:10" }
    talk:listen(10)
    assert.is_false(talk.m:fetched(request, { body = talk:package() }, talk.t))
    talk:listen(20)
    assert.equal("MC65FAR01A01", talk.m.revision)
  end)
end)
