local escape_sequence = require "dfota.at.escape_sequence"

describe("The escape sequence in a package", function()
  it("is reported by its first byte, and only if there is one", function()
    assert.is_nil(escape_sequence.warning {})
    assert.is_truthy(escape_sequence.warning({ 500, 900 }):find("contains +++ (byte 500)", 1, true))
  end)

  it("explains an upload that ended before or after it", function()
    for size, explained in pairs {
      [499] = false, [500] = true, [501] = false, [502] = false, [503] = true, [900] = true, [903] = true, [905] = false
    } do
      assert.equal(explained, escape_sequence.ends_at({ 500, 900 }, size), size)
    end
    assert.is_false(escape_sequence.ends_at({}, 0))
  end)

  it("is split if an acknowledgement is awaited inside it", function()
    for offset, torn in pairs {
      [0] = false, [1021] = false, [1022] = true, [1023] = true, [1024] = false, [2046] = true,
    } do
      assert.equal(torn, escape_sequence.is_torn { offset }, offset)
    end
    assert.is_false(escape_sequence.is_torn {})
    assert.is_true(escape_sequence.is_torn { 5, 1022 })
  end)
end)
