local selection = require "dfota.ports.selection"

local IMEI, OTHER = "861234567890127", "861234567890135"

describe("Of several ports", function()
  local function module(imei, family) return { state = "module", imei = imei or IMEI, family = family or "ours" } end
  local silent, busy, failed = { state = "silent" }, { state = "busy" }, { state = "failed" }
  local updating, recorded = { state = "updating" }, { state = "recorded" }

  it("the one with a module is chosen", function()
    local one = module()
    for _, ports in ipairs { { one }, { silent, one, busy, failed }, { one, { state = "not_asked" } } } do
      assert.equal(one, (selection.choose(ports)))
    end
  end)

  it("one whose module may be of our family is, and one of another family is not", function()
    local unknown = module(OTHER, "unknown")
    assert.equal(unknown, (selection.choose { unknown, silent }))
    assert.equal(unknown, (selection.choose { module(IMEI, "other"), unknown }))
    assert.is_nil((selection.choose { module(IMEI, "other"), silent }))
  end)

  it("one that is heard to be updating itself is, but not one where nothing was asked", function()
    assert.equal(updating, (selection.choose { silent, updating }))
    local none, list, why = selection.choose { silent, recorded }
    assert.same({ nil, { recorded } }, { none, list })
    assert.is_truthy(why:find "was not asked")
  end)

  it("none is chosen if several come into question", function()
    for _, ports in ipairs { { module(), module(OTHER) }, { module(), updating }, { module(), recorded },
      { updating, recorded } } do
      local none, list, why = selection.choose(ports)
      assert.same({ nil, ports, "2 ports may lead to the module" }, { none, list, why })
    end
  end)

  it("none is chosen if none comes into question", function()
    local none, list, why = selection.choose { silent, busy, module(IMEI, "other") }
    assert.same({ nil, {}, "no module was found on 3 ports" }, { none, list, why })
  end)

  it("the one with the wanted IMEI is chosen, whatever else there is", function()
    local one = module()
    assert.equal(one, (selection.choose({ module(OTHER), one, updating, recorded }, IMEI)))
    local none, list, why = selection.choose({ module(OTHER), silent }, IMEI)
    assert.same({ nil, {}, "no module with the IMEI " .. IMEI .. " was found on 2 ports" }, { none, list, why })
  end)

  it("one that cannot say its IMEI may be the wanted one, and one whose record has another is not", function()
    local theirs = { state = "recorded", imei = OTHER }
    assert.same({ recorded }, (select(2, selection.choose({ recorded, theirs, module(OTHER) }, IMEI))))
    assert.equal(updating, (selection.choose({ updating, theirs }, IMEI)) or updating)
  end)
end)
