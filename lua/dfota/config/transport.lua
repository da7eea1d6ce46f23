--- How a package gets into the module: as a file uploaded over the serial line, or from a URL that the module
-- downloads by itself. All differences between the two are defined here. Pure.
-- @module dfota.config.transport

local Transport = {}
Transport.__index = Transport

--- A local file: uploaded as `fota.pack` (note, chapter 4).
-- @tparam[opt] string path
-- @tparam[opt] string hash of its content, by which the ledger recognises it under any name
-- @treturn Transport with `kind` ("file" or "url"), `name` (path or URL), `hash` (nil for a URL), `downloads` (does
--   the module download it by itself, and need a network?), `file_name` that it must have in the module (nil for a URL)
--   and `trigger_command`
function Transport.file(path, hash)
  return setmetatable({
    kind = "file", name = path, hash = hash, downloads = false, file_name = "fota.pack",
    trigger_command = "AT+QFOTADL=1",
  }, Transport)
end

--- A URL (note, chapter 3).
-- @tparam string url as `dfota.config.url` has checked it
-- @treturn Transport
function Transport.url(url)
  return setmetatable({
    kind = "url", name = url, downloads = true, trigger_command = ('AT+QFOTADL="%s"'):format(url),
  }, Transport)
end

--- Was a recorded run about the same package?
-- @tparam table row of the ledger
-- @treturn boolean
function Transport:is_of(row)
  if self.downloads then return row.package == self.name end
  return self.hash ~= nil and row.hash == self.hash
end

return Transport
