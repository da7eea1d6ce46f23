local phases = require "dfota.history.phases"
local style = require "dfota.history.style"

-- WCAG 2.1: the contrast of two colours, from their relative luminances.
local function luminance(color)
  local sum, weights = 0, { 0.2126, 0.7152, 0.0722 }
  local i = 0
  for digits in color:gmatch "%x%x" do
    i = i + 1
    local c = tonumber(digits, 16) / 255
    sum = sum + weights[i] * (c <= 0.03928 and c / 12.92 or ((c + 0.055) / 1.055) ^ 2.4)
  end
  return sum
end

local function contrast(a, b)
  local x, y = luminance(a), luminance(b)
  return (math.max(x, y) + 0.05) / (math.min(x, y) + 0.05)
end

local function colors(block)
  local found = {}
  for name, value in block:gmatch "%-%-([%l-]+):#(%x+)" do found[name] = value end
  return found
end

describe("The style of the page", function()
  local schemes = {
    light = colors(style.SHEET:match "^:root{(.-)}"),
    dark = colors(style.SHEET:match "prefers%-color%-scheme:dark%){:root{(.-)}"),
  }

  it("has the same colours in both schemes", function()
    for name in pairs(schemes.light) do assert.is_string(schemes.dark[name], name) end
    for name in pairs(schemes.dark) do assert.is_string(schemes.light[name], name) end
  end)

  for scheme, of in pairs(schemes) do
    it(("can be read in the %s one"):format(scheme), function()
      for _, pair in ipairs { { "ink", "bg" }, { "ink", "band" }, { "soft", "bg" }, { "soft", "band" },
        { "good", "good-bg" }, { "plain", "plain-bg" }, { "warn", "warn-bg" }, { "bad", "bad-bg" } } do
        local found = contrast(of[pair[1]], of[pair[2]])
        assert.is_true(found >= 4.5, ("%s on %s: %.2f"):format(pair[1], pair[2], found))
      end
    end)

    it(("has a colour for each phase that can be told from the %s page"):format(scheme), function()
      for _, name in ipairs { "other", table.unpack(phases.ORDER) } do
        assert.is_true(contrast(of[name], of.bg) >= 3, name)
        assert.is_truthy(style.SHEET:find((".p-%s{fill:var(--%s)"):format(name, name), 1, true))
      end
    end)
  end

  it("asks for nothing from outside", function()
    for _, word in ipairs { "url(", "@import", "http:", "https:", "src:" } do
      assert.is_nil(style.SHEET:find(word, 1, true), word)
    end
  end)

  it("is balanced, and knows phones and paper", function()
    local _, open = style.SHEET:gsub("{", "")
    local _, close = style.SHEET:gsub("}", "")
    assert.equal(open, close)
    assert.is_truthy(style.SHEET:find("@media print\n{", 1, true))
    assert.is_truthy(style.SHEET:find("@media (max-width:40rem){", 1, true))
  end)
end)
