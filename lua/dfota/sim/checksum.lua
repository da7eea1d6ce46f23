--- The checksum of the file commands: XOR of 16-bit big-endian words, an odd last byte is a high byte.
-- Source: GSM FILE AT Commands Manual V1.5, QFUPL.

--- Sums a string.
-- @string bytes
-- @treturn integer 0 … 65535
return function(bytes)
  local sum, whole = 0, #bytes // 8 * 8
  for i = 1, whole, 8 do
    sum = sum ~ (string.unpack(">i8", bytes, i))
  end
  local tail = bytes:sub(whole + 1)
  if tail ~= "" then
    sum = sum ~ (string.unpack(">i8", tail .. ("\0"):rep(8 - #tail)))
  end
  sum = sum ~ (sum >> 32)
  sum = sum ~ (sum >> 16)
  return sum & 0xFFFF
end
