--- The escape sequence `+++`, which ends data mode. Pure.
--
-- The GSM FILE manual ends an upload with it. Whether a module requires silence around it (the GSM AT manuals' guard
-- time of 0.5 to 1 s) is unproven for uploads, so it is sent with silence, and one inside a package is warned of.
-- @module dfota.at.escape_sequence

local escape_sequence = {}

--- The bytes sent.
escape_sequence.BYTES = "+++"

local ACKNOWLEDGED = 1024 -- bytes between two acknowledgements (GSM FILE manual)

--- The warning about a package that contains it.
-- @tparam table offsets from 0, as `core.scan_plus` returns them
-- @treturn string|nil nil if there is none
function escape_sequence.warning(offsets)
  if not offsets[1] then return nil end
  return ("the package contains %s (byte %d): a module that detects it without guard time ends the upload there")
    :format(escape_sequence.BYTES, offsets[1])
end

--- May a module that received `size` bytes have ended the upload at one of them? Modules may or may not count it.
-- @tparam table offsets
-- @tparam integer size bytes
-- @treturn boolean
function escape_sequence.ends_at(offsets, size)
  for _, offset in ipairs(offsets) do
    if size == offset or size == offset + #escape_sequence.BYTES then return true end
  end
  return false
end

--- Would waiting for acknowledgements split one, with silence as long as a guard time around the parts?
-- @tparam table offsets
-- @treturn boolean
function escape_sequence.is_torn(offsets)
  for _, offset in ipairs(offsets) do
    if offset % ACKNOWLEDGED > ACKNOWLEDGED - #escape_sequence.BYTES then return true end
  end
  return false
end

return escape_sequence
