--- User and password of an APN: given in the call, in a file, or in the environment.
-- @module dfota.config.credentials

local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local credentials = {}

local MAX_PASSWORD_FILE = 1024

-- One line; a line end added by an editor is not part of it.
local function password_in(path)
  local content, why = regular_file.read(path, MAX_PASSWORD_FILE)
  local shown = text.printable(path)
  if not content then return nil, ("--password @%s: %s"):format(shown, why) end
  local line = content:match("^([^\r\n]+)\r?\n?$")
  if not line then return nil, ("--password @%s: the file must contain one line, the password"):format(shown) end
  return line
end

-- apn.lua names the APN to try, and does nothing with one otherwise.
local function settle_try(options)
  if options.try then options.apn = options.try end
end

--- Settles `apn`, `user` and `password`. A password in the environment applies to any APN given; one in the call
-- requires --apn. The module's own APN is nil.
-- @tparam table options parsed; changed
-- @tparam function getenv
-- @tparam table takes option → true for those that the command has
-- @treturn boolean|nil true; nil, message
function credentials.settle(options, getenv, takes)
  settle_try(options)
  if options.apn == "module" then options.apn = nil end
  if not options.apn then
    if options.user or options.password then
      if takes.user and not takes.password then return nil, "--user needs --apn: NAME or auto" end
      return nil, takes.try and "--user and --password need --try: NAME or auto"
        or "--user and --password need --apn: NAME or auto"
    end
    return true
  end
  if not options.password then
    local word = getenv "DFOTA_PASSWORD"
    options.password = word ~= "" and word or nil
  elseif options.password:find("^@") then
    local word, why = password_in(options.password:sub(2))
    if not word then return nil, why end
    options.password = word
  end
  return true
end

return credentials
