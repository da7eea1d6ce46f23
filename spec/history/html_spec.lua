local html = require "dfota.history.html"

local function code(...) return html.code(html.element(...)) end

describe("HTML", function()
  it("is made element by element, its attributes in order", function()
    assert.equal('<p class="a" id="b">one<b>two</b></p>', code("p", { id = "b", class = "a" }, "one",
      html.element("b", nil, "two")))
    assert.equal('<meta charset="utf-8">', code("meta", { charset = "utf-8" }))
    assert.equal('<rect x="1"/>', code("rect", { x = 1 }))
    assert.equal("<i></i>", code "i")
  end)

  it("takes lists, and leaves out what is not there", function()
    assert.equal("<p>a5c</p>", code("p", nil, { "a", { 5 } }, nil, false, "c"))
    assert.equal("<p></p>", code("p", nil, nil))
  end)

  it("has every text escaped, in elements and in attributes", function()
    assert.equal("<p title=\"&quot;&#39;&gt;\">&lt;script&gt;&amp;amp;</p>",
      code("p", { title = "\"'>" }, "<script>&amp;"))
  end)

  it("has every text safe to show", function()
    assert.equal("<p>\\x00\\n\u{FFFD}\\u{202E}ü→</p>", code("p", nil, "\0\n\xFF\u{202E}ü→"))
  end)

  it("lets only our own code pass as it is", function()
    assert.equal("<style>a>b</style>", code("style", nil, html.raw "a>b"))
  end)
end)
