--- Keys for specs, made by OpenSSL once per process: 2048 bits of RSA take a tenth of a second.
local folder = require "support.folder"
local pkey = require "openssl.pkey"

local key_files = {}

local made = {}

local function rsa(name, bits)
  made[name] = made[name] or pkey.new { type = "RSA", bits = bits or 2048 }
  return made[name]
end

--- Writes a pair of keys.
-- @param dir folder
-- @param name of the pair; the same name is the same pair
-- @param[opt] bits of RSA
-- @return the paths of the private and of the public key
function key_files.rsa(dir, name, bits)
  local key = rsa(name, bits)
  return folder.write(("%s/%s.private.pem"):format(dir, name), key:toPEM "private"),
    folder.write(("%s/%s.pem"):format(dir, name), key:toPEM "public")
end

--- Writes another kind of key: "ED25519" or "EC".
function key_files.other(dir, kind)
  local key = pkey.new { type = kind, curve = kind == "EC" and "prime256v1" or nil }
  return folder.write(("%s/%s.private.pem"):format(dir, kind), key:toPEM "private"),
    folder.write(("%s/%s.pem"):format(dir, kind), key:toPEM "public")
end

return key_files
