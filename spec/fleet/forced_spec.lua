local forced = require "dfota.fleet.forced"

describe("A gate that is forced on a fleet", function()
  it("and that no module had is told once, with what may have been meant", function()
    local own = forced.new {
      "--apn", "net", "--force", "suply", "--force", "suply", "--force", "csq", "--force", "nogate",
    }
    for _, event in ipairs { { event = "gate", name = "supply" }, { event = "gate", name = "csq" },
      { event = "note", name = "nogate" } } do
      own:heard(event)
    end
    assert.same({
      "--force suply: no module had a gate of that name; did you mean supply?",
      "--force nogate: no module had a gate of that name",
    }, own:unasked())
  end)

  it("is none where none is forced", function() assert.same({}, forced.new({}):unasked()) end)
end)
