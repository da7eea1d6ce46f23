local Module = require "dfota.sim.module"
local Options = require "dfota.sim.options"
local groups = require "dfota.sim.options_list"

local SOURCES = { note = true, AT = true, FILE = true, TCP = true, LTE = true, RDA = true, TS = true, invented = true }

describe("The list of the simulated module's switches", function()
  local seen = {}

  for _, group in ipairs(groups) do
    it("has a title and switches in each group: " .. tostring(group.title), function()
      assert.is_truthy(type(group.title) == "string" and group.title ~= "")
      assert.is_true(#group.rows > 0)
    end)

    for _, row in ipairs(group.rows) do
      local name, default, unit, doc, source = table.unpack(row, 1, 5)
      it(("describes %s: its default, unit, purpose and source"):format(name), function()
        assert.is_truthy(name:find "^%l[%l_]*$")
        assert.is_nil(seen[name], "twice")
        seen[name] = true
        assert.equal(5, #row)
        assert.is_truthy(({ string = true, number = true, boolean = true })[type(default)])
        for _, words in ipairs { unit, doc, source } do
          assert.is_true(type(words) == "string" and not words:find "%c")
        end
        assert.is_true(#doc > 3)
        assert.is_truthy(source == "" or SOURCES[source:match "^%a+"], source)
        assert.is_true(type(default) ~= "boolean" or unit == "", "yes or no has no unit")
      end)

      it(("accepts the default of %s explicitly"):format(name), function()
        local spec = assert(Options.new { [name] = default })
        assert.equal(default, spec[name])
      end)
    end
  end

  it("creates a module with any switch left out", function()
    local all = {}
    for _, group in ipairs(groups) do
      for _, row in ipairs(group.rows) do all[row[1]] = row[2] end
    end
    assert.equal("ready", assert(Module.new(all)).state)
  end)

  -- What other specs, the docs and the note rely on by default.
  it("has a healthy module by default, which accepts an update", function()
    for name, default in pairs {
      revision = "MC65FAR01A01", http_to = "MC65FAR01A02", state = "ready", ipr = 115200, csq = 25, vbat_mv = 3900,
      sim = "ready", creg = 1, cgreg = 1, qfotadl = true, update_step = 2, download_step = 10, spelling = "example",
      line_limit = 256, fail = "", lost = "", drop = 0, garble = 0, noise = 0, result = "",
    } do
      assert.equal(default, Options.new()[name], name)
    end
  end)
end)
