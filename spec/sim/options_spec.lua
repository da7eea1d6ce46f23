local Options = require "dfota.sim.options"

describe("The switches of the simulated module", function()
  it("have their defaults if not set", function()
    local spec = assert(Options.parse(nil))
    assert.equal("MC65FAR01A01", spec.revision)
    assert.equal(115200, spec.ipr)
    assert.equal(true, spec.echo)
  end)

  it("are set by name=value, and turned on by a name alone", function()
    local spec = assert(Options.parse("revision=X1, ipr=0,ack_crlf,echo=0,boot_s=0.5"))
    assert.equal("X1", spec.revision)
    assert.equal(0, spec.ipr)
    assert.equal(true, spec.ack_crlf)
    assert.equal(false, spec.echo)
    assert.equal(0.5, spec.boot_s)
  end)

  it("may be given twice: the last one counts", function()
    assert.equal(7, assert(Options.parse("csq=1,csq=7")).csq)
  end)

  local bad = {
    ["foo=1"] = "unknown simulator switch 'foo'", ["csq=x"] = "switch csq must be a number",
    ["csq"] = "switch csq must be",
    ["ber=-1"] = "switch ber must be", ["echo=2"] = "switch echo must be 0 or 1", ["sim=gone"] = "ready or pin",
    ["existing=1"] = "overwrite or 3921 or 4012", ["link=fast"] = "switch link must be", ["=3"] = "is not name=value",
    ["power_cut=upload:x"] = "switch power_cut must be", ["hang=nowhere:3"] = "switch hang must be",
    ["fail=end"] = "switch fail must be", ["fail=start:6500"] = "switch fail must be",
    ["slow=CSQ"] = "switch slow must be", ["power_cut=ent"] = "such as update:40", ["crash=urc:rdi"] = "not 'urc:rdi'",
    ["hang=update:140"] = "not 'update:140'", ["lost=start+ned"] = "httpend, deact, start, updating, end",
    ["twice=END"] = "not 'END'", ["rename=begin:GO"] = "a NAME such as", ["extra=end"] = "a NAME such as",
    ["drop_at=x"] = "switch drop_at must be", ["power_back_s=soon"] = "s or never", ["ipr=nan"] = "switch ipr must be",
    ["boot_s=inf"] = "switch boot_s must be",
  }
  for text, words in pairs(bad) do
    it(("report in one line what is wrong with '%s'"):format(text), function()
      local spec, err = Options.parse(text)
      assert.is_nil(spec)
      assert.equal("usage", err.kind)
      assert.truthy(err.message:find(words, 1, true), err.message)
      assert.is_nil(err.message:find("\n"))
    end)
  end

  it("all have a purpose and a distinct name", function()
    local seen = {}
    for _, switch in ipairs(Options.list) do
      assert.is_nil(seen[switch.name])
      seen[switch.name] = true
      assert.truthy(#switch.doc > 3)
    end
  end)

  it("are all in docs/simulator.md, with their defaults", function()
    local file <close> = assert(io.open("docs/simulator.md"))
    local text = file:read("a")
    for _, switch in ipairs(Options.list) do
      local row = ("| `%s` | `%s` |"):format(switch.name, tostring(switch.default))
      assert.truthy(text:find(row, 1, true), row .. " is missing")
    end
  end)
end)
