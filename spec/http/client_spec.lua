local core = require "dfota.core"
local uv = require "luv"
local web = require "dfota.http.client"

describe("A web server asked for the first bytes", function()
  local server, clients

  -- Serves on the loop that `web` runs: `reply` gets the request and the client.
  local function serve(reply)
    server, clients = uv.new_tcp(), {}
    assert(server:bind("127.0.0.1", 0))
    server:listen(8, function()
      local client = uv.new_tcp()
      server:accept(client)
      clients[#clients + 1] = client
      client:read_start(function(_, bytes) if bytes then reply(bytes, client) end end)
    end)
    return { host = "127.0.0.1", port = server:getsockname().port, path = "/a" }
  end

  after_each(function()
    for _, client in ipairs(clients or {}) do if not client:is_closing() then client:close() end end
    if server then server:close() end
    server, clients = nil, nil
    uv.run "nowait"
  end)

  it("is read", function()
    local asked
    local url = serve(function(bytes, client)
      asked = bytes
      client:write "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
    end)
    local answer = assert(web.first_bytes(url, 5))
    assert.same({ 200, 3, "abc" }, { answer.status, answer.size, answer.head })
    assert.is_truthy(asked:find "^GET /a HTTP/1.1\r\n")
  end)

  it("is read even if it sends byte by byte", function()
    local url = serve(function(_, client)
      for byte in ("HTTP/1.1 404 Not Found\r\n\r\n"):gmatch "." do client:write(byte) end
    end)
    assert.equal(404, assert(web.first_bytes(url, 5)).status)
  end)

  for name, reply in pairs {
    ["says nothing"] = function() end,
    ["never ends its headers"] = function(_, client) client:write "HTTP/1.1 200 OK\r\nX: " end,
  } do
    it("times out if it " .. name, function()
      local before = core.now()
      local answer, why = web.first_bytes(serve(reply), 0.2)
      assert.is_nil(answer)
      assert.equal("no answer within 0.2 s", why)
      assert.is_true(core.now() - before < 1)
    end)
  end

  it("fails if it hangs up, speaks another protocol, or does not exist", function()
    local hung = serve(function(_, client) client:close() end)
    assert.same({ nil, "the connection was closed without a response" }, { web.first_bytes(hung, 5) })
    server:close()
    local mail = serve(function(_, client) client:write "220 mail\r\n" end)
    assert.same({ nil, "the server does not speak HTTP" }, { web.first_bytes(mail, 5) })
    assert.same({ nil, "connection refused" }, { web.first_bytes({ host = "127.0.0.1", port = 1, path = "/" }, 5) })
  end)

  it("is not found by a name that does not exist", function()
    local answer, why = web.first_bytes({ host = "no-such-host.invalid", port = 80, path = "/" }, 5)
    assert.is_nil(answer)
    assert.matches("no%-such%-host.invalid", why)
  end)

  it("is not taken for an address if one of its numbers is too large", function()
    local getent = uv.spawn
    finally(function() uv.spawn = getent end)
    local looked_up
    uv.spawn = function(_, how)
      looked_up = how.args[3]
      return nil, "ENOENT: no such file or directory"
    end
    for _, host in ipairs { "256.0.0.1", "1.256.0.1", "1.2.256.1", "1.2.3.256", "1.2.3", "1.2.3.4.5" } do
      assert.same({ nil, "names cannot be resolved on this machine: no such file or directory" },
        { web.first_bytes({ host = host, port = 1, path = "/" }, 5) })
      assert.equal(host, looked_up)
    end
    assert.same({ nil, "connection refused" }, { web.first_bytes({ host = "127.0.0.1", port = 1, path = "/" }, 5) })
  end)

  it("that resets the connection is reported in words, and nothing stays open", function()
    local new_tcp = uv.new_tcp
    finally(function() uv.new_tcp = new_tcp end)
    for err, words in pairs { ECONNRESET = "connection reset", EPIPE = "connection closed", EIO = "EIO" } do
      local timer, open = uv.new_timer(), true
      uv.new_tcp = function()
        local function later(fn) timer:start(1, 0, fn) end
        return {
          connect = function(_, _, _, fn) later(fn) return true end, write = function() end,
          read_start = function(_, fn) later(function() fn(err) end) end,
          is_closing = function() return not open end, close = function() open = false end,
        }
      end
      assert.same({ nil, words }, { web.first_bytes({ host = "127.0.0.1", port = 1, path = "/" }, 5) })
      assert.is_false(open)
      timer:close()
    end
  end)

  it("is found by its name", function()
    local url = serve(function(_, client) client:write "HTTP/1.1 404 Not Found\r\n\r\n" end)
    url.host = "localhost"
    assert.equal(404, assert(web.first_bytes(url, 5)).status)
  end)

  it("is not waited for after a signal", function()
    local before = core.now()
    local answer, err = web.first_bytes(serve(function() end), 5, function()
      if core.now() - before > 0.05 then return nil, core.error("interrupted", "interrupted by a signal") end
      return true
    end)
    assert.is_nil(answer)
    assert.equal("interrupted", err.kind)
    assert.is_true(core.now() - before < 1)
  end)
end)
