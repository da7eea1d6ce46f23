local Transcript = require "support.transcript"
local core = require "dfota.core"
local json = require "dkjson"
local run = require "support.run"
local uv = require "luv"

local FOLDER = "spec/transcripts/"
local IMEI = "861234567890127"
local SPEED = 10 -- pauses are so many times shorter than they were

local OURS = { "MC65", run.A, IMEI }

-- What each file's module is, and how an update of it ends (nil: it tells nothing of one).
local FILES = {
  bc66_beta = { who = { "BC66", "BC66NBR01A10_BETA0617", IMEI }, other = true },
  m26_3517 = { who = { "M26", "M26FBR03A02", IMEI }, other = true },
  m26_lower = { who = { "M26", "M26fAR03a01_TTS", IMEI }, other = true },
  m95_blanks = { who = { "M95", "M95FAR02A08", IMEI }, other = true },
  mc60_qcom_2019 = { who = { "MC60", "MC60CAR01A10", IMEI }, other = true },
  mc65_a9g_boot = { who = OURS }, mc65_cinit_in_ati = { who = OURS }, mc65_cme_noblank = { who = OURS },
  mc65_no_response = { who = OURS }, mc65_split_echo = { who = OURS }, glitch_first_echo = { who = OURS },
  rda_w1744_base = {},
  fota_air780e = { who = OURS, rc = 0 }, fota_bc660k_ok = { who = OURS, rc = 0 },
  fota_rda_silent = { who = OURS, rc = 0 }, glitch_update = { who = OURS, rc = 0 },
  up_lower_nopad = { who = OURS, rc = 0 }, up_split_trigger = { who = OURS, rc = 0 },
  fota_bg96_702 = { who = OURS, rc = 81 },
  rda_retry_forever = { who = OURS, rc = 80 },
}

local function path_of(name) return FOLDER .. name .. ".txt" end

local function is_answered(object, ...)
  for _, ask in ipairs { ... } do
    local value, err = object[ask](object)
    assert.is_true(value ~= nil or err == nil or core.is_error(err) and err.kind ~= "timeout", tostring(err))
  end
end

describe("The transcripts of real modules", function()
  it("are all played here", function()
    for name in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir(FOLDER)) do
      local file = name:match("^(.*)%.txt$")
      assert.is_truthy(not file or FILES[file], name)
    end
  end)
end)

for name, file in pairs(FILES) do
  describe("A module that answers as in " .. name, function()
    local modem, player, port

    before_each(function()
      modem, player, port = Transcript.modem(path_of(name))
      assert(modem.channel:sync { timeout_s = 5 })
    end)

    it("is found with its echo, and read at once", function()
      assert.is_true(modem.channel.echo)
      local who = modem:identity()
      assert.same(file.who, who and { who.model, who.revision, who.imei })
      assert.is_true(port:now() < 2, port:now())
    end)

    it("is queried without any reply being lost or mistaken for another's", function()
      is_answered(modem, "supply_mv", "signal", "sim_state", "registration", "ipr", "knows_dfota")
      is_answered(modem.files, "free", "list")
      is_answered(modem.session, "prepare")
      for line in function() return modem.channel:listen(0) end do assert.is_nil(line:find("AT", 1, true), line) end
      assert.is_true(#player.heard >= 9)
    end)
  end)
end

describe("A module of the RDA family", function()
  it("reports its SIM's state if there is no blank after the colon", function()
    assert.equal("NOT INSERTED", Transcript.modem(path_of "mc65_cme_noblank"):sim_state())
    assert.equal("READY", Transcript.modem(path_of "rda_w1744_base"):sim_state())
  end)

  it("has the lines inside its echoes reported", function()
    local modem = Transcript.modem(path_of "mc65_split_echo")
    assert(modem:signal())
    assert.equal("+CREG: 1", modem.channel:listen(0))
  end)
end)

-- A whole run of a script.
local function play(name, script, args, options)
  local module = run.virtual_player(Transcript.player(path_of(name), { speed = SPEED }))
  options = options or {}
  options.folder = run.site { ["retries.lua"] = run.NO_PAUSES }
  return run[script](module, args, options)
end

local function warnings(done)
  local texts = {}
  for _, note in ipairs(run.only(done, "note")) do
    if note.level == "warning" then texts[#texts + 1] = note.text end
  end
  return table.concat(texts, "\n")
end

describe("info.lua", function()
  teardown(run.clean)

  it("continues if a query is answered with COMMAND NO RESPONSE!, and shows unknown", function()
    local done = play("mc65_no_response", "info", {})
    local facts = run.only(done, "facts")[1]
    assert.equal(0, done.rc, done.err)
    assert.equal(json.null, facts.registration)
    assert.same({ "READY", 23, -67, 400000, 524288, 115200, true },
      { facts.sim, facts.csq, facts.dbm, facts.free_bytes, facts.total_bytes, facts.baud, facts.dfota })
    assert.equal(json.null, facts.supply_mv)
  end)

  it("shows the rest of a module that reports no revision at all", function()
    local done = play("rda_w1744_base", "info", {})
    assert.equal(0, done.rc, done.err)
    local who = run.only(done, "identity")[1]
    assert.same({ json.null, json.null, "865290030001234" }, { who.model, who.revision, who.imei })
    assert.equal("home", run.only(done, "facts")[1].registration)
    assert.is_truthy(warnings(done):find("none of MC65, M65, M08-R", 1, true))
  end)

  it("repeats a query that is not ready yet, and none that is refused", function()
    local done = play("m26_3517", "info", {})
    assert.equal(0, done.rc, done.err)
    local times = {}
    for _, command in ipairs(done.sent) do times[command] = (times[command] or 0) + 1 end
    assert.same({ 3, 3, 1 }, { times["AT+CSQ"], times["AT+CPIN?"], times["AT+CBC"] })
    assert.is_truthy(warnings(done):find("M26, belongs to another family", 1, true))
  end)
end)

describe("--check", function()
  teardown(run.clean)

  for _, name in ipairs { "mc65_split_echo", "glitch_first_echo", "mc65_a9g_boot", "mc65_cinit_in_ati" } do
    it("passes a module that answers as in " .. name .. ", and says that its supply is not known", function()
      local done = play(name, "update", { "--check", "--from", run.A, run.package() })
      assert.equal(0, done.rc, done.err)
      assert.is_truthy(warnings(done):find("gate supply was not checked", 1, true))
      assert.is_true(done.result.duration_s < 5) -- no query was waited for to its end (query_s)
    end)
  end

  for _, name in ipairs { "bc66_beta", "m26_lower", "m95_blanks", "mc60_qcom_2019" } do
    it("refuses another family, as in " .. name, function()
      local done = play(name, "update", { "--check", run.package() })
      assert.equal(84, done.rc, done.err)
      assert.is_truthy(done.result.message:find("another family", 1, true))
    end)
  end
end)

describe("An update of a module", function()
  teardown(run.clean)

  local QUICK = { boot_s = 1, recover_s = 1, update_silence_s = 1, follow_s = 6 }
  local BRIEF = { boot_s = 1, recover_s = 1, update_silence_s = 1, follow_s = 2 } -- for one that never ends

  for name, rc in pairs { fota_bc660k_ok = 0, fota_bg96_702 = 81 } do
    it(("over the air that goes as in %s ends with %d"):format(name, rc), function()
      local words = { "--no-preflight", "--from", run.A, "--to", run.B, "http://example.com/A2B.pack" }
      local done = play(name, "update", words, { set = QUICK })
      assert.equal(rc, done.rc, done.err)
      assert.equal(1, run.triggers(done))
      assert.is_truthy(done.err:find("address is 10.137.160.20", 1, true), done.err)
    end)
  end

  for name, file in pairs(FILES) do
    if file.rc then
      it(("that goes as in %s ends with %d"):format(name, file.rc), function()
        local done = play(name, "update", { "--from", run.A, "--to", run.B, run.package() },
          { set = file.rc == 80 and BRIEF or QUICK })
        assert.equal(file.rc, done.rc, done.err)
        assert.equal(1, run.triggers(done))
      end)
    end
  end
end)
