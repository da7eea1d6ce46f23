local folder = require "support.folder"
local settings = require "dfota.config.settings"
local settings_text = require "dfota.config.settings_text"

local NO_FILES = {
  ["settings.lua"] = false, ["retries.lua"] = "scripts/retries.lua", ["apns.lua"] = "/etc/dfota/apns.lua",
}

local function shown(options, call)
  call = call or {}
  call.files, call.getenv = call.files or NO_FILES, call.getenv or function() end
  local values, origins = assert(settings.load(options or {}))
  return table.concat(settings_text.lines(values, origins, call), "\n") .. "\n", origins, call
end

describe("The list of settings", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  it("has each with value, default, bounds, meaning and source, in 80 columns", function()
    local list = shown()
    for _, setting in ipairs(settings.list) do
      assert.is_truthy(list:find("\n  " .. setting.name .. " ", 1, true), setting.name)
    end
    for line in list:gmatch "[^\n]+" do assert.is_true(utf8.len(line) < 80, line) end
    for _, words in ipairs {
      "\n  min_supply_mv 3500 mV 3500 mV 0 to 20000\n Gate: lowest supply voltage "
        .. "[QVBATT: the module's own warning level]\n",
      "\n  ack_mode auto auto auto, on, off\n", "[our choice]",
    } do
      assert.is_truthy(list:gsub("(%S) +", "%1 "):gsub("\n    ", "\n "):find(words, 1, true), words)
    end
  end)

  it("shows a text by the bounds of its length, and an empty one as none", function()
    local setting = { name = "x", kind = "text", unit = "", min = 0, max = 99 }
    assert.same({ "up to 99 characters", "none", "a b" },
      { settings_text.bounds(setting), settings_text.value("", setting), settings_text.value("a b", setting) })
  end)

  it("marks what was changed, and says where", function()
    local path = folder.write(dir .. "/a\27.lua", "return { boot_s = 70 }")
    local list = shown({ user = path, set = { "min_csq=3" } }):gsub("(%S) +", "%1 ")
    assert.is_truthy(list:find("\n* min_csq 3 8 0 to 31\n    From --set\n", 1, true), list)
    assert.is_truthy(list:find("\n* boot_s 70 s 60 s 1 to 86400\n    From " .. dir .. "/a\\x1B.lua\n", 1, true), list)
    assert.equal(2, select(2, list:gsub("\n%* [%l_]+ %d", "")))
  end)

  it("says which files count", function()
    local list = shown({}, { config = "mine.lua", files = NO_FILES }):gsub("(%S) +", "%1 ")
    assert.is_truthy(list:find("  settings.lua none\n  retries.lua scripts/retries.lua\n"
      .. "  apns.lua /etc/dfota/apns.lua\n  --config mine.lua\n", 1, true), list)
  end)

  it("says what the environment sets, and shows no secret", function()
    local env = {
      DFOTA_LEDGER = "postgres://u:word@h/d", DFOTA_PASSWORD = "word", DFOTA_PORT = "/dev/a\27", DFOTA_BAUD = "",
    }
    local list = shown({}, { getenv = function(name) return env[name] end })
    assert.is_nil(list:find("word@", 1, true))
    assert.is_nil(list:find "DFOTA_PASSWORD +word")
    assert.matches("DFOTA_PORT      /dev/a\\x1B\n", list, 1, true)
    assert.is_nil(list:find("DFOTA_BAUD", 1, true))
    assert.is_nil(shown():find("environment", 1, true))
  end)

  it("gives programs where the changed ones come from, and the files", function()
    local _, origins, call = shown({ set = { "min_csq=3" } }, { config = "c.lua" })
    assert.same({ origins = { min_csq = "--set" },
      files = { retries = "scripts/retries.lua", apns = "/etc/dfota/apns.lua", config = "c.lua" } },
      settings_text.facts(origins, call))
    assert.is_nil(settings_text.facts(select(2, settings.load {}), call).origins)
  end)
end)
