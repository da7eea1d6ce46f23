local result = require "dfota.update.result"
local result_words = require "dfota.report.result_words"

describe("The words of a result", function()
  for headline, fields in pairs {
    ["updated: A -> B"] = { outcome = "updated", before = "A", after = "B" },
    ["nothing to do: already at unknown"] = { outcome = "already_current" },
    ["failed; the module still runs A"] = { outcome = "failed_on_source", before = "A" },
    ["failed on the way: A ran before, B runs now"] =
      { outcome = "failed_on_source", changed = true, before = "A", after = "B" },
    ["stopped on the way: A ran before"] = { outcome = "not_started", on_the_way = true, before = "A" },
    ["wrong revision: A ran before, C runs now"] = { outcome = "wrong_revision", before = "A", after = "C" },
    ["wrong revision"] = { outcome = "wrong_revision", before = "A", after = "A" },
    ["a\\x1Boutcome of a later version"] = { outcome = "a\27outcome of a later version" },
  } do
    it("say how it ended: " .. headline, function() assert.equal(headline, result_words.headline(fields)) end)
  end

  it("say what to do in sentences, and once that it may be run again", function()
    assert.equal("Look at it. It is safe to run it again.",
      result_words.to_do { advice = "look at it", retry = "safe" })
    assert.equal("Fix it, then run it again.", result_words.to_do { advice = "fix it, then run it again",
      retry = "after_fix" })
    assert.equal("", result_words.to_do { retry = "none" })
  end)

  it("lead to the commands that follow them", function()
    assert.equal("Keep it powered. Do not run it again. Follow it:", result_words.to_do { prose = "keep it powered",
      retry = "never", lead = "follow it", commands = { "lua5.4 scripts/watch.lua" }, advice = "for programs" })
  end)

  it("are one line for a wrong call, and more for a gate or with advice of their own", function()
    assert.is_true(result_words.is_one_line { outcome = "not_started", retry = "after_fix", rc = 2 })
    assert.is_false(result_words.is_one_line { outcome = "not_started", retry = "after_fix", rc = 84 })
    for _, case in ipairs { { nil, true }, { "add packages", false } } do
      local fields = result.of(65, { outcome = "not_started", advice = case[1] }, "package")
      assert.equal(case[2], result_words.is_one_line(fields))
    end
    assert.is_false(result_words.is_one_line { outcome = "unknown", retry = "never", rc = 80 })
  end)
end)
