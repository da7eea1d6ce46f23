local folder = require "support.folder"
local trace = require "dfota.at.trace"
local uv = require "luv"
local virtual = require "support.virtual"

local every = {}
for code = 0, 255 do every[#every + 1] = string.char(code) end
every = table.concat(every)

describe("A read-back", function()
  local home, remove
  before_each(function() home, remove = folder.new() end)
  after_each(function() remove() end)

  local function names()
    local list = {}
    for name in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir(home)) do
      list[#list + 1] = name
    end
    return list
  end

  -- A module with this content as fota.pack.
  local function module_with(content, spec, set)
    local modem, m, port = virtual.modem(spec, set)
    m.files["fota.pack"] = content
    return modem, m, port
  end

  local NOISE = require("dfota.sim.random").new(7):bytes(10000)

  for name, content in pairs {
    ["every byte"] = every, ["a line end first"] = "\n\r\n", ["no bytes"] = "", ["one byte"] = "\0",
    ["what looks like the result"] = "\r\n+QFDWL: 2,0000\r\n\r\nOK\r\n", ["an odd length"] = NOISE:sub(1, 9999),
    ["the escape sequence"] = "a+++b", ["lines of the module"] = "\r\nRDY\r\n\r\nCONNECT\r\n",
  } do
    for way, spec in pairs {
      ["with echo"] = {}, ["without echo"] = { echo = false },
      ["on a slow line"] = { link = "9600" },
      ["in profile rda"] = { profile = "rda" },
      ["with a checksum in lower case"] = { sum_case = "lower", sum_pad = false },
    } do
      it(("saves a file with %s, %s"):format(name, way), function()
        local modem = module_with(content, spec)
        assert(modem.channel:sync { bauds = { 115200 }, timeout_s = 2 })
        local found = assert(modem.files:save("fota.pack", home .. "/copy"))
        assert.equal(#content, found.bytes)
        assert.equal(content, folder.read(home .. "/copy"))
        assert.is_truthy(modem:revision())
      end)
    end
  end

  for profile, said in pairs { default = "ERROR", rda = "+CME ERROR:50" } do
    it("of a module that does not have the command is not tried again: profile " .. profile, function()
      local modem = module_with("abc", { qfdwl = false, profile = profile })
      assert(modem.channel:sync { bauds = { 115200 }, timeout_s = 2 })
      local found, err = modem.files:save("fota.pack", home .. "/copy")
      assert.is_nil(found)
      assert.equal("unable", err.kind)
      assert.is_truthy(err.message:find(("this module cannot read files back (AT+QFDWL: %s)"):format(said), 1, true))
    end)
  end

  it("is whole under its name or not there at all", function()
    local lost = {}
    for at = 1, 100 do lost[at] = tostring(at) end
    for spec, words in pairs {
      [{ read_lose = "100" }] = "checksum", [{ read_flip = "100" }] = "checksum",
      [{ read_lose = "100+101+102" }] = "without a %+QFDWL line",
      [{ read_lose = table.concat(lost, "+") }] = "were lost on the line, 3000 were sent",
      [{ power_cut = "read:1000", power_back_s = "never" }] = "sent %d+ of 3000 bytes",
      [{ qfdwl = false }] = "QFDWL", [{ mute = "QFDWL" }] = "no answer to AT%+QFDWL",
      [{ crash = "read:2999" }] = "rebooted during the read%-back",
    } do
      local modem = module_with(NOISE:sub(1, 3000), spec)
      local found, err = modem.files:save("fota.pack", home .. "/copy")
      assert.is_nil(found)
      assert.matches(words, err.message)
      assert.same({}, names())
    end
  end)

  it("leaves a module that lost bytes on the line able to take commands", function()
    local lost = {}
    for at = 1, 40 do lost[at] = tostring(at) end
    local modem, _, port = module_with(NOISE, { read_lose = table.concat(lost, "+") })
    local found, err = modem.files:save("fota.pack", home .. "/copy")
    assert.is_nil(found)
    assert.equal("upload", err.kind)
    assert.is_true(port:now() < 10)
    assert.is_truthy(modem:revision())
  end)

  it("never replaces a file, a link or a directory, and asks the module for nothing then", function()
    folder.write(home .. "/copy", "mine")
    uv.fs_symlink("/nowhere", home .. "/link")
    uv.fs_mkdir(home .. "/directory", 448)
    local modem, m = module_with(NOISE)
    for _, name in ipairs { "copy", "link", "directory" } do
      local found, err = modem.files:save("fota.pack", home .. "/" .. name)
      assert.is_nil(found)
      assert.same({ "usage", home .. "/" .. name .. ": cannot be written: exists already" }, { err.kind, err.message })
    end
    assert.equal("mine", folder.read(home .. "/copy"))
    assert.same({}, virtual.commands(m))
  end)

  it("says that the module has no file of that name", function()
    local modem = module_with(NOISE)
    local found, err = modem.files:save("other", home .. "/copy")
    assert.is_nil(found)
    assert.equal("absent", err.kind)
    assert.same({}, names())
  end)

  it("ends when a signal comes, and leaves nothing", function()
    local modem, m, port = module_with(NOISE, { link = "9600" })
    local found, err = modem.files:save("fota.pack", home .. "/copy", function(received)
      if received > 2000 then port.interrupted = true end
    end)
    assert.is_nil(found)
    assert.equal("interrupted", err.kind)
    assert.same({}, names())
    assert.is_truthy(modem:revision())
    assert.is_nil(m.data)
  end)

  it("is in the trace by size and hash alone", function()
    local modem, _, port = module_with(("package"):rep(100))
    modem.channel.trace = assert(trace.open(home .. "/trace", function() return 0 end))
    port:tap(modem.channel.trace:tap())
    local found = assert(modem.files:save("fota.pack", home .. "/copy"))
    modem.channel.trace:close()
    local lines = folder.read(home .. "/trace")
    assert.is_nil(lines:find("packagepackage", 1, true))
    assert.matches("# read%-back of 700 bytes, sha256 " .. found.sha256, lines)
    assert.matches("%+QFDWL: 700,", lines)
  end)
end)

describe("Comparing a file of the module with a local one", function()
  local home, remove
  before_each(function() home, remove = folder.new() end)
  after_each(function() remove() end)

  local function compare(content, own)
    local modem, m = virtual.modem()
    m.files["fota.pack"] = content
    folder.write(home .. "/own", own)
    return modem.files:compare("fota.pack", home .. "/own"), m
  end

  it("says that they are the same", function()
    local found = compare(every, every)
    assert.is_true(found.same)
    assert.same({ 256, 256 }, { found.bytes, found.file_bytes })
  end)

  it("names the first byte that differs", function()
    local found = compare("abcdef", "abcXeX")
    assert.is_false(found.same)
    assert.equal(3, found.differs_at)
  end)

  it("reads nothing if the sizes differ", function()
    local found, m = compare("abc", "abcd")
    assert.same({ false, 3, 4 }, { found.same, found.bytes, found.file_bytes })
    assert.same({ '+QFLST="fota.pack"' }, virtual.commands(m))
  end)

  it("refuses what is not a file before it asks the module", function()
    local modem, m = virtual.modem()
    local found, err = modem.files:compare("fota.pack", home)
    assert.is_nil(found)
    assert.same({ "package_missing", home .. ": is a directory" }, { err.kind, err.message })
    assert.same({}, virtual.commands(m))
  end)
end)
