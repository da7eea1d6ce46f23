local html = require "dfota.history.html"
local timeline = require "dfota.history.timeline"

local function drawn(list, total) return html.code(timeline.draw(list, total)) end

describe("A timeline", function()
  it("is a bar that fits any width, with a rectangle for each phase, as wide as it was long", function()
    local code = drawn({ { name = "upload", seconds = 25 }, { name = "update", seconds = 75 } }, 100)
    assert.is_truthy(code:find('viewBox="0 0 1000 24"', 1, true))
    assert.is_truthy(code:find('preserveAspectRatio="none"', 1, true))
    local rects = {}
    for class, wide, x in code:gmatch '<rect class="([%l-]+)" height="24" width="([%d.]+)" x="([%d.]+)" y="0"/>' do
      rects[#rects + 1] = { class, tonumber(wide), tonumber(x) }
    end
    assert.same({ { "p-upload", 251.5, 0 }, { "p-update", 748.5, 251.5 } }, rects)
  end)

  it("says the same in words, for people who do not see it, and which phase was the longest", function()
    local code = drawn({ { name = "upload", seconds = 25 }, { name = "update", seconds = 75.4 } }, 100.4)
    assert.is_truthy(code:find('aria-label="Timeline: upload 25 s, update 1 min 15 s"', 1, true))
    assert.is_truthy(code:find('<li class="longest"><i class="key p-update"></i>update <b>1 min 15 s</b> (75 %)</li>',
      1, true))
  end)

  it("shows a phase of no length, and fills the bar whatever the lengths", function()
    for _, seconds in ipairs { { 0, 0 }, { 0, 1e6 }, { 1, 2, 3 } } do
      local list, total, wide = {}, 0, 0
      for i, each in ipairs(seconds) do
        list[i], total = { name = "update", seconds = each }, total + each
      end
      for width in drawn(list, total):gmatch '<rect [^>]*width="([%d.]+)"' do
        assert.is_true(tonumber(width) >= 3)
        wide = wide + tonumber(width)
      end
      assert.is_true(math.abs(wide - 1000) < 1)
    end
  end)

  it("gives a name of others no colour of its own, and shows it escaped", function()
    local code = drawn({ { name = 'x" onload="a', seconds = 1 }, { name = "<b>", seconds = 1 } }, 2)
    assert.is_nil(code:find('onload="', 1, true))
    assert.is_truthy(code:find("&lt;b&gt;", 1, true))
    assert.is_truthy(code:find('class="p-other"', 1, true))
  end)

  it("is not drawn if there is nothing", function() assert.is_nil(timeline.draw({}, 0)) end)
end)
