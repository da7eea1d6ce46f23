local fold = require "dfota.report.fold"

-- What is reported of lines, each a time and a text: "t:text" or "t:text*repeated".
local function told(lines, seconds)
  local folder, out = fold.new(seconds or 5), {}
  local function add(t, fields)
    out[#out + 1] = ("%g:%s%s"):format(t, fields.text, fields.repeated and "*" .. fields.repeated or "")
  end
  for _, line in ipairs(lines) do
    for _, fields in ipairs(folder:line(line[1], line[2])) do add(line[1], fields) end
  end
  local rest = folder:rest()
  if rest then add(99, rest) end
  assert.is_nil(folder:rest())
  return table.concat(out, " ")
end

describe("Consecutive lines", function()
  it("are reported as they are if they differ", function()
    assert.equal("0:a 0:b 1:a", told { { 0, "a" }, { 0, "b" }, { 1, "a" } })
  end)

  it("are reported once if they are identical, with the number of repetitions before the next one", function()
    assert.equal("0:a 1:a*2 1:b", told { { 0, "a" }, { 0, "a" }, { 0.5, "a" }, { 1, "b" } })
    assert.equal("0:a 99:a*1", told { { 0, "a" }, { 1, "a" } })
  end)

  it("keep being reported every few seconds while they repeat", function()
    local lines = {}
    for i = 0, 120 do lines[#lines + 1] = { i / 10, "a" } end
    assert.equal("0:a 5:a*50 10:a*50 99:a*20", told(lines))
  end)

  it("are all reported if they are far apart", function()
    assert.equal("0:a 9:a 18:a", told { { 0, "a" }, { 9, "a" }, { 18, "a" } })
  end)
end)
