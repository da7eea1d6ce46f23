local core = require "dfota.core"
local retry = require "dfota.update.retry"

local STEPS = { pdp = { times = 3, pause_s = 10, backoff = 3 }, sync = { times = 1 } }

describe("a retry", function()
  local waits, calls

  local function new(options)
    options = options or {}
    waits, calls = {}, 0
    options.wait = options.wait or function(seconds)
      waits[#waits + 1] = seconds
      return true
    end
    return retry.new(options.steps or STEPS, options)
  end

  local function failing(kind)
    return function()
      calls = calls + 1
      return nil, core.error(kind, "try " .. calls)
    end
  end

  it("returns what the step returned, at once if it succeeded", function()
    local results = { new()("pdp", function() return "a", nil, 3 end) }
    assert.same({ "a", nil, 3 }, results)
    assert.same({}, waits)
  end)

  it("accepts false as a result", function()
    assert.is_false((new()("pdp", function() return false end)))
  end)

  it("repeats until it succeeds, with growing pauses", function()
    local try = new()
    assert.equal("well", try("pdp", function()
      calls = calls + 1
      if calls == 3 then return "well" end
      return nil, core.error("pdp", "no")
    end))
    assert.same({ 10, 30 }, waits)
  end)

  it("pauses the same each time where the row has no backoff, and not at all where it has no pause", function()
    new({ steps = { pdp = { times = 3, pause_s = 10 } } })("pdp", failing "pdp")
    assert.same({ 10, 10 }, waits)
    new({ steps = { pdp = { times = 3, backoff = 3 } } })("pdp", failing "pdp")
    assert.same({ 0, 0 }, waits)
  end)

  it("ends with the last failure when the tries are used up", function()
    local result, err = new()("pdp", failing "timeout")
    assert.is_nil(result)
    assert.same({ 3, "try 3" }, { calls, err.message })
    new()("sync", failing "timeout")
    assert.equal(1, calls)
  end)

  it("reports before each pause what went wrong and what follows", function()
    local told = {}
    local try = new { note = function(...) told[#told + 1] = { ... } end }
    try("pdp", failing "network")
    assert.equal(2, #told)
    assert.same({ "pdp", 2, 3, "try 2", 30 }, { told[2][1], told[2][2], told[2][3], told[2][4].message, told[2][5] })
  end)

  it("repeats only transient errors", function()
    for _, kind in ipairs { "timeout", "network", "pdp", "upload", "cme", "refused", "reboot" } do
      new()("pdp", failing(kind))
      assert.equal(3, calls, kind)
    end
    for _, kind in ipairs { "gate", "interrupted", "hangup", "usage", "power", "wear", "ledger", "port_busy", "io" } do
      local _, err = new()("pdp", failing(kind))
      assert.same({ 1, kind }, { calls, err.kind })
    end
  end)

  it("repeats a query that was not answered or not ready, and no other", function()
    local steps = { query = { times = 3, pause_s = 0 } }
    for _, case in ipairs {
      { "timeout", nil, 3 }, { "refused", nil, 1 }, { "cme", nil, 1 }, { "cme", true, 3 }, { "refused", true, 3 },
    } do
      new({ steps = steps })("query", function()
        calls = calls + 1
        local err = core.error(case[1], "no")
        err.transient = case[2]
        return nil, err
      end)
      assert.equal(case[3], calls)
    end
  end)

  it("never repeats an unknown failure", function()
    local result, err = new()("pdp", function()
      calls = calls + 1
      return nil, "some text"
    end)
    assert.same({ 1, "some text" }, { calls, err })
    assert.is_nil(result)
  end)

  it("lets a fault of the program through", function()
    assert.error_matches(function() new()("pdp", function() error("bug", 0) end) end, "bug")
  end)

  it("ends with an interruption of the pause", function()
    local try = new { wait = function() return nil, core.error("interrupted", "Ctrl-C") end }
    local _, err = try("pdp", failing "timeout")
    assert.same({ 1, "interrupted" }, { calls, err.kind })
  end)

  it("repeats every step as often as --retries says", function()
    for repeats = 0, 4 do
      local try = new { repeats = repeats }
      try("sync", failing "timeout")
      assert.equal(repeats + 1, calls)
    end
  end)

  it("never waits longer than an hour", function()
    new { steps = { pdp = { times = 5, pause_s = 3600, backoff = 10 } } }("pdp", failing "timeout")
    assert.same({ 3600, 3600, 3600, 3600 }, waits)
  end)

  it("of a flow's own step without a row in the table is a wrong table, reported with the flow's line", function()
    local try = new { steps = { blink = { times = 2, own = true } } }
    for step, meant in pairs { regster = "register", blnik = "blink" } do
      local ok, err = pcall(try, step, function() return true end)
      assert.is_false(ok)
      assert.equal("settings", err.kind)
      assert.matches(("^spec/update/retry_spec%%.lua:%%d+: the step %s has no row in .*; did you mean %s%%?"):format(
        step, meant), err.message)
    end
  end)

  it("of a flow's own step with a row follows it", function()
    local try = new { steps = { sms = { times = 2, own = true } } }
    try("sms", failing "timeout")
    assert.equal(2, calls)
  end)

  it("of a step whose row was removed is one try, and the step is named", function()
    local try, missing = new()
    try("upload", failing "timeout")
    assert.equal(1, calls)
    assert.same({ "query", "register", "upload" }, missing)
  end)

  it("of a read-back is like one of an upload where the table has no row for it", function()
    local try, missing = new()
    try("read", failing "upload")
    assert.equal(1, calls)
    assert.is_nil((table.concat(missing, " "):find "read"))
  end)

  it("repeats the search for a module that does not answer, and nothing else with it", function()
    local steps = { sync = { times = 3 }, query = { times = 3 } }
    for step, count in pairs { sync = 3, query = 1 } do
      new { steps = steps }(step, failing "no_answer")
      assert.equal(count, calls, step)
    end
  end)

  local bad = {
    trigger = { trigger = { times = 2 } }, QFOTADL = { QFOTADL = { times = 1 } }, update = { update = { times = 2 } },
    ["no table"] = 5, ["an entry that is a number"] = { pdp = 3 }, ["no times"] = { pdp = {} },
    ["times 0"] = { pdp = { times = 0 } }, ["times 1.5"] = { pdp = { times = 1.5 } },
    ["times nan"] = { pdp = { times = 0 / 0 } }, ["a million times"] = { pdp = { times = 1000000 } },
    ["times as text"] = { pdp = { times = "3" } }, ["a negative pause"] = { pdp = { times = 2, pause_s = -1 } },
    ["an endless pause"] = { pdp = { times = 2, pause_s = 1 / 0 } },
    ["pauses that shrink"] = { pdp = { times = 2, backoff = 0 } },
    ["no name"] = { { times = 2 } }, ["a step that does not exist"] = { frobnicate = { times = 2 } },
    ["a misspelt step"] = { qurey = { times = 2 } }, ["a misspelt field"] = { query = { times = 2, pauses = 1 } },
  }
  for what, steps in pairs(bad) do
    it("refuses a table with " .. what, function()
      local ok, err = pcall(retry.new, steps, { wait = function() return true end })
      assert.is_false(ok)
      assert.equal("settings", err.kind)
      assert.matches("^scripts/retries.lua: ", err.message)
    end)
  end

  it("refuses to repeat what starts an update or wears flash, whatever a table or a flow calls its own", function()
    for _, step in ipairs { "trigger", "TRIGGER_again", "qfotadl", "my_update", "commit" } do
      local ok, err = pcall(retry.new, { [step] = { times = 1, own = true } }, { wait = print })
      assert.is_false(ok)
      assert.equal(("scripts/retries.lua: %s is never repeated; remove it from the table"):format(step), err.message)
    end
  end)

  it("accepts the numbers of a row up to their bounds", function()
    for field, bounds in pairs { times = { 1, 100 }, pause_s = { 0, 3600 }, backoff = { 1, 10 } } do
      for i, value in ipairs { bounds[1], bounds[2], bounds[1] - 1, bounds[2] + 1 } do
        local row = { times = 2 }
        row[field] = value
        assert.equal(i <= 2, (pcall(retry.new, { pdp = row }, { wait = print })), field .. value)
      end
    end
  end)

  it("names what was probably meant", function()
    local _, err = pcall(retry.new, { qurey = { times = 2 } }, { wait = print })
    assert.matches("no step qurey; did you mean query%?", err.message)
  end)

  it("table that comes with the scripts is good, and knows nothing that must not be repeated", function()
    local steps = dofile "scripts/retries.lua"
    assert.truthy(retry.new(steps, { wait = function() return true end }))
    local names = {}
    for name in pairs(steps) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "pdp", "query", "read", "register", "sync", "upload" }, names)
  end)

  describe("table and a flow", function()
    local FLOW = table.concat({
      "local function update(job)",
      "  job:retry('pdp', go) -- job:retry('not this')",
      '  job:retry("send_sms", go)',
      "  job:retry(name, go)",
      "end",
    }, "\n")

    it("are compared: the steps that a flow names, with their lines", function()
      assert.same({ { step = "pdp", line = 2 }, { step = "send_sms", line = 3 } }, retry.used_in(FLOW))
    end)

    it("match if each step has its row, or is a standard one", function()
      retry.check_used({ send_sms = { times = 1, own = true } }, FLOW, "f.lua")
    end)

    it("do not match if a step has none, which is reported with its line", function()
      local ok, err = pcall(retry.check_used, {}, FLOW, "f.lua")
      assert.same({ false, "settings" }, { ok, err.kind })
      assert.is_truthy(err.message:find("^f.lua:3: the step send_sms has no row"))
      ok, err = pcall(retry.check_used, {}, "job:retry('uplod', go)", "f.lua")
      assert.is_truthy(not ok and err.message:find("did you mean upload?", 1, true))
    end)
  end)
end)
