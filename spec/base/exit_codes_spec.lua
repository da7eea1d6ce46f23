local document = require "support.document"
local exit_codes = require "dfota.base.exit_codes"
local result = require "dfota.update.result"
local verdict = require "dfota.update.verdict"

local function sorted_codes()
  local codes = {}
  for i, entry in ipairs(exit_codes.list) do codes[i] = entry.code end
  return codes
end

describe("The list of exit codes", function()
  local function plain(cell)
    cell = cell:gsub("[`*]", "")
    if cell ~= "—" then return cell end
  end

  it("is the table that scripts and programs rely on, word for word", function()
    local rows = document.rows(document.section(document.read "README.md", "## Exit codes"))
    assert.equal(#rows, #exit_codes.list)
    for i, row in ipairs(rows) do
      local entry = exit_codes.list[i]
      assert.same({ tonumber(row[1]), plain(row[2]), plain(row[3]) }, { entry.code, entry.meaning, entry.again })
    end
    assert.same({ 0, 1, 2, 65, 66, 69, 74, 75, 77, 78, 80, 81, 82, 83, 84, 130 }, sorted_codes())
  end)

  it("says of each but a success whether to run it again, as the result does", function()
    local WORD = { safe = "^yes, safe$", after_fix = "^after ", never = "^no" }
    for _, entry in ipairs(exit_codes.list) do
      assert.equal(entry.code == 0, entry.again == nil)
      assert.equal(entry, exit_codes.of(entry.code))
    end
    for kind, code in pairs { network = 75, gate = 84, wear = 83, usage = 2, interrupted = 130 } do
      assert.matches(WORD[verdict.of_error({ kind = kind, message = "" }, { phase = "pdp" }).retry],
        exit_codes.of(code).again)
    end
  end)

  it("has every code that an error can end with", function()
    for _, kind in ipairs(require "dfota.update.error_kinds") do
      assert.is_table(exit_codes.of(result.exit_code(kind.name)), kind.name)
    end
    assert.same({ 1, 2, 74, 130 }, { result.exit_code "no such kind", result.exit_code "usage",
      result.exit_code "io", result.exit_code "interrupted" })
  end)
end)
