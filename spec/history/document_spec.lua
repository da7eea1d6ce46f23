local document = require "dfota.history.document"

describe("A page of ours", function()
  it("begins with its mark, escapes its title, and may fetch and run nothing", function()
    local code = document.of "<b>T</b>"
    assert.equal(1, code:find(document.MARK, 1, true))
    assert.truthy(code:find("<title>&lt;b&gt;T&lt;/b&gt;</title>", 1, true))
    assert.truthy(code:find("default-src &#39;none&#39;", 1, true))
  end)

  it("has numbers that can be read", function()
    assert.same({ "0", "999", "1,000", "1,234,567" }, {
      document.thousands(0), document.thousands(999), document.thousands(1000), document.thousands(1234567),
    })
    assert.same({ "1 update", "1,200 updates" }, { document.counted(1, "update"), document.counted(1200, "update") })
  end)
end)
