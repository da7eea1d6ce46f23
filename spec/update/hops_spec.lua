local hops = require "dfota.update.hops"
local verdict = require "dfota.update.verdict"

describe("The verdict on a chain", function()
  local HOP = { number = 2, of = 3, from = "B", to = "C", start = "A" }

  it("is that of the hop that ended it, told of the whole chain", function()
    local hop = verdict.of_update { before = "B", to = "C", after = "B", code = 6508, where = "END" }
    local whole = hops.in_chain(hop, HOP)
    assert.same({ 81, "failed_on_source", 6508, true, "A", "B", "after_fix", hop.advice },
      { whole.rc, whole.outcome, whole.code, whole.changed, whole.before, whole.after, whole.retry, whole.advice })
    assert.equal("hop 1 of 3 is done; hop 2 of 3, B -> C: " .. hop.message, whole.message)
  end)

  it("knows what runs before a later hop, and says that the same call goes on", function()
    local function whole(kind, number, phase)
      local hop = { number = number, of = 3, from = number == 1 and "A" or "B", to = "X", start = "A" }
      local fields = verdict.of_error({ kind = kind, message = "m" }, { before = hop.from, phase = phase })
      local done = number > 1 and { before = "A", after = "B", words = hops.done_words(number - 1, 3) } or nil
      return hops.on_the_way(hops.in_chain(fields, hop), done)
    end
    for _, case in ipairs { { "interrupted", 82, 130 }, { "upload", 75, 75 } } do
      local later, first = whole(case[1], 2, "upload"), whole(case[1], 1, "upload")
      assert.same({ case[2], "wrong_revision", "A", "B", true, "the same call goes on from there", "safe" },
        { later.rc, later.outcome, later.before, later.after, later.changed, later.advice, later.retry })
      assert.equal("hop 1 of 3 is done: the module runs B; hop 2 of 3, B -> X: m", later.message)
      assert.same({ case[3], "not_started", nil, false }, { first.rc, first.outcome, first.after, first.changed })
      assert.matches("nothing was changed", first.advice)
    end
    assert.matches("gate", whole("gate", 2).advice)
  end)

  it("leaves unknown what is unknown", function()
    local whole = hops.in_chain(verdict.unknown("m", "B"), HOP)
    assert.same({ 80, nil, nil, "never" }, { whole.rc, whole.after, whole.changed, whole.retry })
  end)

  it("of a single hop is that hop's", function()
    local hop = verdict.of_update { before = "A", to = "B", after = "B" }
    local only = { number = 1, of = 1, from = "A", to = "B", start = "A" }
    assert.same(hop, hops.in_chain(hop, only))
    assert.same(hop, hops.of_chain(hop, only))
  end)

  it("is a success after the last hop", function()
    local whole = hops.of_chain({ recorded = true }, { number = 3, of = 3, from = "C", to = "D", start = "A" })
    assert.same({ 0, "updated", true, "A", "D", "the module now runs D, after 3 updates", true },
      { whole.rc, whole.outcome, whole.changed, whole.before, whole.after, whole.message, whole.recorded })
  end)

  it("is never 130 behind an update that was done, which promises that nothing was changed", function()
    local done = { before = "A", after = "C", words = hops.done_words(2, 3) }
    local whole = hops.on_the_way(hops.between(HOP), done)
    assert.same({ 82, "wrong_revision", true, "A", "C", "safe" },
      { whole.rc, whole.outcome, whole.changed, whole.before, whole.after, whole.retry })
    assert.equal("hops 1 to 2 of 3 are done: the module runs C; interrupted before hop 3", whole.message)
    local unknown = hops.on_the_way(hops.between(HOP), { after = "C", words = "w" })
    assert.same({ 82, nil, nil }, { unknown.rc, unknown.before, unknown.changed })
  end)

  it("of a run that changed nothing, or has a verdict, is left alone", function()
    local no = verdict.not_confirmed("interrupted", "A", "m")
    assert.equal(no, hops.on_the_way(no, nil))
    assert.equal(no, hops.on_the_way(no, { before = "A", after = "A", words = "w" }))
    local unknown = verdict.unknown("m", "B")
    assert.equal(unknown, hops.on_the_way(unknown, { before = "A", after = "B", words = "w" }))
  end)
end)
