--- Simulated delta packages. Quectel's real format is not public, so this one says in plain text that it is simulated.
--
--     RDAOTA01 DFOTA-SIMULATED-PACKAGE 1
--     model=Quectel_MC65
--     from=MC65FAR01A01
--     to=MC65FAR01A02
--     size=156104
--     check=0123456789abcdef
--     (empty line, then seeded noise up to the size)
local Random = require "dfota.sim.random"
local core = require "dfota.core"

local Package = {}

--- Size of the package in the application note's example, in bytes (chapter 4.2).
Package.SIZE = 156104

--- How packages of the chip's published SDK begin.
Package.MAGIC = "RDAOTA01"

local TITLE = "DFOTA-SIMULATED-PACKAGE 1\n"
local HEAD = Package.MAGIC .. " " .. TITLE
local CHECK = "check=%016x\n\n"
local CHECK_LENGTH = #CHECK:format(0)

local function checksum(text)
  local hash, whole = 0x1B873593CC9E2D51, #text // 8 * 8
  for i = 1, whole, 8 do
    hash = (hash ~ (string.unpack("<i8", text, i))) * 0x100000001B3
    hash = hash ~ (hash >> 29)
  end
  for i = whole + 1, #text do
    hash = (hash ~ text:byte(i)) * 0x100000001B3
  end
  return hash ~ (hash >> 32)
end

-- With "avoid" the body has no "+++"; a number puts one at that offset in the package.
local function place_plus(body, plus, offset)
  if plus == "avoid" then return (body:gsub("%+%+%+", "++-")) end
  if type(plus) ~= "number" then return body end
  local at = plus - offset
  return body:sub(1, at) .. "+++" .. body:sub(at + 4)
end

local function head_of(options)
  return options.magic == false and TITLE or HEAD
end

local function refuse(...)
  return nil, core.error("usage", string.format(...))
end

--- Creates a package.
-- @string from revision it upgrades from
-- @string to revision it upgrades to
-- @tparam[opt=156104] integer size whole size in bytes
-- @tparam[opt=1] integer seed of the noise
-- @tparam[opt] table options `model` (default Quectel_MC65); `plus`: "avoid" (default), "any", or an offset
--   of `+++`; `magic`: false for one that does not begin with `RDAOTA01`
-- @treturn ?string the package, or nil and an error of kind "usage"
function Package.make(from, to, size, seed, options)
  options = options or {}
  size = size or Package.SIZE
  local model = options.model or "Quectel_MC65"
  local head = ("%smodel=%s\nfrom=%s\nto=%s\nsize=%d\n"):format(head_of(options), model, from, to, size)
  local offset = #head + CHECK_LENGTH
  if size <= offset then
    return refuse("a simulated package of %d bytes is too small: its header alone has %d", size, offset)
  end
  local plus = options.plus or "avoid"
  if type(plus) ~= "number" and plus ~= "avoid" and plus ~= "any" then
    return refuse("the place of +++ must be avoid, any or an offset, not '%s'", plus)
  end
  if type(plus) == "number" and (plus < offset or plus + 3 > size) then
    return refuse("+++ at %d is outside the body (%d to %d)", plus, offset, size - 3)
  end
  local body = place_plus(Random.new(seed):bytes(size - offset), plus, offset)
  return head .. CHECK:format(checksum(head .. body)) .. body
end

local function bad(message)
  return nil, core.error("package", message)
end

--- Reads a package's header and checks the whole.
-- @string bytes
-- @treturn ?table {model=, from=, to=, size=}, or nil and an error of kind "package"
function Package.read(bytes)
  local title = bytes:sub(1, #HEAD) == HEAD and HEAD or TITLE
  if bytes:sub(1, #title) ~= title then return bad("not a simulated package: its first line is missing") end
  local _, last, model, from, to, size, check =
    bytes:find("^model=([^\n]*)\nfrom=([^\n]*)\nto=([^\n]*)\nsize=(%d+)\ncheck=(%x+)\n\n", #title + 1)
  if not last then return bad("the header of the simulated package is damaged") end
  if math.tointeger(tonumber(size)) ~= #bytes then
    return bad(("the simulated package should have %s bytes but has %d"):format(size, #bytes))
  end
  local seen = checksum(bytes:sub(1, last - CHECK_LENGTH) .. bytes:sub(last + 1))
  if ("%016x"):format(seen) ~= check then return bad("the checksum of the simulated package is wrong") end
  return { model = model, from = from, to = to, size = #bytes }
end

return Package
