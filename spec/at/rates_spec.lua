local rates = require "dfota.at.rates"

describe("The rates at which a module is looked for", function()
  it("are the standard ones, those first that a module is likely to have", function()
    assert.same({ 115200, 9600 }, { rates.standard[1], rates.standard[2] })
    local all = table.move(rates.standard, 1, #rates.standard, 1, {})
    table.sort(all)
    assert.same({ 300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200, 230400, 460800, 921600 },
      all)
    assert.same(rates.likely, table.move(rates.standard, 1, #rates.likely, 1, {}))
  end)

  it("are each asked once, however many lists name them, and never the rate of a port that is gone", function()
    assert.same({ 9600, 115200, 300 }, rates.joined(9600, nil, 0, { 115200, 9600 }, { 300 }))
    assert.same({}, rates.joined(nil, 0, {}))
  end)

  it("begin with the one that was found last, if it is one of them", function()
    local all = rates.beginning_with(57600)
    assert.same({ 57600, 115200, 9600, 38400 }, table.move(all, 1, 4, 1, {}))
    assert.equal(#rates.standard, #all)
    for _, none in ipairs { false, 0, 7200, -9600, 1 << 40 } do
      assert.same(rates.standard, rates.beginning_with(none or nil))
    end
  end)
end)
