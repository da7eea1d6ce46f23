local document = require "support.document"
local page = require "support.settings_page"
local settings = require "dfota.config.settings"

describe("docs/settings.md", function()
  local text = document.read "docs/settings.md"

  it("is what the list of settings says", function()
    assert.is_true(text == page(), "docs/settings.md is not what the list says: run make docs")
  end)

  it("has a complete row for each setting", function()
    for _, setting in ipairs(settings.list) do
      local row = text:match("\n(| `" .. setting.name .. "` |[^\n]+)")
      assert.is_truthy(row, setting.name)
      for _, word in ipairs { setting.doc, setting.source, setting.unit } do
        assert.is_truthy(row:find(word, 1, true), row)
      end
    end
  end)

  it("shows a settings file that is accepted", function()
    local chunk = assert(load(assert(text:match "\n    (return [^\n]+)")))
    for name, value in pairs(chunk()) do
      assert(settings.load { set = { ("%s=%s"):format(name, value) } })
    end
  end)
end)
