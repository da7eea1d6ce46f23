local AccessPoint = require "dfota.update.access_point"
local folder = require "support.folder"
local providers = require "support.providers"
local virtual = require "support.virtual"

local OWN = { ["00101"] = { apn = "lab", name = "test network" }, ["001010"] = { apn = "three" } }

describe("The APN of a run", function()
  local dir, cleanup, database
  setup(function()
    dir, cleanup = folder.new()
    database = folder.write(dir .. "/providers.xml", providers)
  end)
  teardown(function() cleanup() end)

  -- An access point of a simulated module, and what it tells.
  local function new(request, spec)
    local modem, m = virtual.modem(spec)
    local told = {}
    return AccessPoint.new {
      modem = modem, request = request, own = OWN, database = database,
      ask = function(_, fn) return (fn()) end, note = function(_, message) told[#told + 1] = message end,
    }, told, m
  end

  it("is the module's own unless one is named, and then the SIM is not asked", function()
    local point, _, m = new {}
    assert.is_nil(point:choose())
    assert.same("web", new({ apn = "web", user = "u" }):choose().apn)
    assert.same({}, virtual.commands(m))
  end)

  it("is that of the network which the SIM's EF_AD tells", function()
    local point, told = new { apn = "auto" }
    assert.equal("lab", point:choose().apn)
    assert.matches("its MNC has 2 digits", told[1])
    point = new({ apn = "auto" }, { ef_ad = "00000003" })
    assert.equal("three", point:choose().apn)
  end)

  it("is looked up by three digits and then by two where the SIM does not tell, and this is said", function()
    for _, spec in ipairs { { ef_ad = "none" }, { crsm = "error" }, { ef_ad = "000000" } } do
      local point, told = new({ apn = "auto" }, spec)
      assert.equal("three", point:choose().apn)
      assert.matches("not known: three were looked up first, then two", told[1])
    end
  end)

  it("is an error where none is known", function()
    for _, spec in ipairs { { imsi = "999991234567890" }, { sim = "absent" } } do
      local chosen, err = new({ apn = "auto" }, spec):choose()
      assert.is_nil(chosen)
      assert.equal("usage", err.kind)
    end
  end)

  it("has all candidates of the network, the engineer's own first, and the IMSI is masked", function()
    local point, _, m = new({}, { imsi = "262011234567890" })
    local found = point:candidates()
    assert.same({ "web", "second", "guest" }, { found[1].apn, found[2].apn, found[3].apn })
    assert.equal("26201**********", point:home().imsi)
    assert.equal("262-01", point:home().shown)
    assert.same({ "+CIMI", "+CRSM=176,28589,0,0,4" }, virtual.commands(m))
    assert.equal("lab", new({}):candidates()[1].apn)
    assert.same({}, new({}, { sim = "pin" }):candidates())
  end)

  it("has two possible networks where the length of the MNC is not known", function()
    local home = new({}, { ef_ad = "none", imsi = "310260123456789" }):home()
    assert.same({ "310260", "31026" }, home.networks)
    assert.equal("310-260 or 310-26", home.shown)
    assert.equal("31026**********", home.imsi)
  end)
end)
