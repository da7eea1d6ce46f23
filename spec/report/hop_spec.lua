local Hop = require "dfota.report.hop"

describe("The report of one update in a chain", function()
  local told, hop
  before_each(function()
    told = {}
    hop = Hop.new {
      event = function(_, name, fields) told[#told + 1] = { name, fields } return true end,
      tick = function(_, age_s, words) told[#told + 1] = { "tick", age_s, words } end,
      tick_s = function() return 7 end,
      status = function(_, content) told[#told + 1] = { "status", content } end,
    }
  end)

  it("passes events on", function()
    assert.is_true(hop:event("note", { text = "x" }))
    hop:tick(3, "words")
    hop:status "9600 baud"
    assert.same({ { "note", { text = "x" } }, { "tick", 3, "words" }, { "status", "9600 baud" } }, told)
    assert.equal(7, hop:tick_s())
  end)

  it("keeps its result, the first one, and reports none", function()
    assert.is_true(hop:result { rc = 81 })
    assert.is_false(hop:event("result", { rc = 0 }))
    assert.same({ { rc = 81 }, {} }, { hop.ended, told })
  end)
end)
