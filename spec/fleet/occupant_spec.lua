local occupant = require "dfota.fleet.occupant"

describe("The module that a port's tries are about", function()
  local function device_of(more)
    local device = { what = "update" }
    for name, value in pairs(more) do device[name] = value end
    occupant.keep_plan { device }
    return device
  end

  local function meets(device, imei) occupant.met(device, { model = "MC65", revision = "R" .. imei, imei = imei }) end

  it("is the plan's, whichever answers", function()
    local device = device_of { imei = "1" }
    for _, what in ipairs { "update", "watch", "update" } do
      device.what = what
      meets(device, "2")
      assert.same({ "1", "1", nil }, { occupant.wanted(device, what), device.imei, device.revision })
    end
    meets(device, "1")
    assert.same({ "1", "R1" }, { device.imei, device.revision })
  end)

  it("is whichever is there for an update, where the plan names none", function()
    local device = device_of {}
    for _, imei in ipairs { "1", "2" } do
      meets(device, imei)
      assert.same({ nil, imei, "R" .. imei }, { occupant.wanted(device, "update"), device.imei, device.revision })
    end
  end)

  it("is the one that was triggered for a watch, also if another answers by then", function()
    local device = device_of {}
    meets(device, "1")
    device.what = "watch"
    meets(device, "2")
    assert.same({ "1", "1", "R1" }, { occupant.wanted(device, "watch"), device.imei, device.revision })
  end)

  it("is, where somebody else triggered one, the ledger's; and if that is gone, free for an update", function()
    local device = device_of { open_imei = "1", what = "watch", refused_by = "imei", try = 3 }
    assert.equal("1", occupant.wanted(device, "watch"))
    assert.is_false(occupant.is_free(device)) -- it has not said who it is
    meets(device, "2")
    assert.same({ true, nil }, { occupant.is_free(device), device.imei })
    device.try = 4
    assert.is_false(occupant.is_free(device))
    device.try = 3
    assert.is_nil(occupant.wanted(device, "update"))
  end)

  it("is not free otherwise: if it is the one, was refused for something else, or this run had triggered it", function()
    local device = device_of { open_imei = "1", what = "watch", refused_by = "imei", try = 3 }
    meets(device, "1")
    assert.is_false(occupant.is_free(device))
    for _, other in ipairs {
      { what = "watch", refused_by = "imei" }, { what = "watch", open_imei = "1" },
      { what = "update", refused_by = "imei", open_imei = "1" },
      { what = "watch", refused_by = "imei", open_imei = "1", imei = "3" },
    } do
      other.try, other.stranger_in = 3, 3
      assert.is_false(occupant.is_free(device_of(other)))
    end
  end)
end)
