local row = require "dfota.fleet.row"

describe("A line of a fleet's table", function()
  it("is exactly as wide as it may be, and has a second one only for trouble on a narrow terminal", function()
    local failed = { state = "failed", port = "/dev/x", message = "6508: update failed" }
    for _, width in ipairs { 10, 39, 59, 60, 79, 99, 100, 109, 110, 200 } do
      local lines = row.lines(failed, width)
      assert.equal(width < 60 and 2 or 1, #lines)
      for _, line in ipairs(lines) do assert.equal(width, utf8.len(line)) end
      assert.equal(1, #row.lines({ state = "done", port = "/dev/x", message = "it runs A02" }, width))
    end
  end)
end)
