-- Traces and transcripts, mutated with a seed: they are shown and played, or refused in one line, and nothing else.
local Player = require "dfota.sim.player"
local conversation = require "dfota.trace.conversation"
local folder = require "support.folder"
local json = require "dkjson"
local lines_json = require "dfota.trace.lines_json"
local mutated = require "support.mutated"
local odd = require "dfota.trace.odd"
local page = require "dfota.trace.page"
local reader = require "dfota.trace.reader"
local script_of = require "dfota.trace.script"
local summary = require "dfota.trace.summary"
local times = require "dfota.trace.times"
local traced = require "support.traced"
local transcript = require "dfota.sim.transcript"

local CASES = tonumber(os.getenv "DFOTA_FUZZ_CASES") or 40

local function assert_line(line)
  assert.is_nil(line:find "%c")
  assert.is_truthy(utf8.len(line))
end

local function assert_shown(items, about, entries, damaged, cut)
  local found, taken = odd(items, about, entries, damaged, cut), times.of(items, about.duration_s)
  local what = summary(items, about.duration_s)
  what.run, what.runs, what.odd = 1, 1, #found
  for _, lines in ipairs { page.heading(what, 80), page.times(taken, about.duration_s, 80), page.odd(found, 80),
    page.conversation(items, { all = items, duration_s = about.duration_s, width = 80 }) } do
    for _, line in ipairs(lines) do assert_line(line) end
  end
  for _, lines in ipairs { lines_json.conversation(items), lines_json.times(taken), lines_json.odd(found),
    { lines_json.heading(what) } } do
    for _, line in ipairs(lines) do
      assert_line(line)
      assert.is_truthy(json.decode(line))
    end
  end
end

-- Everything that a client might say, at most some hours on.
local function assert_played(script)
  local player, t = Player.new(script, { any_package = true, linger_s = 2, patience_s = 60 }), 0
  for _, bytes in ipairs { "AT\r", "ATI\r", 'AT+QFUPL="fota.pack",2000,60,1\r', ("x"):rep(2000), "+++",
    "AT+QFOTADL=1\r",
    "\26", "AT\r", "AT\r", "ATI\r" } do
    player:input(bytes, t)
    t = t + 100
    player:advance(t)
    assert.is_string(player:output())
  end
  for _, text in ipairs(player:differences()) do assert_line(text) end
  for _, text in ipairs(player:unsaid()) do assert_line(text) end
end

describe("A damaged file", function()
  setup(function() math.randomseed(2811) end)

  it("is shown and played as far as it can be, or refused in one line: a trace", function()
    local seed, refused = traced.text(traced.UPDATE) .. traced.text { [[1.0 tx AT\r]] }, 0
    for _ = 1, CASES do
      local runs, reason = reader.runs(mutated(seed))
      if not runs then
        refused = refused + 1
        assert_line(reason)
      end
      for _, run in ipairs(runs or {}) do
        local entries, damaged, cut = reader.entries(run)
        local items, about = conversation(entries)
        assert_shown(items, about, entries, damaged, cut)
        assert_played(script_of(entries))
      end
    end
    assert.is_true(refused < CASES / 10, refused)
  end)

  it("is shown whatever the module said: bytes of noise in the chunks", function()
    for _ = 1, CASES do
      local lines = table.move(traced.UPDATE, 1, #traced.UPDATE, 1, {})
      local at = math.random(3, #lines)
      lines[at] = mutated(lines[at])
      local items, about, entries, damaged, cut = traced.items(lines)
      assert_shown(items, about, entries, damaged, cut)
      assert_played(script_of(entries))
    end
  end)

  it("is played or refused in one line: a transcript", function()
    local seeds = { folder.read "spec/transcripts/fota_air780e.txt",
      transcript.write(script_of((traced.entries(traced.UPDATE)))) }
    for i = 1, CASES do
      local script, reason = transcript.parse(mutated(seeds[i % 2 + 1]))
      if script then assert_played(script) else assert_line(reason) end
    end
  end)
end)
