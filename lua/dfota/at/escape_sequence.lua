--- The escape sequence `+++`, which ends data mode: all that is known of it. Pure.
--
-- The GSM FILE manual ends an upload with it. Whether a module wants silence around it (the GSM AT manuals' guard
-- time of 0.5 to 1 s) is unproven for uploads, so it is sent with silence, and one inside a package is told of.
-- @module dfota.at.escape_sequence

local escape_sequence = {}

--- What is sent.
escape_sequence.BYTES = "+++"

local ACKNOWLEDGED = 1024 -- bytes between two acknowledgements (GSM FILE manual)

--- What to say of a package that holds it.
-- @tparam table offsets from 0, as `core.scan_plus` gives them
-- @treturn string|nil nil where there is none
function escape_sequence.warning(offsets)
  if not offsets[1] then return nil end
  return ("the package holds %s (byte %d): a module that looks for it without guard time ends the upload there"):format(
    escape_sequence.BYTES, offsets[1])
end

--- May a module that took so many bytes have ended the upload at one? It counts it, or does not.
-- @tparam table offsets
-- @tparam integer size bytes
-- @treturn boolean
function escape_sequence.ends_at(offsets, size)
  for _, offset in ipairs(offsets) do
    if size == offset or size == offset + #escape_sequence.BYTES then return true end
  end
  return false
end

--- Would waiting for acknowledgements tear one apart, and put a guard time's silence around its parts?
-- @tparam table offsets
-- @treturn boolean
function escape_sequence.is_torn(offsets)
  for _, offset in ipairs(offsets) do
    if offset % ACKNOWLEDGED > ACKNOWLEDGED - #escape_sequence.BYTES then return true end
  end
  return false
end

return escape_sequence
