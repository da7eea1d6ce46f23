local folder = require "support.folder"
local tail = require "dfota.fleet.tail"

describe("A file that grows", function()
  local dir, cleanup, path, lines
  before_each(function()
    dir, cleanup = folder.new()
    path, lines = dir .. "/events", {}
  end)
  after_each(function() cleanup() end)

  local function follow() return assert(tail.new(path, function(line) lines[#lines + 1] = line end)) end

  local function append(bytes)
    local file <close> = assert(io.open(path, "ab"))
    file:write(bytes)
  end

  it("is read line by line, however it is split into writes", function()
    local text = "one\n\ntwo\nthree\n"
    for split = 1, #text do
      folder.write(path, "")
      lines = {}
      local reader = follow()
      for at = 1, #text, split do
        append(text:sub(at, at + split - 1))
        reader:read()
      end
      reader:close()
      assert.same({ "one", "", "two", "three" }, lines)
    end
  end)

  it("gives a line once it is complete, and never one that is not", function()
    folder.write(path, "one\ntw")
    local reader = follow()
    reader:read()
    assert.same({ "one" }, lines)
    append "o\nhalf"
    reader:close()
    assert.same({ "one", "two" }, lines)
    append " more\n"
    reader:read()
    reader:close()
    assert.same({ "one", "two" }, lines)
  end)

  it("holds no line without end in memory", function()
    folder.write(path, ("x"):rep(3 << 20))
    local reader = follow()
    reader:read()
    assert.is_true(#reader.rest <= (1 << 20) + 65536)
    append "\nnext\n"
    reader:close()
    assert.equal("next", lines[#lines])
  end)

  it("that cannot be read says why", function()
    assert.same({ nil, "no such file or directory" }, { tail.new(dir .. "/none", print) })
  end)
end)
