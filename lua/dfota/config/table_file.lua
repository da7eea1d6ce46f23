--- Lua files of the user that are data: settings, retries, access points.
-- They are run apart from the program, by `dfota.core.read_table`, so that a slip in them can neither harm nor
-- hold a run.
-- @module dfota.config.table_file

local core = require "dfota.core"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local table_file = {}

-- What is longer, larger or takes more steps is no small table of data. All of them ours; a table of access points
-- for every network of the world has some 200 kB.
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
-- @treturn[1] string the file's source, to find a line in it
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
