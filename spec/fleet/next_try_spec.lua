local next_try = require "dfota.fleet.next_try"

describe("The tries of a module", function()
  local OPTIONS = { tries = 3, backoff_s = 60, backoff_cap_s = 100 }

  it("are so many, with a longer pause after each", function()
    local one, device = next_try.new(OPTIONS), {}
    assert.equal(0, one:recall(device))
    assert.same({ 1060, 1100, nil }, { one:add(device, 1000), one:add(device, 1000), one:add(device, 1000) })
    assert.is_true(one:is_over(device))
    one:anew(device)
    assert.same({ false, 1060 }, { one:is_over(device), one:add(device, 1000) })
  end)

  it("are counted on by whoever goes on, from when the last one ended, until there are as many again", function()
    for before, at in pairs { [2] = 1050, [5] = 1050 } do
      local one, device = next_try.new(OPTIONS), { tries_before = before, tried_at = 950 }
      assert.equal(at, one:recall(device))
      assert.is_nil(one:add(device, 2000))
    end
    for _, before in ipairs { 3, 6 } do
      local one, device = next_try.new(OPTIONS), { tries_before = before, tried_at = 950 }
      assert.equal(0, one:recall(device))
      assert.equal(2060, one:add(device, 2000))
      assert.is_false(one:is_over(device))
    end
  end)

  -- Each try as a word: what its result says, or "killed" without one, "killed*" behind the trigger.
  local RESULTS = {
    safe = { rc = 75, retry = "safe" }, ok = { rc = 0, retry = "none" }, unknown = { rc = 80, retry = "never" },
    failed = { rc = 81, retry = "after_fix" }, stopped = { rc = 130, retry = "safe" },
  }

  local function counted(words)
    local list = {}
    for word in words:gmatch "%S+" do
      list[#list + 1] = {
        steps = word:find "%*" and { { name = "trigger" } } or {}, result = RESULTS[word:match "%a+"],
        finished = 10 * (#list + 1),
      }
    end
    return { next_try.counted(list) }
  end

  for words, counts in pairs {
    [""] = { 0 }, ["safe"] = { 1, 10 }, ["safe safe"] = { 2, 20 }, ["ok safe"] = { 1, 20 },
    ["safe failed safe safe"] = { 2, 40 }, ["safe stopped killed"] = { 1, 10 }, ["safe unknown"] = { 0 },
    ["safe killed*"] = { 0 }, ["safe killed safe"] = { 2, 30 }, ["stopped"] = { 0 },
  } do
    it(("that count are %d of '%s'"):format(counts[1], words), function() assert.same(counts, counted(words)) end)
  end
end)
