local Package = require "dfota.sim.package"
local checksum = require "dfota.sim.checksum"
local core = require "dfota.core"

describe("A simulated package", function()
  it("contains the revisions it upgrades from and to", function()
    local read = assert(Package.read(assert(Package.make("A", "B", 2000, 3, { model = "Quectel_M65" }))))
    assert.same({ model = "Quectel_M65", from = "A", to = "B", size = 2000 }, read)
  end)

  it("has the size of the note's example if none is given", function()
    assert.equal(156104, #Package.make("A", "B"))
  end)

  it("begins as packages of the chip's SDK do, and says in its first line that it is simulated", function()
    assert.truthy(Package.make("A", "B", 500):find("^RDAOTA01 DFOTA%-SIMULATED%-PACKAGE"))
  end)

  it("may lack that beginning, and is still read", function()
    local bytes = assert(Package.make("A", "B", 500, 1, { magic = false }))
    assert.truthy(bytes:find("^DFOTA%-SIMULATED%-PACKAGE"))
    assert.equal("B", assert(Package.read(bytes)).to)
  end)

  it("is the same for the same seed, and different for another", function()
    assert.equal(Package.make("A", "B", 500, 1), Package.make("A", "B", 500, 1))
    assert.not_equal(Package.make("A", "B", 500, 1), Package.make("A", "B", 500, 2))
  end)

  it("contains no +++ unless requested, and then at the given place", function()
    for seed = 1, 20 do assert.is_nil(Package.make("A", "B", 20000, seed):find("+++", 1, true)) end
    local with = assert(Package.make("A", "B", 2000, 1, { plus = 1234 }))
    assert.equal(1235, (with:find("+++", 1, true)))
    assert.truthy(Package.read(with))
  end)

  it("has its noise as it comes if any +++ will do, and only then", function()
    local noise = ("+"):rep(400)
    local Random = require "dfota.sim.random"
    local new = Random.new
    finally(function() Random.new = new end)
    Random.new = function() return { bytes = function(_, count) return noise:sub(1, count) end } end
    local any = assert(Package.make("A", "B", 400, 1, { plus = "any" }))
    local avoid = assert(Package.make("A", "B", 400, 1))
    assert.same({ true, false }, { any:find("+++", 1, true) ~= nil, avoid:find("+++", 1, true) ~= nil })
    assert.same({ 400, 400 }, { #any, #avoid })
    assert.truthy(Package.read(any) and Package.read(avoid))
  end)

  it("is refused with a reason if any byte is changed, removed or added", function()
    local good = Package.make("A", "B", 300, 1)
    for i = 1, #good do
      local changed = good:sub(1, i - 1) .. string.char(good:byte(i) ~ 1) .. good:sub(i + 1)
      local read, err = Package.read(changed)
      assert.is_nil(read, "byte " .. i)
      assert.equal("package", err.kind)
    end
    assert.is_nil(Package.read(good:sub(1, -2)))
    assert.is_nil(Package.read(good .. "x"))
    assert.is_nil(Package.read(""))
  end)

  it("cannot be smaller than its header, nor have its +++ outside", function()
    for _, case in ipairs { { 10 }, { 500, { plus = 3 } }, { 500, { plus = 498 } } } do
      local made, err = Package.make("A", "B", case[1], 1, case[2])
      assert.is_nil(made)
      assert.equal("usage", err.kind)
    end
  end)
end)

describe("The checksum of the file commands", function()
  it("matches the manual's vector, with its odd last byte", function()
    assert.equal(0xC6C2, checksum("\x23\x13\x65\xB6\x76\x88\xA3\xEF\x55"))
  end)

  it("matches the core's for every length up to 40", function()
    local bytes = Package.make("A", "B", 300, 5)
    for n = 0, 40 do
      local piece = bytes:sub(-n - 1, -2)
      assert.equal(core.sum16(piece), checksum(piece))
    end
  end)
end)
