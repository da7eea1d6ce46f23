local Secrets = require "dfota.at.secrets"
local core = require "dfota.core"
local digest = require "openssl.digest"
local folder = require "support.folder"
local trace = require "dfota.at.trace"
local uv = require "luv"

local function all_bytes()
  local bytes = {}
  for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
  return table.concat(bytes)
end

describe("a trace", function()
  local dir, cleanup, path
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("is one readable line for each chunk: seconds, direction, bytes", function()
    local t = assert(trace.open(path, function() return 10 end))
    local tap = t:tap()
    tap("tx", "AT+CSQ\r", 10.000412)
    tap("rx", "AT+CSQ\r\r\n+CSQ: 25,0\r\n", 10.5)
    t:note("phase upload\n")
    t:close()
    local lines = folder.read(path)
    assert.matches("^# dfota trace 1, begun %d+%-%d+%-%d+T", lines)
    assert.equal("0.000412 tx AT+CSQ\\r\n0.500000 rx AT+CSQ\\r\\r\\n+CSQ: 25,0\\r\\n\n# phase upload\\n\n",
      (lines:gsub("^[^\n]*\n", "")))
  end)

  it("is appended to, and never written to a file that is not a trace", function()
    for _ = 1, 2 do assert(trace.open(path, function() return 0 end)):close() end
    local _, runs = folder.read(path):gsub("# dfota trace 1, begun", "")
    assert.equal(2, runs)
    for _, other in ipairs { "RDAOTA01", "\n", "# dfota", "return {}" } do
      folder.write(path, other)
      local t, err = trace.open(path, function() return 0 end)
      assert.is_nil(t)
      assert.equal("usage", err.kind)
      assert.truthy(err.message:find("it is not a trace: choose another file", 1, true))
      assert.equal(other, folder.read(path))
    end
  end)

  it("that is refused is not kept open", function()
    local function open_files()
      local count, scan = 0, assert(uv.fs_scandir "/proc/self/fd")
      while uv.fs_scandir_next(scan) do count = count + 1 end
      return count
    end
    folder.write(path, "RDAOTA01")
    local before = open_files()
    assert.is_nil((trace.open(path, function() return 0 end)))
    assert.equal(before, open_files())
  end)

  it("says which rate a line has from there on, and how the run ended", function()
    local t = assert(trace.open(path, function() return 0 end))
    t:note_baud(9600)
    t:note_end(81)
    t:close()
    assert.matches("\n# baud 9600\n# exit code 81\n$", folder.read(path))
  end)

  it("returns every byte", function()
    local t <close> = assert(trace.open(path, function() return 0 end))
    local tap, chunks = t:tap(), { all_bytes(), "", "\\", "\\x41", "\\\\r", " ", "+++" }
    for i, chunk in ipairs(chunks) do tap("rx", chunk, i) end
    t:close()
    local found = {}
    for line in io.lines(path) do
      assert.is_nil(line:find("[^ -~]"))
      local seconds, direction, bytes = trace.parse(line)
      if seconds then
        found[#found + 1] = bytes
        assert.same({ #found, "rx" }, { seconds, direction })
      end
    end
    assert.same(chunks, found)
  end)

  it("reverses its own escapes for 20,000 random strings", function()
    math.randomseed(1)
    local pieces = { "\\", "x", "r", "n", "0", "A", "\r", "\n", "\0", "\xFF", '"' }
    for _ = 1, 20000 do
      local t = {}
      for i = 1, math.random(0, 12) do t[i] = pieces[math.random(#pieces)] end
      local s = table.concat(t)
      assert.equal(s, trace.unescape(trace.escape(s)))
    end
  end)

  for _, line in ipairs {
    "", "# remark", "x tx A", "1.0 up A", "1.0 tx", "1.0 tx \\", "1.0 tx \\q", "1.0 tx \\x4", "1.0 tx \\x\\\\41",
    "1.0 tx a\tb", "1.0 tx \xFF", "-1.0 tx A", "1 tx A", "nan tx A",
  } do
    it(("takes %q for no line of it"):format(line), function() assert.is_nil((trace.parse(line))) end)
  end

  it("is appended to an earlier one, never overwriting it", function()
    for _ = 1, 2 do assert(trace.open(path, core.now)):close() end
    local _, count = folder.read(path):gsub("# dfota trace 1", "")
    assert.equal(2, count)
  end)

  it("is on disk before it is closed", function()
    local t <close> = assert(trace.open(path, function() return 0 end))
    t:tap()("rx", "RDY\r\n", 1)
    assert.matches("1.000000 rx RDY", folder.read(path), 1, true)
  end)

  it("reports a full disk once, and the run continues", function()
    local t <close> = assert(trace.open("/dev/full", function() return 0 end))
    local tap = t:tap()
    for i = 1, 3 do tap("rx", "RDY\r\n", i) end
    assert.matches("no space", t:failed())
    assert.is_nil(t:failed())
  end)

  -- An upload as `port:tap` sees it.
  local function traced_upload(options)
    local t <close> = assert(trace.open(path, function() return 10 end, options))
    local tap = t:tap()
    tap("tx", "AT+QFUPL=1\r", 10.5)
    t:begin_data()
    tap("tx", "pack", 11)
    tap("rx", "A", 11.5)
    tap("tx", "age\0", 12)
    t:end_data()
    tap("tx", "+++", 13)
    t:end_data()
    return folder.read(path)
  end

  it("contains an upload as size and SHA-256, and everything around it", function()
    local text = traced_upload()
    assert.is_nil(text:find("pack", 1, true))
    local sha = digest.new("sha256"):final("package\0"):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    assert.matches("tx AT%+QFUPL=1\\r\n# data 4\n1.500000 rx A\n# upload of 8 bytes, sha256 " .. sha
      .. ", from 1.000000 to 2.000000\n3.000000 tx %+%+%+\n$", text)
  end)

  it("contains an upload's bytes if the data was asked for", function()
    assert.matches("1.000000 tx pack\n1.500000 rx A\n2.000000 tx age\\x00\n3.000000 tx %+%+%+\n$",
      traced_upload { data = true })
  end)

  it("sums up an incomplete upload by what was sent, and says nothing if nothing was", function()
    for _ = 1, 2 do
      local t = assert(trace.open(path, function() return 0 end))
      t:begin_data()
      if folder.read(path):find "upload of" then t:end_data() else t:tap()("tx", "p", 1) end
      t:close()
    end
    local _, count = folder.read(path):gsub("# upload of 1 bytes", "")
    assert.equal(1, count)
    assert.is_nil(folder.read(path):find("upload of 0", 1, true))
  end)

  it("holds a file that is read back by size and hash alone, unless it was asked for the data", function()
    local secret = all_bytes() .. "secret"
    local sha = digest.new("sha256"):final(secret):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    for _, data in ipairs { false, true } do
      os.remove(path)
      local t <close> = assert(trace.open(path, function() return 0 end, { data = data }))
      local tap = t:tap()
      t:expect_data(#secret)
      tap("tx", 'AT+QFDWL="a"\r', 1)
      tap("rx", "\r\nCONNECT\r\n" .. secret:sub(1, 7), 2)
      tap("rx", secret:sub(8) .. "\r\n+QFDWL: 262,0000\r\n", 3)
      tap("rx", "secret\r\n", 4)
      local lines = folder.read(path)
      local _, count = lines:gsub("secret", "")
      assert.equal(data and 2 or 1, count)
      local summary = ("2.000000 rx \\r\\nCONNECT\\r\\n\n"
        .. "# read-back of 262 bytes, sha256 %s, from 2.000000 to 3.000000\n"
        .. "3.000000 rx \\r\\n+QFDWL: 262,0000\\r\\n\n"):format(sha)
      assert.equal(not data, lines:find(summary, 1, true) ~= nil)
    end
  end)

  it("holds a read-back that broke off by what came of it, and the lines after it", function()
    local t <close> = assert(trace.open(path, function() return 0 end))
    t:expect_data(100)
    t:tap()("rx", "CONNECT\r\nhalf", 1)
    t:end_data()
    t:tap()("rx", "OK\r\n", 2)
    assert.matches("CONNECT\\r\\n\n# read%-back of 4 bytes, [^\n]*\n2%.000000 rx OK", folder.read(path))
  end)

  it("is readable by its owner only", function()
    assert(trace.open(path, core.now)):close()
    assert.equal(tonumber("600", 8), uv.fs_stat(path).mode & tonumber("777", 8))
  end)

  it("that grows too long ends, and says so in the file and once to the user", function()
    local t <close> = assert(trace.open(path, function() return 0 end, { max_bytes = 100 }))
    local tap = t:tap()
    for i = 1, 100 do tap("rx", "RDY\r\n", i) end
    assert.is_true(uv.fs_stat(path).size < 250)
    assert.matches("# the trace ends here: max_trace_bytes is reached[^\n]*\n$", folder.read(path))
    assert.matches("max_trace_bytes", t:failed())
    assert.is_nil(t:failed())
  end)

  it("that cannot be written is a usage error, in one line", function()
    os.execute("mkfifo '" .. dir .. "/pipe'")
    for _, bad in ipairs { dir, dir .. "/no/such/folder", dir .. "/pipe", "", path .. "\0" } do
      local t, err = trace.open(bad, core.now)
      assert.is_nil(t)
      assert.equal("usage", err.kind)
      assert.is_nil(err.message:find("%c"))
    end
  end)

  it("may be closed twice, and writes nothing after that", function()
    local t = assert(trace.open(path, core.now))
    t:close()
    t:close()
    t:tap()("rx", "RDY", core.now())
    assert.is_nil(t:failed())
  end)

  describe("with a password that the module repeats", function()
    local SAID = "\r\n+CME ERROR: bad s3cretpw\r\n> s3c"

    local function written(chunks)
      folder.write(path, "")
      local t <close> = assert(trace.open(path, function() return 0 end, { secrets = Secrets.new "s3cretpw" }))
      local tap = t:tap()
      for i, chunk in ipairs(chunks) do tap(chunk[1], chunk[2], i) end
      t:note "s3cretpw was refused"
      t:close()
      local bytes, last = {}, 0
      for line in io.lines(path) do
        local seconds, _, said = trace.parse(line)
        assert.is_true((seconds or last) >= last)
        last, bytes[#bytes + 1] = seconds or last, said
      end
      return table.concat(bytes), folder.read(path)
    end

    it("masks it, wherever the reads are cut, and has every other byte before what is sent next", function()
      for i = 1, #SAID do
        local bytes, all = written { { "rx", SAID:sub(1, i) }, { "rx", SAID:sub(i + 1) }, { "tx", "AT\r" } }
        assert.equal("\r\n+CME ERROR: bad ********\r\n> s3cAT\r", bytes)
        assert.truthy(all:find("# **** was refused\n", 1, true))
      end
    end)

    it("holds nothing back at its end", function()
      assert.equal("> s3c", (written { { "rx", "> s3c" } }))
    end)

    it("has an acknowledgement that may be its beginning before the data that follows", function()
      local t <close> = assert(trace.open(path, function() return 0 end, { secrets = Secrets.new "Apasswd" }))
      local tap = t:tap()
      t:begin_data()
      for i = 1, 2 do
        tap("tx", ("x"):rep(1024), i)
        tap("rx", "A", i)
      end
      t:close()
      assert.matches("# data 1024\n1.000000 rx A\n# data 2048\n.*2.000000 rx A\n", folder.read(path))
    end)
  end)
end)
