local Fetch = require "dfota.sim.fetch"
local core = require "dfota.core"
local uv = require "luv"

local PATIENCE_S = 20

-- A server that answers one request with some bytes and closes. Returns its port and the request.
local function serve(answer)
  local server, asked = uv.new_tcp(), {}
  assert(server:bind("127.0.0.1", 0))
  server:listen(1, function()
    local client = uv.new_tcp()
    server:accept(client)
    client:read_start(function(_, bytes)
      if not bytes or asked.text then return end
      asked.text = bytes
      client:write(answer, function() client:close() end)
    end)
  end)
  return server, asked
end

local function fetch(answer, limit)
  local server, asked = serve(answer)
  local request = { url = ("http://127.0.0.1:%d/a.pack"):format(server:getsockname().port), limit = limit }
  local self, deadline = Fetch.start(request), core.now() + PATIENCE_S
  local news
  repeat
    uv.run("nowait")
    news = self:step()
  until news and (news.body or news.code) or core.now() > deadline
  self:close()
  server:close()
  uv.run("nowait")
  return news, asked.text
end

local OK = "HTTP/1.1 200 OK\r\n"
local CHUNKS = OK .. "Transfer-Encoding: chunked\r\n\r\n"

describe("The simulated module's own download", function()
  it("gives up on a header that does not end within 16 kB", function()
    local head = OK .. "Content-Length: 5\r\nX: "
    assert.equal("hello", fetch(head .. ("x"):rep(16384 - #head - 4) .. "\r\n\r\nhello").body)
    assert.equal(6503, fetch(OK .. ("x"):rep(16385 - #OK)).code)
  end)

  local cases = {
    ["accepts a body of the announced length"] = { OK .. "Content-Length: 5\r\n\r\nhello", body = "hello" },
    ["accepts the announced length, and no more"] = { OK .. "content-length:5\r\n\r\nhello world", body = "hello" },
    ["accepts an empty body"] = { OK .. "Content-Length: 0\r\n\r\n", body = "" },
    ["is not sure of a body without a length"] = { OK .. "\r\nhello", body = "hello", unsure = true },
    ["accepts chunks"] = { CHUNKS .. "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", body = "hello" },
    ["reports a truncated body as 6503"] = { OK .. "Content-Length: 6\r\n\r\nhello", code = 6503 },
    ["reports truncated chunks as 6503"] = { CHUNKS .. "5\r\nhello\r\n", code = 6503 },
    ["reports invalid chunks as 6503"] = { CHUNKS .. "2\r\nhello\r\n", code = 6503 },
    ["reports an invalid response as 6503"] = { "hello", code = 6503 },
    ["reports a server error as 6503"] = { "HTTP/1.0 500 No\r\n\r\n", code = 6503 },
    ["reports a redirect as 6503"] = { "HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n", code = 6503 },
    ["reports a missing file as 6504"] = { "HTTP/1.1 404 Not Found\r\n\r\n", code = 6504 },
    ["reports a length beyond its limit as 6502"] = { OK .. "Content-Length: 6\r\n\r\n", limit = 5, code = 6502 },
    ["reports a body beyond its limit as 6502"] = { OK .. "\r\nhello!", limit = 5, code = 6502 },
    ["reports chunks beyond its limit as 6502"] = { CHUNKS .. "6\r\nhello!\r\n0\r\n\r\n", limit = 5, code = 6502 },
  }
  for what, case in pairs(cases) do
    it(what, function()
      local news = fetch(case[1], case.limit)
      assert.equal(case.code, news.code)
      assert.equal(case.body, news.body)
      assert.equal(case.unsure, news.unsure)
    end)
  end

  it("requests with HTTP/1.0 and the host's name", function()
    local _, asked = fetch(OK .. "Content-Length: 0\r\n\r\n")
    assert.truthy(asked:find("^GET /a%.pack HTTP/1%.0\r\nHost: 127%.0%.0%.1:%d+\r\n"), asked)
  end)
end)
