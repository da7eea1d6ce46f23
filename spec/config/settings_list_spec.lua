local folder = require "support.folder"
local list = require "dfota.config.settings_list"
local uv = require "luv"

local UNITS = { s = true, mV = true, bytes = true, ["%"] = true, [""] = true }

-- Files below a directory whose names end in .lua.
local function sources(path, found)
  for name, kind in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir(path)) do
    local inside = path .. "/" .. name
    if kind == "directory" then sources(inside, found) elseif name:find "%.lua$" then found[#found + 1] = inside end
  end
  return found
end

local by_name = {}
for _, setting in ipairs(list) do by_name[setting.name] = setting end

describe("The list of settings", function()
  it("has the defaults documented in the contract", function()
    for name, default in pairs {
      register_s = 60, upload_idle_s = 30, download_silence_s = 90, update_silence_s = 180, boot_s = 60,
      recover_s = 600, http_start_s = 60, verify_pause_s = 1, rtscts = "off", ack_mode = "auto",
      min_supply_mv = 3500, min_csq = 8, max_updates = 800,
    } do
      assert.equal(default, by_name[name].default, name)
    end
  end)

  it("has each name once, as a word that can be typed", function()
    local seen = {}
    for _, setting in ipairs(list) do
      assert.is_nil(seen[setting.name], setting.name)
      assert.is_truthy(setting.name:find "^%l[%l_]*%l$", setting.name)
      seen[setting.name] = true
    end
  end)

  for _, setting in ipairs(list) do
    it("describes " .. setting.name .. " completely, in one line each", function()
      for _, words in ipairs { setting.doc, setting.source } do
        assert.is_truthy(type(words) == "string" and #words > 3 and not words:find "%c", words)
      end
      assert.is_true(UNITS[setting.unit], setting.unit)
      assert.equal(setting.name:find "_s$" ~= nil, setting.unit == "s")
      assert.equal(setting.name:find "_bytes$" ~= nil, setting.unit == "bytes")
      assert.equal(setting.name:find "_mv$" ~= nil, setting.unit == "mV")
    end)

    it("has a valid default for " .. setting.name .. ", and bounds that leave a choice", function()
      if setting.kind == "enum" then
        local among = false
        for _, choice in ipairs(setting.choices) do among = among or choice == setting.default end
        assert.is_true(among and #setting.choices > 1)
        assert.is_true(setting.min == nil and setting.max == nil)
      elseif setting.kind == "text" then
        assert.is_true(setting.choices == nil and type(setting.default) == "string")
        assert.is_true(setting.min <= #setting.default and #setting.default <= setting.max)
      else
        assert.is_nil(setting.choices)
        assert.is_true(setting.min < setting.max and setting.min >= 0)
        assert.is_true(setting.min <= setting.default and setting.default <= setting.max)
      end
    end)

    it("counts " .. setting.name .. " as its kind says", function()
      assert.is_truthy(({ number = true, integer = true, enum = true, text = true })[setting.kind], setting.kind)
      if setting.kind == "integer" then
        for _, bound in ipairs { setting.default, setting.min, setting.max } do
          assert.equal("integer", math.type(bound))
        end
      end
    end)
  end

  it("has no setting that is never read", function()
    local text = {}
    for _, folder_of in ipairs { "lua", "scripts" } do
      for _, path in ipairs(sources(folder_of, {})) do
        if not path:find("settings_list", 1, true) then text[#text + 1] = folder.read(path) end
      end
    end
    local all = table.concat(text, "\n")
    for name in pairs(by_name) do
      assert.is_truthy(all:find("[.\"]" .. name .. "%f[^%w_]"), name .. " is read nowhere")
    end
  end)

  -- Orders that must hold, or a smaller value would break a promise.
  for name, case in pairs {
    ["the module's own upload time-out comes after ours"] = { "upload_idle_s", "upload_timeout_s" },
    ["one AT leaves time for others while looking for the module"] = { "at_s", "sync_timeout_s" },
    ["a poll of a silent module can be answered before the next"] = { "at_s", "poll_interval_s" },
    ["after PDP deactivation the download is given less time than after silence"] =
      { "deact_grace_s", "download_silence_s" },
    ["a run is followed for longer than one silence and the recovery after it"] = { "recover_s", "follow_s" },
    ["the last write to the ledger has less time than any other"] = { "ledger_last_s", "ledger_s" },
    ["reopening a lost port is tried more than once"] = { "reopen_s", "recover_s" },
    ["the SIM is ready before the network is"] = { "sim_ready_s", "register_s" },
  } do
    it("has defaults that fit together: " .. name, function()
      assert.is_true(by_name[case[1]].default < by_name[case[2]].default)
    end)
  end

  -- If a manual gives a time, waiting less means giving up too early.
  for name, least in pairs {
    qiact_s = 150, qideact_s = 40, trigger_s = 10, sim_ready_s = 10, at_s = 0.3, query_s = 0.3, register_s = 30,
    guard_s = 1, no_response_s = 40,
  } do
    it(("waits at least as long as the manuals say: %s"):format(name), function()
      assert.is_true(by_name[name].default >= least)
    end)
  end
end)
