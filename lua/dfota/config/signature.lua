--- Signatures of manifests: RSA with SHA-256, by luaossl. Ed25519 would need OpenSSL's one-shot signing, which luaossl
-- does not offer (wahern/luaossl#188); the scheme stands before the signature, so that others can be added.
-- @module dfota.config.signature

local core = require "dfota.core"
local digest = require "openssl.digest"
local manifest = require "dfota.config.manifest"
local pkey = require "openssl.pkey"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"

local signature = {}

local SCHEME = "rsa-sha256"
local MIN_BITS = 2048 -- NIST SP 800-131A: shorter RSA keys are disallowed
local MAX_BYTES = 64 * 1024

local function bad_key(path, reason)
  return nil, core.error("settings", ("key %s: %s"):format(path == "" and "''" or text.printable(path), reason))
end

-- OpenSSL would ask for a passphrase on the terminal.
local function is_encrypted(pem) return pem:find("ENCRYPTED", 1, true) ~= nil end

local function is_private(pem) return pem:find("PRIVATE KEY-----", 1, true) ~= nil end

local NAMES = { ED25519 = "an Ed25519 key", ["id-ecPublicKey"] = "an elliptic-curve key", DSA = "a DSA key" }

local function check_kind(path, key)
  local kind = key:type()
  if kind ~= "rsaEncryption" then
    return bad_key(path, ("is %s; an RSA key is needed"):format(NAMES[kind] or "of the kind " .. text.brief(kind)))
  end
  local bits = 8 * #key:getParameters().n:toBinary()
  if bits >= MIN_BITS then return key end
  return bad_key(path, ("has %d bits; %d are the least"):format(bits, MIN_BITS))
end

local function parsed(path, pem)
  if not pem:find("-----BEGIN ", 1, true) then return bad_key(path, "is not a key in PEM format") end
  if is_encrypted(pem) then return bad_key(path, "is encrypted: decrypt it first, with openssl pkey") end
  local ok, key = pcall(pkey.new, pem, "PEM")
  if not ok then return bad_key(path, "is not a key in PEM format") end
  return check_kind(path, key)
end

local function read(path)
  local pem, why = regular_file.read(path, MAX_BYTES)
  if pem then return pem end
  return bad_key(path, why)
end

--- Reads a public key.
-- @tparam string path of a PEM file
-- @treturn[1] table `path`, `key`
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function signature.public_key(path)
  local pem, err = read(path)
  if not pem then return nil, err end
  if is_private(pem) then
    return bad_key(path, "is a private key: give the public one, which openssl pkey -pubout makes of it")
  end
  local key
  key, err = parsed(path, pem)
  if not key then return nil, err end
  return { path = path, key = key }
end

--- Reads a private key.
-- @tparam string path of a PEM file
-- @treturn[1] table `path`, `key`
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function signature.private_key(path)
  local pem, err = read(path)
  if not pem then return nil, err end
  if not is_private(pem) then return bad_key(path, "is not a private key, which signing needs") end
  local key
  key, err = parsed(path, pem)
  if not key then return nil, err end
  return { path = path, key = key }
end

local function hash_of(values)
  local sha = digest.new "sha256"
  sha:update(manifest.content(values))
  return sha
end

--- Signs a manifest's content.
-- @tparam table values
-- @tparam table private from `private_key`
-- @treturn string the value of its key `signature`
function signature.sign(values, private)
  return SCHEME .. ":" .. text.hex(private.key:sign(hash_of(values)))
end

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function verifies(public, bytes, values)
  local ok, same = pcall(public.key.verify, public.key, bytes, hash_of(values))
  return ok and same == true
end

--- Is a manifest signed by one of these keys?
-- @tparam table values with `signature`
-- @tparam {table,...} keys from `public_key`
-- @treturn[1] table the key
-- @treturn[2] nil
-- @treturn[2] string why not
function signature.signer(values, keys)
  local scheme, hex = values.signature:match("^([^:]+):(%x+)$")
  if scheme ~= SCHEME or #hex % 2 ~= 0 then
    return nil, ("the signature is of an unknown kind, %s: %s is known"):format(text.brief(scheme), SCHEME)
  end
  local bytes = bytes_of(hex)
  for _, public in ipairs(keys) do
    if verifies(public, bytes, values) then return public end
  end
  return nil, "the signature fits no known key: the manifest was changed, or signed by somebody else"
end

return signature
