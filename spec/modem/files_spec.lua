local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local ScriptedPort = require "support.scripted_port"
local core = require "dfota.core"
local folder = require "support.folder"
local packages = require "dfota.config.package"
local settings = require "dfota.config.settings"
local virtual = require "support.virtual"

describe("The module's file system", function()
  it("reports its free and total bytes", function()
    assert.same({ 1000000 - 200, 1000000 },
      { virtual.modem({ ufs_size = 1000000, stale_pack = 200 }).files:free() })
  end)

  it("lists its files with their sizes, all or one", function()
    local modem, m = virtual.modem { stale_pack = 200 }
    m.files["a,b.txt"] = "abc"
    assert.same({ ["fota.pack"] = 200, ["a,b.txt"] = 3 }, modem.files:list())
    assert.same({ ["fota.pack"] = 200 }, modem.files:list "fota.pack")
    m.files = {}
    assert.same({}, modem.files:list())
  end)

  it("has no file if the list of one name is refused with either code for not found", function()
    for _, code in ipairs { 3919, 4010 } do
      local port = ScriptedPort.new { ['AT+QFLST="x"'] = "+CME ERROR: " .. code }
      assert.same({}, Modem.new(Channel.new(port), assert(settings.load())).files:list "x")
    end
  end)

  it("has space for a file that replaces one of the same name", function()
    assert.equal(1000, virtual.modem({ ufs_size = 1000, stale_pack = 200 }).files:room "fota.pack")
    assert.equal(800, virtual.modem({ ufs_size = 1000, stale_pack = 200 }).files:room "other")
  end)

  it("deletes a file, and a missing one counts as deleted", function()
    for _, code in ipairs { 3919, 4010 } do
      local modem, m = virtual.modem { stale_pack = 200, absent_code = code }
      assert.is_true(modem.files:delete "fota.pack")
      assert.is_nil(m.files["fota.pack"])
      assert.is_true(modem.files:delete "fota.pack")
    end
  end)
end)

describe("An upload", function()
  local home, remove

  setup(function() home, remove = folder.new() end)
  teardown(function() remove() end)

  local function package_of(content)
    local path = folder.write(home .. "/package", content)
    local file = assert(core.open_file(path))
    return { path = path, file = file, size = #content, plus = assert(core.scan_plus(file)) }
  end

  local function noise(size)
    return (require("dfota.sim.random").new(size):bytes(size):gsub("%+%+%+", "+-+"))
  end

  -- Uploads; returns the upload's result, the module, and what is then in its file.
  local function upload(content, spec, set)
    local modem, m, port = virtual.modem(spec, set)
    local done, err = modem.files:upload("fota.pack", package_of(content))
    return done, err, m, port, modem
  end

  local sizes = { 1, 2, 1023, 1024, 1025, 2048, 3000, 10000 }

  for name, spec in pairs {
    ["a module as the manual describes it"] = {},
    ["acknowledgements on lines of their own"] = { ack_crlf = true },
    ["no acknowledgement for a last full block"] = { ack_last = false },
    ["a checksum in lower case, not padded"] = { sum_case = "lower", sum_pad = false },
    ["a guard time around +++"] = { plus_guard_s = 1 },
    ["a throttled line"] = { link = "115200" },
    ["an old file of that name, which an upload may not overwrite"] = { stale_pack = 5000, existing = "3921" },
  } do
    for _, ack in ipairs { "on", "off" } do
      it(("arrives complete with %s, ACK mode %s"):format(name, ack), function()
        for _, size in ipairs(sizes) do
          local content = noise(size)
          local done, err, m = upload(content, spec, { ack_mode = ack })
          assert.is_true(done, tostring(err))
          assert.is_true(m.files["fota.pack"] == content)
        end
      end)
    end
  end

  it("reports its progress", function()
    local modem = virtual.modem()
    local last
    assert(modem.files:upload("fota.pack", package_of(noise(3000)), function(sent, total)
      assert.is_true(not last or sent > last)
      last = sent
      assert.equal(3000, total)
    end))
    assert.equal(3000, last)
  end)

  for name, case in pairs {
    ["one byte is lost"] = { { upload_lose = "100", upload_timeout = "partial" }, "2999 of 3000" },
    ["one bit is flipped"] = { { upload_flip = "100" }, "checksum" },
    ["the module times out"] = { { upload_lose = "100", upload_timeout = "cme" }, "4009" },
    ["nothing moves any more"] = { { upload_lose = "100" }, "no upload result", { upload_timeout_s = 300 } },
    ["there is no space, reported before"] = { { ufs_size = 2000 }, "4008" },
    ["there is no space, reported meanwhile"] = { { ufs_size = 2000, full = "during" }, "4008" },
    ["there is no space, with the other code"] = { { ufs_size = 2000, full_code = 3916 }, "3916: UFS is full" },
    ["the CONNECT is lost"] = { { drop_at = "2" }, "no answer to AT+QFUPL" },
    ["the result is lost"] = { { mute = "QFUPL" }, "AT+QFUPL" },
  } do
    it("fails if " .. name .. ", with a message, and leaves no partial file", function()
      local done, err, m, _, modem = upload(noise(3000), case[1], case[3] or { upload_timeout_s = 10 })
      assert.is_nil(done)
      assert.is_truthy(err.message:find(case[2], 1, true), err.message)
      assert.is_nil(m.files["fota.pack"])
      assert(modem.channel:command "AT")
    end)
  end

  -- What the module does, and the commands that are then sent.
  local function forms(spec, set)
    local content, modem, m, port = noise(5000), virtual.modem(spec, set)
    local package, done, err = package_of(content)
    for _ = 1, 3 do
      done, err = modem.files:upload("fota.pack", package)
      if done then break end
    end
    local sent = {}
    for _, command in ipairs(virtual.commands(m)) do sent[#sent + 1] = command:match("QFUPL=(.*)$") end
    return done and m.files["fota.pack"] == content, sent, err, port:now()
  end

  it("continues without acknowledgements if the module never acknowledges, after seconds", function()
    local arrived, sent, _, t = forms { ack_lose = "all" }
    assert.is_true(arrived)
    assert.same({ '"fota.pack",5000,60,1', '"fota.pack",5000,60,0' }, sent)
    assert.is_true(t < 30, tostring(t))
  end)

  it("uses fewer parameters if the module accepts no more, finally as in the note's own example", function()
    for _, code in ipairs { "3765", "4013" } do
      local arrived, sent = forms { upload_params = 2, params_code = code }
      assert.is_true(arrived)
      assert.same({ '"fota.pack",5000,60,1', '"fota.pack",5000,60,0', '"fota.pack",5000' }, sent)
    end
  end)

  it("lists the forms tried if none works, and keeps acknowledgements if they are required", function()
    local arrived, sent, err = forms { upload_params = 1 }
    assert.is_false(arrived or false)
    assert.equal(3, #sent)
    assert.equal("upload", err.kind)
    assert.is_truthy(err.message:find("tried with acknowledgements, without acknowledgements, with the size only", 1,
      true), err.message)
    arrived, sent = forms({ ack_lose = "all" }, { ack_mode = "on" })
    assert.is_false(arrived or false)
    assert.same({ '"fota.pack",5000,60,1', '"fota.pack",5000,60,1', '"fota.pack",5000,60,1' }, sent)
  end)

  it("keeps its form if the data is refused, not the parameters, whatever the number says", function()
    local arrived, sent = forms { ufs_size = 2000, full = "during", full_code = 3765 }
    assert.is_false(arrived or false)
    assert.same({ '"fota.pack",5000,60,1', '"fota.pack",5000,60,1', '"fota.pack",5000,60,1' }, sent)
  end)

  it("keeps its form if acknowledgements are lost occasionally, or come after noise", function()
    for _, spec in ipairs { { ack_lose = "1+3" }, { ack_noise = "all" }, { ack_noise = "1+2", ack_crlf = true } } do
      local arrived, sent, _, t = forms(spec)
      assert.is_true(arrived)
      assert.same({ '"fota.pack",5000,60,1' }, sent)
      assert.is_true(t < 15, tostring(t))
    end
  end)

  it("is not repeated if the file system is full, and says how to free space", function()
    for _, code in ipairs { 3916, 3917, 4008, 4011 } do
      for _, full in ipairs { "before", "during" } do
        local _, err = upload(noise(3000), { ufs_size = 2000, full = full, full_code = code })
        assert.equal("room", err.kind)
        assert.is_truthy(err.message:find("AT+QFDEL deletes", 1, true), err.message)
      end
    end
  end)

  it("of a package that was changed meanwhile is refused, even if the module's checksum matches", function()
    local modem = virtual.modem()
    local package = package_of("aabbccdd")
    package.sha256 = assert(packages.read(package.path)).sha256
    package.sum16 = core.sum16 "aabbccdd"
    assert.is_true(modem.files:upload("fota.pack", package))
    folder.write(package.path, "bbaaccdd")
    local done, err = modem.files:upload("fota.pack", package)
    assert.is_nil(done)
    assert.equal("package", err.kind)
    assert.is_truthy(err.message:find("changed while it was uploaded", 1, true), err.message)
  end)

  it("of a package that became shorter is not an error of the port", function()
    local modem = virtual.modem()
    local package = package_of(noise(3000))
    folder.write(package.path, "short")
    local err = select(2, modem.files:upload("fota.pack", package))
    assert.same({ "package", package.path .. ": has 5 bytes to send, 3000 were announced: the package changed while it "
      .. "was uploaded; make sure that it is complete, and run it again" }, { err.kind, err.message })
  end)

  it("sends the package that was opened, even if its name was reused", function()
    local content = noise(3000)
    local modem, m = virtual.modem()
    local package = package_of(content)
    os.rename(folder.write(home .. "/other", noise(3001)), package.path)
    assert.is_true(modem.files:upload("fota.pack", package))
    assert.is_true(m.files["fota.pack"] == content)
    os.remove(package.path)
    assert.is_true(modem.files:upload("fota.pack", package))
    assert.is_true(m.files["fota.pack"] == content)
  end)

  it("damaged by line noise can simply be repeated", function()
    local content = noise(3000)
    local modem, m = virtual.modem { drop_at = "2" }
    assert.is_nil((modem.files:upload("fota.pack", package_of(content))))
    assert.is_true(modem.files:upload("fota.pack", package_of(content)))
    assert.is_true(m.files["fota.pack"] == content)
  end)

  it("succeeds with +++ in the package if the module has a guard time", function()
    for _, offset in ipairs { 0, 100, 1021, 1022, 1023, 1024, 2997 } do
      local content = noise(3000)
      content = content:sub(1, offset) .. "+++" .. content:sub(offset + 4)
      local done, err, m = upload(content, { plus_guard_s = 1, ack_s = 1.5 })
      assert.is_true(done, tostring(err))
      assert.is_true(m.files["fota.pack"] == content)
    end
  end)

  it("blames the +++ if the module has none", function()
    local content = noise(3000)
    content = content:sub(1, 500) .. "+++" .. content:sub(504)
    local done, err, m = upload(content, { plus_guard_s = 0 })
    assert.is_nil(done)
    assert.equal("package", err.kind)
    assert.is_truthy(err.message:find("ended the upload at the +++", 1, true), err.message)
    assert.is_nil(m.files["fota.pack"])
  end)

  it("ends when the module loses its supply or reboots", function()
    local _, err = upload(noise(3000), { power_down = "upload:1024" })
    assert.equal("power", err.kind)
    _, err = upload(noise(3000), { crash = "upload:1024", boot_s = 0.1, reboot_s = 0.1 })
    assert.equal("reboot", err.kind)
  end)

  it("that is interrupted deletes its partial file", function()
    local modem, m, port = virtual.modem { link = "9600" }
    port.fault = { { at = 2, action = "interrupt" } }
    local done, err = modem.files:upload("fota.pack", package_of(noise(10000)))
    assert.is_nil(done)
    assert.equal("interrupted", err.kind)
    assert.is_nil(m.files["fota.pack"])
    assert(modem.channel:command "AT")
  end)

  it("sends nothing to a port that is lost", function()
    local modem, _, port = virtual.modem { link = "9600" }
    port.fault = { { at = 2, action = "hangup" } }
    assert.equal("hangup", select(2, modem.files:upload("fota.pack", package_of(noise(10000)))).kind)
    assert.is_true(port:now() < 3)
  end)
end)

describe("A module's answer to file commands", function()
  local home, remove
  setup(function() home, remove = folder.new() end)
  teardown(function() remove() end)

  -- A modem, and a scripted module: `answers` as of a scripted port besides the usual ones; `result` what it sends
  -- when all bytes were received; `after` sends it after that many bytes already.
  local function modem_on(answers, script)
    script = script or {}
    local all = { AT = "OK", ['AT+QFLST="x"'] = "OK", ['AT+QFDEL="x"'] = "OK" }
    for name, answer in pairs(answers) do all[name] = answer end
    local port = ScriptedPort.new(function(self, command)
      local answer = all[command]
      if not answer and command:find "^AT%+QFUPL" then answer = script.upload or "CONNECT" end
      if not answer then answer = "OK" end
      for query in command:gmatch("%+(%u+)%?") do self:say_lines(0, ("+%s: 1"):format(query)) end
      if answer ~= "" then self:say_lines(0, answer) end
      if answer == "CONNECT" then self.left = script.after or tonumber(command:match ",(%d+)") end
    end)
    local write, exchange = port.write, port.exchange
    port.data = ""
    local function take(self, bytes)
      self.data = self.data .. bytes
      self.left = self.left - #bytes
      if self.left > 0 then return end
      self.left = nil
      if script.result then self:say_lines(0.01, script.result) end
    end
    function port:write(bytes)
      if self.left then take(self, bytes) return true end
      return write(self, bytes)
    end
    function port:exchange(bytes, first, timeout_s)
      if not (self.left and bytes) then return exchange(self, bytes, first, timeout_s) end
      take(self, bytes:sub(first))
      return #bytes - first + 1, ""
    end
    return Modem.new(Channel.new(port), assert(settings.load { set = script.set })), port
  end

  local function package_of(content)
    local path = folder.write(home .. "/package", content)
    local file = assert(core.open_file(path))
    return { path = path, file = file, size = #content, plus = assert(core.scan_plus(file)) }
  end

  local function upload(content, answers, script)
    local modem, port = modem_on(answers, script)
    local done, err = modem.files:upload("x", package_of(content))
    return done, err, port
  end

  local function sent(port, pattern)
    local list = {}
    for _, command in ipairs(port.sent) do
      if command:find(pattern) then list[#list + 1] = command end
    end
    return list
  end

  it("is reported if it cannot be parsed", function()
    for query, ask in pairs {
      ['AT+QFLDS="UFS"'] = function(modem) return modem.files:free() end,
      ['AT+QFLST="*"'] = function(modem) return modem.files:list() end,
      ['AT+QFDEL="y"'] = function(modem) return modem.files:delete "y" end,
    } do
      local modem = modem_on { [query] = "+CME ERROR: 4014" }
      local nothing, err = ask(modem)
      assert.same({ nil, "cme", 4014 }, { nothing, err.kind, err.code })
      assert.equal("timeout", select(2, ask((modem_on { [query] = "" }))).kind)
    end
    for _, answer in ipairs { { "+QFLDS: x,2", "OK" }, "OK", { "+QFLDS:", "OK" } } do
      local modem = modem_on { ['AT+QFLDS="UFS"'] = answer }
      assert.equal("refused", select(2, modem.files:free()).kind)
      assert.equal("refused", select(2, modem.files:room "x").kind)
    end
  end)

  it("may be a list without sizes, in which only the size of the named file counts", function()
    local modem = modem_on { ['AT+QFLST="*"'] = { '+QFLST: "a"', '+QFLST: "x",7', "OK" },
      ['AT+QFLDS="UFS"'] = { "+QFLDS: 100,200", "OK" } }
    assert.same({ a = 0, x = 7 }, modem.files:list())
    assert.same({ 107, 100 }, { modem.files:room "x", (modem.files:room "a") })
    modem = modem_on { ['AT+QFLST="*"'] = "", ['AT+QFLDS="UFS"'] = { "+QFLDS: 100,200", "OK" } }
    assert.equal("timeout", select(2, modem.files:room "x").kind)
  end)

  it("may refuse the list and deleting: then the upload continues; silence ends it", function()
    local done, _, port = upload("abcd", { ['AT+QFLST="x"'] = "ERROR", ['AT+QFDEL="x"'] = "ERROR" },
      { result = { "+QFUPL: 4,0206", "OK" } })
    assert.is_true(done)
    assert.equal("abcd", port.data)
    for _, query in ipairs { 'AT+QFLST="x"', 'AT+QFDEL="x"' } do
      local err
      done, err, port = upload("abcd", { [query] = "", ['AT+QFLST="x"'] = query:find "LST" and "" or "ERROR" })
      assert.same({ nil, "timeout", {} }, { done, err.kind, sent(port, "QFUPL") })
    end
  end)

  for name, case in pairs {
    ["all of it"] = { { "+QFUPL: 4,0206", "OK" } },
    ["all of it, in lower case without zeros"] = { { "+QFUPL: 4, 206 ", "OK" } },
    ["another checksum"] = { { "+QFUPL: 4,0207", "OK" }, "upload", "checksum is 0207, the package's 0206" },
    ["a checksum of five digits"] = { { "+QFUPL: 4,00206", "OK" }, "upload", "cannot be read" },
    ["no checksum"] = { { "+QFUPL: 4", "OK" }, "upload", "cannot be read" },
    ["fewer bytes"] = { { "+QFUPL: 3,0206", "OK" }, "upload", "3 of 4 bytes" },
    ["no result but OK"] = { { "OK" }, "upload", "without its +QFUPL line" },
    ["an error"] = { { "+CME ERROR: 4014" }, "upload", "4014: driver error" },
    ["a plain error"] = { { "ERROR" }, "upload", "answered with ERROR" },
    ["nothing"] = { nil, "upload", "no upload result within 30 s" },
  } do
    it("may be, after the last byte, " .. name, function()
      local done, err, port = upload("abcd", {}, { result = case[1] })
      if not case[2] then return assert.is_true(done, tostring(err)) end
      assert.same({ nil, case[2] }, { done, err.kind })
      assert.is_truthy(err.message:find(case[3], 1, true), err.message)
      assert.is_truthy(err.message:find("^script: "))
      assert.same({ 'AT+QFDEL="x"' }, sent(port, "QFDEL"))
    end)
  end

  it("may end at a +++, with the three bytes counted or not", function()
    local content = ("a"):rep(500) .. "+++" .. ("b"):rep(100)
    for got, kind in pairs { [500] = "package", [503] = "package", [502] = "upload", [497] = "upload" } do
      local _, err = upload(content, {}, { result = { ("+QFUPL: %d,0000"):format(got), "OK" } })
      assert.equal(kind, err.kind)
    end
  end)

  it("may be OK in place of CONNECT, which is an error", function()
    local _, err, port = upload("abcd", {}, { upload = "OK" })
    assert.equal("upload", err.kind)
    assert.is_truthy(err.message:find("OK instead of CONNECT", 1, true), err.message)
    assert.same({}, sent(port, "abcd"))
  end)

  -- The module waits for the rest; its own time-out is waited for if +++ does not help, but not if it reports a
  -- failing supply.
  it("is waited for as long as the module was told to wait for data", function()
    for line, most in pairs { ["NORMAL POWER DOWN"] = 25, ["RING"] = 100 } do
      local modem, port = modem_on({}, { set = { "result_s=5" } })
      local fake = port.exchange
      function port:exchange(bytes, first, timeout_s)
        local n, got = fake(self, bytes, first, timeout_s)
        if self.data == "abcd" and not self.deaf then
          self.deaf = true
          self:say_lines(0.1, line)
          self.on_bytes = function() end
        end
        return n, got
      end
      assert.is_nil((modem.files:upload("x", package_of "abcd")))
      assert.is_true(port:now() < most, port:now())
      assert.is_true(line ~= "RING" or port:now() > 60, port:now())
    end
  end)

  it("that is finally good makes the next upload start with acknowledgements again", function()
    local modem, m = virtual.modem { upload_params = 3 }
    local package = package_of(("a"):rep(3000))
    for _ = 1, 3 do modem.files:upload("fota.pack", package) end
    assert.equal(3000, #m.files["fota.pack"])
    m.spec.upload_params = 4
    assert.is_true(modem.files:upload("fota.pack", package))
    local commands = virtual.commands(m)
    local last
    for _, command in ipairs(commands) do last = command:find "QFUPL" and command or last end
    assert.equal(",1", last:sub(-2))
  end)

  -- After data mode no +++ may be sent as a command; if it may still be active, it is left first.
  it("decides how a failed upload is undone", function()
    for _, case in ipairs {
      { { result = { "+CME ERROR: 4014" } }, false }, { { result = { "ERROR" } }, false },
      { { result = { "RDY" } }, false }, { { upload = "+CME ERROR: 4014" }, false }, { { upload = "" }, true },
      { { result = { "NORMAL POWER DOWN" } }, true }, { { result = nil }, true },
    } do
      local _, _, port = upload("abcd", {}, case[1])
      assert.equal(case[2], table.concat(port.sent, " "):find("+++", 1, true) ~= nil)
    end
  end)

  it("that leaves the partial file there is reported along with the error", function()
    local _, err = upload("abcd", { ['AT+QFDEL="x"'] = "+CME ERROR: 4006" }, { result = { "+QFUPL: 3,0000", "OK" } })
    assert.equal("upload", err.kind)
    assert.is_truthy(err.message:find("3 of 4 bytes.*; the partial file could not be deleted: .*4006"), err.message)
  end)

  it("has acknowledgements only if that splits no +++ and there is no flow control", function()
    local ok = { result = { "+QFUPL: 0,0", "OK" } }
    for offset, ack in pairs { [1020] = "1", [1021] = "1", [1022] = "0", [1023] = "0", [1024] = "1", [2046] = "0" } do
      local _, _, port = upload(("a"):rep(offset) .. "+++" .. ("b"):rep(4000 - offset), {}, ok)
      assert.equal(ack, sent(port, "QFUPL")[1]:sub(-1))
    end
    for setting, ack in pairs { ["rtscts=on"] = "0", ["ack_mode=off"] = "0", ["ack_mode=on"] = "1" } do
      local _, _, port = upload("abcd", {}, { result = ok.result, set = { setting } })
      assert.equal(ack, sent(port, "QFUPL")[1]:sub(-1))
    end
  end)
end)
