local http_answer = require "dfota.http.answer"

local BODY = ("RDAOTA01"):rep(64)

local function answer(status, headers, body) return ("HTTP/1.1 %s\r\n%s\r\n%s"):format(status, headers, body or "") end

describe("A web server's response", function()
  for name, case in pairs {
    ["to a range request, with the size of the whole file"] =
      { answer("206 Partial Content", "Content-Range: bytes 0-511/156104\r\n", BODY), 206, 156104, BODY },
    ["by a server without range support"] =
      { answer("200 OK", "content-length:  60000\r\nServer: x\r\n", BODY .. "more"), 200, 60000, BODY },
    ["of a small file"] = { answer("206 X", "Content-Range: bytes 0-2/3\r\n", "abc"), 206, 3, "abc" },
    ["of an empty file"] = { answer("200 OK", "Content-Length: 0\r\n"), 200, 0, "" },
    ["of an empty file that has no range"] = { answer("416 X", "Content-Range: bytes */0\r\n"), 416, 0, "" },
    ["that is chunked"] =
      { answer("200 OK", "Transfer-Encoding: chunked\r\n", "1f4;x\r\n" .. BODY .. "\r\n0\r\n\r\n"), 200, nil, BODY },
    ["with bare LF line ends"] = { "HTTP/1.0 200 OK\nContent-Length: 1\n\nx", 200, 1, "x" },
    ["after another one"] = { "HTTP/1.1 100 Continue\r\n\r\n" .. answer("404 Not Found", ""), 404, nil, "" },
  } do
    it(name .. " is the same at every split", function()
      for at = 0, #case[1] do
        local found = http_answer.parse(case[1]:sub(1, at), false)
        if found then assert.equal(case[2], found.status) end
      end
      local found = assert(http_answer.parse(case[1], true))
      assert.same({ case[2], case[3] }, { found.status, found.size })
      assert.equal(case[4], found.head)
    end)
  end

  it("contains the target of a redirect", function()
    assert.equal("http://x/y", http_answer.parse(answer("302 Found", "Location: http://x/y\r\n"), false).location)
  end)

  it("is not read beyond the first bytes, nor is an error page", function()
    assert.is_truthy(http_answer.parse(answer("200 OK", "Content-Length: 9999999\r\n", BODY), false))
    assert.is_nil(http_answer.parse(answer("200 OK", "Content-Length: 9999999\r\n", "RDA"), false))
    assert.is_truthy(http_answer.parse(answer("404 Not Found", "Content-Length: 100\r\n", "<ht"), false))
  end)

  for name, case in pairs {
    ["not a web server"] = { "220 mail.example.com ESMTP\r\n", "does not speak HTTP" },
    ["end of file within the headers"] = { "HTTP/1.1 200 OK\r\nServer:", "closed" },
    ["nothing at all"] = { "", "closed" },
    ["an invalid status"] = { "HTTP/1.1 abc\r\n\r\n", "malformed" },
    ["endless headers"] = { "HTTP/1.1 200 OK\r\n" .. ("x: y\r\n"):rep(5000), "never end" },
  } do
    it("that is invalid is an error: " .. name, function()
      local found, why = http_answer.parse(case[1], true)
      assert.is_nil(found)
      assert.is_truthy(why:find(case[2], 1, true), why)
    end)
  end

  it("is requested with the port unless it is the default", function()
    local request = http_answer.request { host = "h", port = 8111, path = "/a?b" }
    assert.is_truthy(request:find("^GET /a%?b HTTP/1.1\r\nHost: h:8111\r\nRange: bytes=0%-511\r\n"))
    assert.is_truthy(http_answer.request({ host = "h", port = 80, path = "/" }):find("\r\nHost: h\r\n", 1, true))
  end)
end)
