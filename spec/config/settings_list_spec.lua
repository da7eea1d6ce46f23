local folder = require "support.folder"
local list = require "dfota.config.settings_list"
local uv = require "luv"

local UNITS = { s = true, mV = true, bytes = true, ["%"] = true, [""] = true }

-- Files below a folder whose names end in .lua.
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
  it("has the defaults that users were promised", function()
    for name, default in pairs {
      register_s = 60, upload_idle_s = 30, download_silence_s = 90, update_silence_s = 180, boot_s = 60,
      recover_s = 600, http_start_s = 60, verify_pause_s = 1, rtscts = "off", ack_mode = "auto",
      min_supply_mv = 3500, min_csq = 8, max_updates = 800,
    } do
      assert.equal(default, by_name[name].default, name)
    end
  end)

  it("has each name once, a word that can be typed", function()
    local seen = {}
    for _, setting in ipairs(list) do
      assert.is_nil(seen[setting.name], setting.name)
      assert.is_truthy(setting.name:find "^%l[%l_]*%l$", setting.name)
      seen[setting.name] = true
    end
  end)

  for _, setting in ipairs(list) do
    it("tells of " .. setting.name .. " all that people are shown, in one line each", function()
      for _, words in ipairs { setting.doc, setting.source } do
        assert.is_truthy(type(words) == "string" and #words > 3 and not words:find "%c", words)
      end
      assert.is_true(UNITS[setting.unit], setting.unit)
      assert.equal(setting.name:find "_s$" ~= nil, setting.unit == "s")
      assert.equal(setting.name:find "_bytes$" ~= nil, setting.unit == "bytes")
      assert.equal(setting.name:find "_mv$" ~= nil, setting.unit == "mV")
    end)

    it("has a default for " .. setting.name .. " that may be set, and bounds that leave a choice", function()
      if setting.kind == "enum" then
        local among = false
        for _, choice in ipairs(setting.choices) do among = among or choice == setting.default end
        assert.is_true(among and #setting.choices > 1)
        assert.is_true(setting.min == nil and setting.max == nil)
      else
        assert.is_nil(setting.choices)
        assert.is_true(setting.min < setting.max and setting.min >= 0)
        assert.is_true(setting.min <= setting.default and setting.default <= setting.max)
      end
    end)

    it("counts " .. setting.name .. " as its kind says", function()
      assert.is_truthy(({ number = true, integer = true, enum = true })[setting.kind], setting.kind)
      if setting.kind == "integer" then
        for _, bound in ipairs { setting.default, setting.min, setting.max } do
          assert.equal("integer", math.type(bound))
        end
      end
    end)
  end

  it("has no setting that nothing reads", function()
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

  -- What would undo a promise where somebody only wanted a smaller figure.
  for name, case in pairs {
    ["the module gives an upload up behind us, not before us"] = { "upload_idle_s", "upload_timeout_s" },
    ["one AT leaves time for others while the module is looked for"] = { "at_s", "sync_timeout_s" },
    ["a question to a silent module has time to be answered before the next"] = { "at_s", "poll_interval_s" },
    ["a context's end in the download is not waited for as long as a silence"] =
      { "deact_grace_s", "download_silence_s" },
    ["a run is followed for longer than one silence and what may follow it"] = { "recover_s", "follow_s" },
    ["the ledger's last word is shorter than any other wait for it"] = { "ledger_last_s", "ledger_s" },
    ["a lost port is tried more than once"] = { "reopen_s", "recover_s" },
    ["a SIM is ready before the network is"] = { "sim_ready_s", "register_s" },
  } do
    it("has defaults that fit together: " .. name, function()
      assert.is_true(by_name[case[1]].default < by_name[case[2]].default)
    end)
  end

  -- Where a manual gives a time, less is a module that was not waited for.
  for name, least in pairs {
    qiact_s = 150, qideact_s = 40, trigger_s = 10, sim_ready_s = 10, at_s = 0.3, query_s = 0.3, register_s = 30,
    guard_s = 1, no_response_s = 40,
  } do
    it(("waits at least as long as the manuals say: %s"):format(name), function()
      assert.is_true(by_name[name].default >= least)
    end)
  end
end)
