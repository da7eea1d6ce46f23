local core = require "dfota.core"
local folder = require "support.folder"
local settings = require "dfota.config.settings"

describe("settings", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  local function config(source) return folder.write(dir .. "/config.lua", source) end

  it("are those of the list, and each accepts its default from --set as well", function()
    local set = assert(settings.load {})
    for _, setting in ipairs(settings.list) do
      assert.equal(setting.default, set[setting.name])
      local again = assert(settings.load { set = { setting.name .. "=" .. setting.default } }, setting.name)
      assert.equal(setting.default, again[setting.name])
    end
  end)

  it("come from the user's file where nothing else says, and the file of --config wins over it", function()
    local user = folder.write(dir .. "/settings.lua", "return { boot_s = 71, min_csq = 4 }")
    local path = config "return { boot_s = 70 }"
    local set, origins = assert(settings.load { user = user, config = path, set = { "recover_s=9" } })
    assert.same({ 70, 4, 9 }, { set.boot_s, set.min_csq, set.recover_s })
    assert.same({ path, user, "--set", "default" },
      { origins.boot_s, origins.min_csq, origins.recover_s, origins.query_s })
    assert.equal(71, assert(settings.load { user = user }).boot_s)
    assert.equal(60, assert(settings.load { user = false }).boot_s)
    folder.write(user, "return {\n bot_s = 1 }")
    assert.matches("settings.lua:2: there is no setting bot_s; did you mean boot_s?",
      select(2, settings.load { user = user, config = path }).message, 1, true)
  end)

  it("use the last --set of a name, which overrides the config file", function()
    local path = config "return { boot_s = 70, register_s = 5.5, ack_mode = 'off' }"
    local set = assert(settings.load { config = path, set = { "boot_s=80", "boot_s = 90" } })
    assert.same({ 90, 5.5, "off" }, { set.boot_s, set.register_s, set.ack_mode })
  end)

  it("accept numbers as people write them", function()
    local set = assert(settings.load { set = { "recover_s=1e3", "min_csq=0x0A", "max_updates=8e2", "query_s=.5" } })
    assert.same({ 1000, 10, 800, 0.5 }, { set.recover_s, set.min_csq, set.max_updates, set.query_s })
    assert.equal("integer", math.type(set.max_updates))
  end)

  it("accept their least and their largest value, and nothing beyond", function()
    for _, setting in ipairs(settings.list) do
      if setting.kind ~= "text" and setting.min and setting.max then
        for value, fits in pairs { [setting.min] = true, [setting.max] = true, [setting.max + 1] = false,
          [setting.min - 1] = false } do
          local set = settings.load { set = { ("%s=%s"):format(setting.name, value) } }
          assert.equal(fits, set ~= nil and set[setting.name] == value, setting.name .. "=" .. value)
        end
      end
    end
  end)

  it("refuse a name that is not in the list", function()
    local set = assert(settings.load())
    assert.error_matches(function() return set.boot end, "no setting named boot")
  end)

  local bad_assignments = {
    { "boot_s", "NAME=VALUE" }, { "=5", "NAME=VALUE" }, { "", "NAME=VALUE" }, { "boot_s=", "boot_s cannot be" },
    { "answer_s=5", "there is no setting answer_s; it is now called sync_timeout_s" },
    { "again_s=5", "it is now called resync_timeout_s" }, { "ask_every_s=5", "it is now called poll_interval_s" },
    { "bot_s=5", "did you mean boot_s%?" }, { "BOOT_S=5", "did you mean boot_s%?" },
    { "xyzzy=5", "no setting xyzzy$" }, { "boot_s=abc", "a number from 1 to 86400 %(s%)" },
    { "boot_s=nan", "cannot be nan" }, { "boot_s=inf", "cannot be inf" }, { "boot_s=1e999", "cannot be" },
    { "boot_s=-1", "cannot be %-1" }, { "boot_s=-0x1", "cannot be" }, { "boot_s=60s", "cannot be 60s" },
    { "boot_s=1e30", "cannot be" }, { "max_updates=1.5", "a whole number" }, { "max_updates=1e18", "cannot be" },
    { "ack_mode=yes", "one of auto, on, off" }, { "ack_mode=", "one of" }, { "rtscts=1", "one of off, on" },
    { "boot_s=1\n2", "cannot be 1\\n2" }, { ("x"):rep(5000) .. "=1", "no setting xxx" },
    { "boot_s=" .. ("9"):rep(5000), "cannot be" }, { "upload_timeout_s=65536", "from 1 to 65535" },
    { "min_csq=32", "from 0 to 31" }, { "boot_s\27[2J=1", "no setting boot_s\\x1B" },
  }
  for _, case in ipairs(bad_assignments) do
    it(("refuse --set %q in one line"):format(case[1]:sub(1, 30)), function()
      local set, err = settings.load { set = { case[1] } }
      assert.is_nil(set)
      assert.truthy(core.is_error(err))
      assert.equal("usage", err.kind)
      assert.matches(case[2], err.message)
      assert.is_nil(err.message:find("%c"))
      assert.is_true(#err.message < 200)
    end)
  end

  local bad_configs = {
    { "return {", "config.lua:1: " }, { "\n\nreturn { boot_s = }", "config.lua:3: " },
    { "return 5", "does not return a table" }, { "", "does not return a table" }, { "return nil", "a table" },
    { "return { answer_s = 5 }", "config.lua:1: .*it is now called sync_timeout_s" },
    { "return { bot_s = 5 }", "config.lua:1: .*did you mean boot_s" },
    { "return {\n  boot_s = 5,\n  min_csq = '8',\n}", "config.lua:3: min_csq cannot be the string 8" },
    { "return { boot_s = 0/0 }", "boot_s cannot be" }, { "return { boot_s = 1/0 }", "cannot be inf" },
    { "return { boot_s = true }", "cannot be true" }, { "return { boot_s = {} }", "cannot be table" },
    { "return { 5 }", "no setting 1" }, { "return { [{}] = 5 }", "a table as a key" },
    { "return { boot_s = os.time() }", "config.lua:1: " }, { "print 'x'", "config.lua:1: " },
    { "return require 'os'", "config.lua:1: " }, { "while true do end", "takes too long" },
    { "local function f() return f() end return f()", "takes too long" },
    { "local function f() return 1 + f() end return f()", "takes too much memory" },
    { "return { boot_s = ('a'):rep(5) }", "config.lua:1: " }, { "return setmetatable({}, {})", "config.lua:1: " },
    { "pcall(error) return {}", "config.lua:1: " }, { "return { boot_s = next }", "a function" },
    { "local s = 'x' while true do s = s .. s end", "takes too much memory" },
    { "error('\\n\\27[2J')", "config" }, { "error({})", "config" }, { "error()", "config" },
    { string.dump(function() return {} end), "config" }, { "return {} --" .. ("x"):rep(70000), "longer than" },
    { "\0\1\2", "config.lua:1: " },
  }
  for _, case in ipairs(bad_configs) do
    it(("refuse the config file %q in one line that names it"):format(case[1]:sub(1, 40)), function()
      local set, err = settings.load { config = config(case[1]) }
      assert.is_nil(set)
      assert.equal("settings", err.kind)
      assert.matches(case[2], err.message)
      assert.matches(dir, err.message, 1, true)
      assert.is_nil(err.message:find("%c"))
    end)
  end

  it("refuse a config file that is missing, a directory, or endless", function()
    local reasons = {
      [dir .. "/none.lua"] = "no such file", [dir] = "directory", ["/dev/zero"] = "not a regular file",
      [dir .. "/a\0b"] = "NUL byte",
    }
    for path, reason in pairs(reasons) do
      local set, err = settings.load { config = path }
      assert.is_nil(set)
      assert.equal("settings", err.kind)
      assert.matches(reason, err.message)
    end
  end)

end)
