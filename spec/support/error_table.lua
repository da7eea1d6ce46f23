--- The table of error kinds in docs/architecture.md, generated from the list.
local core = require "dfota.core"
local kinds = require "dfota.update.error_kinds"
local verdict = require "dfota.update.verdict"

local error_table = {}

--- The place of the table.
error_table.PATH = "docs/architecture.md"

--- The exit code of a kind before the trigger, once more than a question was asked.
-- @treturn integer|nil nil if none is known for it
function error_table.exit_code(name)
  local rc = verdict.of_error(core.error(name, "x"), { phase = "upload" }).rc
  return rc ~= 1 and rc or nil
end

--- @treturn string the table's lines
function error_table.text()
  local lines = { "| from | kind | meaning | exit code |", "|---|---|---|---|" }
  for _, kind in ipairs(kinds) do
    lines[#lines + 1] = ("| %s | `%s` | %s | %s |"):format(kind.from, kind.name, kind.meaning,
      error_table.exit_code(kind.name) or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

return error_table
