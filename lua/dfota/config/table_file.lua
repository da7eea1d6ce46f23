--- Lua files written by the user as data: settings, retries, access points.
-- They run in a sandbox, `dfota.core.read_table`, so that a mistake in them can neither harm nor hang the program.
-- @module dfota.config.table_file

local core = require "dfota.core"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local table_file = {}

-- Anything longer, larger or with more steps is not a small table of data. All chosen by us; a table of access points
-- for every network in the world has some 200 kB.
local MAX_SOURCE_BYTES = 512 * 1024
local MAX_STEPS = 1000000
local MAX_MEMORY_BYTES = 16 << 20

-- Lua's own messages begin with the chunk's name and the line.
local function split_place(reason)
  local line, rest = reason:match("^file:(%d+): (.*)$")
  if line then return rest, tonumber(line) end
  return reason
end

--- The table that a file returns.
-- @tparam string path
-- @tparam[opt=512 KiB] integer max_bytes of source
-- @treturn[1] table
-- @treturn[1] string the file's source, for finding line numbers
-- @treturn[2] nil
-- @treturn[2] string the reason, in one line and without the path
-- @treturn[2] integer|nil line
function table_file.read(path, max_bytes)
  local source, why = regular_file.read(path, max_bytes or MAX_SOURCE_BYTES)
  if not source then return nil, why end
  local value, reason = core.read_table(source, "=file", MAX_STEPS, MAX_MEMORY_BYTES)
  if type(value) == "table" then return value, source end
  local message, line = split_place(reason or "does not return a table")
  return nil, text.printable(message), line
end

return table_file
