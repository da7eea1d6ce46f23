local enter_key = require "dfota.fleet.enter_key"

describe("A terminal", function()
  it("is read only by what is in its foreground, whatever the program calls itself", function()
    assert.is_true(enter_key.is_in_front "812 (lua5.4) S 700 812 700 34816 812 4194304 1")
    assert.is_true(enter_key.is_in_front "812 (a) S 1 2) R 700 812 700 34816 812 4194304 1")
    assert.is_false(enter_key.is_in_front "812 (lua5.4) S 700 812 700 34816 700 4194304 1")
    assert.is_false(enter_key.is_in_front "812 (lua5.4) S 700 812 700 0 -1 4194304 1") -- it has none
    assert.is_false(enter_key.is_in_front "")
  end)
end)
