local schema = require "dfota.ledger.schema"
local selection = require "dfota.ledger.selection"

local function quote(value) return "<" .. tostring(value) .. ">" end

local function where(wanted, version)
  return selection.where(wanted, quote, { version = version or schema.VERSION, no_time = "FALSE" })
end

describe("Updates", function()
  it("are all meant if nothing is asked for", function()
    assert.equal("", where {})
    assert.equal("", where { outcomes = {} })
  end)

  for name, case in pairs {
    ["of one module"] = { { imei = "1" }, "imei = <1>" },
    ["of a campaign"] = { { run = "r" }, "run = <r>" },
    ["from a time on"] = { { since = 5 }, "started >= <5.0>" },
    ["before a time"] = { { before = 6.5 }, "started < <6.5>" },
    ["with an outcome"] = { { outcomes = { "unknown" } }, "outcome = <unknown>" },
    -- several are looked for in the order of time, which finds the latest at once
    ["with one of several"] = { { outcomes = { "unknown", "updated" } },
      "(outcome = <unknown> OR outcome = <updated>) IS TRUE" },
    ["whose end is not certain"] = { { outcomes = { "open" } }, "(" .. schema.open "FALSE" .. ")" },
    -- without statistics a planner may take the index of an outcome that half of all updates have
    ["of a module, then of a campaign"] = { { imei = "1", run = "r", outcomes = { "updated" }, since = 5 },
      "imei = <1> AND (run = <r>) IS TRUE AND (outcome = <updated>) IS TRUE AND started >= <5.0>" },
  } do
    it("are those " .. name, function() assert.equal("WHERE " .. case[2], where(case[1])) end)
  end

  it("of the first layout belong to no campaign", function() assert.equal("WHERE 1 = 0", where({ run = "r" }, 1)) end)

  it("can be asked for by every outcome that a result has", function()
    local known = {}
    for _, name in ipairs(selection.OUTCOMES) do known[name] = true end
    for name in schema.open("FALSE"):gmatch "'([%l_]+)'" do assert.is_true(known[name], name) end
    assert.is_true(known.unknown)
  end)
end)
