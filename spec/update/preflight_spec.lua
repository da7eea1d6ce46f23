local preflight = require "dfota.update.preflight"

local URL = "http://h.net/a.pack"

local function judge(answer)
  answer.head = answer.head or "RDAOTA01"
  return preflight.judge(URL, answer, 1000)
end

describe("What the server says about a package", function()
  for name, answer in pairs {
    ["a part"] = { status = 206, size = 1000 },
    ["the whole"] = { status = 200, size = 1 },
    ["a file whose size it does not tell"] = { status = 200 },
  } do
    it("is good if it returns " .. name, function() assert.same({ ok = true, value = 200 }, judge(answer)) end)
  end

  it("is good with a warning if the file does not start like a package", function()
    local found = judge { status = 206, size = 9, head = "something" }
    assert.is_true(found.ok)
    assert.is_truthy(found.warning:find("does not begin with RDAOTA01", 1, true))
  end)

  for name, case in pairs {
    ["no such file"] = { { status = 404 }, 404, 200, "no such file (HTTP 404)" },
    ["a file no more"] = { { status = 410 }, 410, 200, "no longer has this file (HTTP 410)" },
    ["that it refuses"] = { { status = 403 }, 403, 200, "forbids access" },
    ["that it wants a password"] = { { status = 401 }, 401, 200, "password" },
    ["a fault of its own"] = { { status = 503 }, 503, 200, "internal error" },
    ["what nobody knows"] = { { status = 499 }, 499, 200, "does not send the file" },
    ["an empty file"] = { { status = 200, size = 0, head = "" }, 0, 1, "empty" },
    ["an empty file without a part"] = { { status = 416, size = 0 }, 416, 200, "empty" },
    ["a file that is too large"] = { { status = 206, size = 1001 }, 1001, 1000, "1001 bytes" },
    ["a web page"] = { { status = 200, head = "\n<!DOCTYPE html>" }, "a web page", "a package", "a web page" },
    ["an archive"] = { { status = 206, size = 9, head = "PK\3\4" }, "a zip archive", "a package", "zip" },
  } do
    it("is refused if it has " .. name, function()
      local found = judge(case[1])
      assert.same({ false, case[2], case[3] }, { found.ok, found.value, found.limit })
      assert.is_truthy(found.message:find(case[4], 1, true), found.message)
      assert.is_truthy(found.message:find(URL, 1, true))
    end)
  end

  it("is refused if its size is not the one that the package's manifest says", function()
    local function found(size, announced)
      return preflight.judge(URL, { status = 206, size = size, head = "RDAOTA01" }, 1000, announced)
    end
    local other = found(9, 8)
    assert.same({ false, 9, 8, URL .. ": the file has 9 bytes, its manifest says 8" },
      { other.ok, other.value, other.limit, other.message })
    assert.same({ true, true, true }, { found(8, 8).ok, found(nil, 8).ok, found(9, nil).ok })
  end)

  it("is unknown if it redirects, as the module may not follow", function()
    for _, status in ipairs { 300, 301, 307, 399 } do assert.is_nil(judge({ status = status }).ok) end
    for _, status in ipairs { 199, 204, 299, 400, 404, 500 } do assert.is_false(judge({ status = status }).ok) end
    local found = judge { status = 302, location = "https://other/\27[2J" }
    assert.is_nil(found.ok)
    assert.is_truthy(found.message:find(
      "redirects to https://other/\\x1B[2J, which the module may not follow", 1, true))
  end)
end)
