local core = require "dfota.core"

local paths = {}

--- A file with this content, removed after the spec.
local function file_of(bytes)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  paths[#paths + 1] = path
  return path
end

local function opened(path) return assert(core.open_file(path)) end

after_each(function()
  for _, path in ipairs(paths) do os.remove(path) end
  paths = {}
end)

local function upload_of(bytes, options)
  return assert(core.upload(opened(file_of(bytes)), #bytes, options))
end

--- Sends chunk by chunk, each whole, acknowledging what is due.
-- @return the chunks
local function run(upload)
  local chunks = {}
  while not upload:done() do
    local chunk = upload:chunk()
    if chunk then
      chunks[#chunks + 1] = chunk
      upload:sent(#chunk)
    else
      assert.is_true(upload:acks_owed() > 0)
      assert.is_true(upload:acked(1))
    end
  end
  return chunks
end

local function sizes(chunks)
  local list = {}
  for i, chunk in ipairs(chunks) do list[i] = #chunk end
  return list
end

--- Distinguishable bytes without '+'.
local function filler(count)
  local list = {}
  for i = 1, count do list[i] = string.char(97 + i % 26) end
  return table.concat(list)
end

describe("The checksum", function()
  it("is the XOR of 16-bit words, an odd last byte being a high byte (the manual's example)", function()
    local bytes = "\x23\x13\x65\xB6\x76\x88\xA3\xEF\x55"
    assert.equal(0xC6C2, (core.sum16(bytes)))
    local upload <close> = upload_of(bytes)
    run(upload)
    assert.equal(0xC6C2, upload:sum())
  end)

  it("of nothing is 0, of one byte that byte", function()
    assert.equal(0, (core.sum16("")))
    assert.equal(0xAB00, (core.sum16("\xAB")))
  end)

  it("is the same for any division into pieces", function()
    local bytes = filler(31) .. "\xFF\x80\x01\0\xFE"
    local whole = core.sum16(bytes)
    for cut = 0, #bytes do
      local _, state = core.sum16(bytes:sub(1, cut))
      assert.equal(whole, (core.sum16(bytes:sub(cut + 1), state)))
    end
  end)

  it("accepts only states that it has returned", function()
    assert.has_error(function() core.sum16("x", -1) end)
    assert.has_error(function() core.sum16("x", 0x20000) end)
    assert.same({ 0xFFFF, 0x1FFFF }, { core.sum16("", 0x1FFFF) })
  end)
end)

describe("An upload", function()
  it("sends exactly the announced bytes, whatever the size", function()
    for _, size in ipairs { 0, 1, 2, 7, 8, 9, 15, 16, 17, 1023, 1024, 1025, 2048, 3000 } do
      for _, options in ipairs { { block = 8 }, { block = 1024 }, { ack = true }, { ack = true, block = 100 } } do
        local bytes = filler(size)
        local upload <close> = upload_of(bytes, options)
        local chunks = run(upload)
        assert.equal(bytes, table.concat(chunks))
        assert.is_nil(upload:chunk())
        assert.same({ size, size }, { upload:bytes() })
        assert.equal((core.sum16(bytes)), upload:sum())
      end
    end
  end)

  it("sends no more than announced, even if the file is longer", function()
    local upload <close> = assert(core.upload(opened(file_of("abcdefgh")), 5))
    assert.same({ "abcde" }, run(upload))
  end)

  it("returns the rest of a chunk again until all of it is sent", function()
    local upload <close> = upload_of("abcdefghij", { block = 4 })
    assert.equal("abcd", upload:chunk())
    assert.equal("abcd", upload:chunk())
    upload:sent(1)
    assert.equal("bcd", upload:chunk())
    upload:sent(0)
    upload:sent(2)
    assert.equal("d", upload:chunk())
    upload:sent(1)
    assert.equal("efgh", upload:chunk())
    assert.same({ 4, 10 }, { upload:bytes() })
    assert.equal((core.sum16("abcd")), upload:sum())
    assert.is_false(upload:done())
  end)

  it("raises if more is reported as sent than was returned", function()
    local upload <close> = upload_of("abcdefghij", { block = 4 })
    assert.has_error(function() upload:sent(1) end)
    upload:chunk()
    assert.has_error(function() upload:sent(5) end)
    assert.has_error(function() upload:sent(-1) end)
    upload:sent(4)
    assert.equal("efgh", upload:chunk())
  end)

  it("reads from an open file, from its current position", function()
    local file <close> = assert(io.open(file_of("headBODY"), "rb"))
    file:read(4)
    local upload <close> = assert(core.upload(file, 4))
    assert.same({ "BODY" }, run(upload))
    upload:close()
    assert.equal("file", io.type(file))
  end)

  it("uses the given name for an open file", function()
    local path = file_of("abc")
    local file <close> = assert(core.open_file(path))
    assert.equal("the file: has 3 bytes to send, 4 were announced", select(2, core.upload(file, 4)).message)
    local _, err = core.upload(file, 4, { name = "a.pack" })
    assert.equal("a.pack: has 3 bytes to send, 4 were announced", err.message)
    assert.has_error(function() core.upload(file, 3, { name = {} }) end)
  end)

  it("raises if that file was closed meanwhile", function()
    local file = assert(io.open(file_of("headBODY"), "rb"))
    local upload <close> = assert(core.upload(file, 8))
    file:close()
    assert.has_error(function() upload:chunk() end, "the file of this upload is closed")
    assert.has_error(function() core.upload(file, 8) end)
  end)

  it("accepts neither a path nor a directory", function()
    assert.has_error(function() core.upload(file_of("abc"), 3) end)
    local _, err = core.upload(io.open "/", 1)
    assert.same({ "io", "the file: cannot be sent: Is a directory" }, { err.kind, err.message })
  end)

  it("reports a file that becomes shorter during the upload", function()
    local path = file_of(filler(50000))
    local upload <close> = assert(core.upload(opened(path), 50000, { block = 1000, name = "a.pack" }))
    upload:sent(#upload:chunk())
    assert(io.open(path, "wb")):close()
    local chunk, err
    repeat -- what was read ahead is still good
      chunk, err = upload:chunk()
      if chunk then upload:sent(#chunk) end
    until not chunk
    assert.equal("io", err.kind)
    assert.equal("a.pack: became shorter than the 50000 bytes announced", err.message)
    assert.is_false(upload:done())
  end)

  it("needs no more memory for a longer file", function()
    local path = file_of("")
    assert(os.execute("truncate -s 64M " .. path))
    collectgarbage()
    local before = collectgarbage("count")
    local upload <close> = assert(core.upload(opened(path), 64 << 20, { block = 65536 }))
    local most = 0
    while not upload:done() do
      upload:sent(#upload:chunk())
      collectgarbage("step")
      most = math.max(most, collectgarbage("count") - before)
    end
    assert.is_true(most < 4096, most .. " kB")
  end)

  it("has chunks of 4096 bytes by default", function()
    local upload <close> = upload_of(("x"):rep(5000))
    assert.equal(4096, #upload:chunk())
  end)

  it("raises on an invalid size or block", function()
    local path = file_of("abc")
    assert.has_error(function() core.upload(opened(path), -1) end)
    assert.has_error(function() core.upload(opened(path)) end)
    assert.has_error(function() core.upload(opened(path), 3, { block = 0 }) end)
    assert.has_error(function() core.upload(opened(path), 3, { block = 65537 }) end)
  end)

  it("may be closed more than once, and raises when used after that", function()
    local upload = upload_of("abc")
    assert.equal("dfota.upload (0 of 3 bytes)", tostring(upload))
    upload:close()
    upload:close()
    assert.equal("dfota.upload (closed)", tostring(upload))
    assert.error_matches(function() upload:chunk() end, "attempt to use a closed dfota.upload")
  end)
end)

describe("An upload with acknowledgements", function()
  it("waits for one after every 1024 bytes, but not after a shorter rest", function()
    local upload <close> = upload_of(filler(3000), { ack = true })
    for _ = 1, 2 do
      assert.equal(1024, #upload:chunk())
      upload:sent(1024)
      assert.is_nil(upload:chunk())
      assert.equal(1, upload:acks_owed())
      assert.is_true(upload:acked(1))
      assert.equal(0, upload:acks_owed())
    end
    assert.equal(952, #upload:chunk())
    upload:sent(952)
    assert.is_true(upload:done())
    assert.equal(0, upload:acks_owed())
  end)

  it("does not require one for a last block of exactly 1024, but accepts it", function()
    local upload <close> = upload_of(filler(2048), { ack = true })
    upload:sent(#upload:chunk())
    upload:acked(1)
    upload:sent(#upload:chunk())
    assert.is_true(upload:done())
    assert.equal(0, upload:acks_owed())
    assert.is_true(upload:acked(1))
    assert.equal("io", select(2, upload:acked(1)).kind)
  end)

  it("expects 152 for the application note's package of 156104 bytes", function()
    local upload <close> = upload_of(filler(156104), { ack = true })
    local acks, count = 0, 0
    while not upload:done() do
      local chunk = upload:chunk()
      if chunk then
        upload:sent(#chunk)
        count = count + 1
      else
        acks = acks + 1
        upload:acked(1)
      end
    end
    assert.same({ 152, 153 }, { acks, count })
  end)

  it("reports an unexpected one, and does not count it", function()
    local upload <close> = upload_of(filler(3000), { ack = true })
    upload:chunk()
    upload:sent(512)
    local _, err = upload:acked(1)
    assert.equal("unexpected acknowledgement after 512 bytes", err.message)
    upload:sent(#upload:chunk())
    assert.is_nil(upload:chunk())
    assert.equal("io", select(2, upload:acked(2)).kind)
    assert.is_true(upload:acked(1))
  end)

  it("counts none as none, also before the first is due, and no fewer than that", function()
    local upload <close> = upload_of(filler(3000), { ack = true })
    assert.is_true(upload:acked(0))
    assert.error_matches(function() upload:acked(-1) end, "cannot be negative")
  end)

  it("reports one that was not requested", function()
    local upload <close> = upload_of(filler(2000))
    upload:chunk()
    upload:sent(1500)
    assert.equal("io", select(2, upload:acked(1)).kind)
  end)

  it("ends its chunk at 1024, even within a run of '+'", function()
    local bytes = filler(1023) .. "+++" .. filler(100)
    local upload <close> = upload_of(bytes, { ack = true })
    assert.same({ 1024, 102 }, sizes(run(upload)))
  end)
end)

describe("A run of '+++'", function()
  local function cut(bytes, block)
    local upload <close> = upload_of(bytes, { block = block })
    local chunks = run(upload)
    assert.equal(bytes, table.concat(chunks))
    return chunks
  end

  it("is never split, nor at the edge of a chunk", function()
    assert.same({ "abcdefg", "h+++ijkl" }, cut("abcdefgh+++ijkl", 8)) -- begins at the edge
    assert.same({ "abcdef", "g+++hijk" }, cut("abcdefg+++hijk", 8)) -- split after one
    assert.same({ "abcde", "f+++ghij" }, cut("abcdef+++ghij", 8)) -- split after two
    assert.same({ "abcd", "e+++fghi" }, cut("abcde+++fghi", 8)) -- ends at the edge
    assert.same({ "abcd+++e", "fghi" }, cut("abcd+++efghi", 8)) -- well inside
  end)

  it("is never a last chunk by itself", function()
    assert.same({ "abcdefg", "h+++" }, cut("abcdefgh+++", 8))
  end)

  it("longer than three is kept whole as well", function()
    assert.same({ "abcd", "e+++++fg" }, cut("abcde+++++fg", 8))
  end)

  it("may be adjacent to another one", function()
    assert.same({ "ab", "c+++d+++", "e" }, cut("abc+++d+++e", 8))
  end)

  it("that fills a whole chunk must be split", function()
    assert.same({ "++++", "++++", "++a" }, cut("++++++++++a", 4))
    assert.same({ "a+++", "+++b" }, cut("a++++++b", 4))
  end)

  it("needs at least three", function()
    assert.same({ "abcdefg+", "+hij" }, cut("abcdefg++hij", 8))
    assert.same({ "abcdefg+", "hij" }, cut("abcdefg+hij", 8))
  end)

  it("is kept away from every edge if possible, in random bytes", function()
    math.randomseed(20200708)
    for _ = 1, 300 do
      local list = {}
      for i = 1, math.random(1, 200) do list[i] = math.random(3) == 1 and "+" or "x" end
      local bytes, block = table.concat(list), math.random(1, 40)
      local at = 0
      for _, chunk in ipairs(cut(bytes, block)) do
        assert.is_true(#chunk <= block)
        at = at + #chunk
        local before = #chunk:match("%+*$")
        local after = #bytes:match("^%+*", at + 1)
        if at < #bytes and before + after >= 3 then
          -- then no earlier end was possible: each touches a run, too
          for back = 1, #chunk - 1 do
            local here = #chunk:sub(1, -back - 1):match("%+*$")
            local there = #bytes:match("^%+*", at - back + 1)
            assert.is_true(here + there >= 3, bytes .. " at " .. at)
          end
        end
      end
    end
  end)
end)

describe("The search for '+++' in a file", function()
  it("returns where each run begins, from 0", function()
    assert.same({ 0, 4, 12, n = 3 }, core.scan_plus(opened(file_of("+++a++++b++c+++"))))
    assert.same({ n = 0 }, core.scan_plus(opened(file_of("a++b+c"))))
    assert.same({ n = 0 }, core.scan_plus(opened(file_of(""))))
  end)

  it("finds one across two reads", function()
    for shift = -3, 1 do
      local at = 4096 + shift
      assert.same({ at, n = 1 }, core.scan_plus(opened(file_of(filler(at) .. "+++" .. filler(9)))))
    end
  end)

  it("lists a hundred and counts the others", function()
    local found = core.scan_plus(opened(file_of(("+++-"):rep(150))))
    assert.same({ 100, 150, 396 }, { #found, found.n, found[100] })
  end)

  it("reports a file that cannot be read", function()
    assert.equal("the file: cannot be read: Is a directory", tostring((select(2, core.scan_plus(io.open "/")))))
    assert.equal("a: cannot be read: Is a directory", tostring((select(2, core.scan_plus(io.open "/", "a")))))
    assert.has_error(function() core.scan_plus(file_of "abc") end)
  end)
end)

describe("a file opened for an upload", function()
  it("is an io file, shows its current content, and is not inherited", function()
    local path = file_of("+++abc")
    local file <close> = assert(core.open_file(path))
    assert.equal("+++", file:read(3))
    assert.same({ n = 0 }, core.scan_plus(file))
    assert(io.open(path, "wb")):close()
    local other = assert(io.open(path, "wb"))
    assert(other:write("xyz")):close()
    assert.equal(0, file:seek("set"))
    assert.equal("xyz", file:read("a"))
    local child <close> = assert(io.popen "ls -l /proc/self/fd")
    assert.is_nil(child:read("a"):find(path, 1, true))
    assert.is_true(file:close())
    assert.equal("closed file", io.type(file))
    assert.has_error(function() core.scan_plus(file) end)
  end)

  it("stays the same after its name is reused", function()
    local path = file_of("old")
    local file <close> = assert(core.open_file(path))
    assert(os.rename(file_of "new", path))
    assert.equal("old", file:read("a"))
  end)

  it("is a regular file: a pipe, device or directory is refused without blocking", function()
    local pipe = os.tmpname()
    os.remove(pipe)
    assert(os.execute("mkfifo " .. pipe))
    for path, reason in pairs {
      [pipe] = "is not a regular file", ["/dev/zero"] = "is not a regular file",
      ["/"] = "cannot be opened: Is a directory", ["/no/such"] = "cannot be opened: No such file or directory",
    } do
      local none, err = core.open_file(path)
      assert.is_nil(none)
      assert.same({ "io", path .. ": " .. reason }, { err.kind, err.message })
    end
    assert.is_nil((core.open_file "/dev/tty"))
    os.remove(pipe)
    assert.has_error(function() core.open_file "/etc/passwd\0x" end)
  end)
end)
