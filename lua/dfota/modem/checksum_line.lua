--- Size and checksum as the file commands print them after a transfer. Pure.
-- @module dfota.modem.checksum_line

local checksum_line = {}

--- Parse `+QFUPL: <size>,<checksum>` or `+QFDWL: …`: one to four hex digits, in either case (GSM and LTE modules
-- differ).
-- @tparam string prefix such as "+QFUPL"
-- @tparam string line
-- @treturn integer|nil bytes
-- @treturn integer|nil the checksum, 0 to 65535
function checksum_line.parse(prefix, line)
  local name, size, sum = line:match "^(%+%u+):%s*(%d+)%s*,%s*(%x+)%s*$"
  if name ~= prefix or #sum > 4 then return nil end
  return math.tointeger(tonumber(size)), tonumber(sum, 16)
end

return checksum_line
