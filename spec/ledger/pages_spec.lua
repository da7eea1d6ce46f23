local pages = require "dfota.ledger.pages"

-- Gives rows page by page, or fails at one of them.
local function giver(given, fails_at)
  local self, at = { asked = {} }, 0
  local function start(name)
    return function(_, wanted)
      self.asked[#self.asked + 1] = { name, wanted }
      if fails_at == 0 then return nil, "cannot begin" end
      return true
    end
  end
  self.start_rows, self.start_modules = start "rows", start "modules"
  function self.next_rows()
    at = at + 1
    if at == fails_at then return nil, "cut short" end
    return given[at] or {}
  end
  return self
end

describe("The pages of a ledger", function()
  it("become one list, in their order", function()
    for _, name in ipairs { "rows", "modules" } do
      local self = giver { { "a", "b" }, { "c" }, { "d", "e" } }
      assert.same({ "a", "b", "c", "d", "e" }, pages[name](self, "wanted"))
      assert.same({ { name, "wanted" } }, self.asked)
    end
  end)

  it("are an empty list where there are none", function() assert.same({}, pages.rows(giver {})) end)

  it("are no list at all if one of them fails, or the first cannot be asked for", function()
    assert.same({ nil, "cut short" }, { pages.rows(giver({ { "a" }, { "b" } }, 2)) })
    assert.same({ nil, "cannot begin" }, { pages.modules(giver({ { "a" } }, 0)) })
  end)
end)
