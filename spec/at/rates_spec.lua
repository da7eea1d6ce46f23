local rates = require "dfota.at.rates"

describe("The rates at which a module is looked for", function()
  it("are the standard ones, the most likely first", function()
    assert.same({ 115200, 9600 }, { rates.standard[1], rates.standard[2] })
    local all = table.move(rates.standard, 1, #rates.standard, 1, {})
    table.sort(all)
    assert.same({ 300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200, 230400, 460800, 921600 },
      all)
    assert.same(rates.likely, table.move(rates.standard, 1, #rates.likely, 1, {}))
  end)

  it("are each tried once, however many lists contain them, and never include the 0 of a lost port", function()
    assert.same({ 9600, 115200, 300 }, rates.joined(9600, nil, 0, { 115200, 9600 }, { 300 }))
    assert.same({}, rates.joined(nil, 0, {}))
  end)

  it("begin with the one found last, if it is a standard one", function()
    local all = rates.beginning_with(57600)
    assert.same({ 57600, 115200, 9600, 38400 }, table.move(all, 1, 4, 1, {}))
    assert.equal(#rates.standard, #all)
    for _, none in ipairs { false, 0, 7200, -9600, 1 << 40 } do
      assert.same(rates.standard, rates.beginning_with(none or nil))
    end
  end)
end)
