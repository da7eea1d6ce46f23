--- Passwords by their value: wherever a module repeats one, in an error or a line of its own, it is masked.
--
-- `dfota.at.redact` knows where secrets stand in commands and replies; a module may quote them anywhere else. A stream
-- of bytes keeps their lengths, which a trace needs to be played again; in a text they all look the same. What is too
-- short, or a part of the APN's name, which is no secret, is left alone.
-- @module dfota.at.secrets

local Secrets = {}
Secrets.__index = Secrets

local LEAST = 4 -- characters: a shorter one stands in too much by chance

-- The commands that carry one, as `dfota.modem.pdp` writes them: APN, user, password.
local CARRIERS = { 'QICSGP=%d+,"([^"]*)","[^"]*","([^"]*)"', 'QIREGAPP="([^"]*)","[^"]*","([^"]*)"' }

--- @tparam[opt] string password
-- @tparam[opt] string apn that it belongs to
-- @treturn Secrets
function Secrets.new(password, apn)
  local self = setmetatable({ values = {}, known = {} }, Secrets)
  self:add(password, apn)
  return self
end

--- One more is known from here on.
-- @tparam[opt] string password
-- @tparam[opt] string apn
function Secrets:add(password, apn)
  if not password or #password < LEAST or self.known[password] then return end
  if apn and apn:find(password, 1, true) then return end
  self.known[password] = true
  self.values[#self.values + 1] = password
end

--- Whatever is sent as a password is one.
-- @tparam string command
function Secrets:learn(command)
  if not command:find "^[Aa][Tt]%+[Qq]I" then return end
  for _, carrier in ipairs(CARRIERS) do
    local apn, password = command:match(carrier)
    self:add(password, apn)
  end
end

-- Which bytes belong to a secret: a list of first and last, nil where none does. They may overlap.
local function found_in(values, bytes)
  local spans
  for _, value in ipairs(values) do
    local first, last = bytes:find(value, 1, true)
    while first do
      spans = spans or {}
      spans[#spans + 1] = { first, last }
      first, last = bytes:find(value, first + 1, true)
    end
  end
  return spans
end

local function starred(bytes, spans)
  for _, span in ipairs(spans) do
    bytes = bytes:sub(1, span[1] - 1) .. ("*"):rep(span[2] - span[1] + 1) .. bytes:sub(span[2] + 1)
  end
  return bytes
end

--- What stands for a secret in a text, however long it is.
Secrets.MASK = "****"

-- Those that overlap or touch are one.
local function shortened(bytes, spans)
  table.sort(spans, function(a, b) return a[1] < b[1] end)
  local parts, from = {}, 1
  for _, span in ipairs(spans) do
    if span[1] > from or #parts == 0 then
      parts[#parts + 1] = bytes:sub(from, span[1] - 1)
      parts[#parts + 1] = Secrets.MASK
    end
    from = math.max(from, span[2] + 1)
  end
  return table.concat(parts) .. bytes:sub(from)
end

--- A text, with each secret masked.
-- @tparam string shown
-- @treturn string
function Secrets:masked(shown)
  local spans = found_in(self.values, shown)
  return spans and shortened(shown, spans) or shown
end

-- How many of the last bytes may be the beginning of a secret.
local function begun(values, bytes)
  local most = 0
  for _, value in ipairs(values) do
    for n = math.min(#value - 1, #bytes), most + 1, -1 do
      if bytes:sub(-n) == value:sub(1, n) then
        most = n
        break
      end
    end
  end
  return most
end

local Stream = {}
Stream.__index = Stream

--- Bytes that come in pieces. What may be the beginning of a secret is held back until that is settled; no secret has
-- a line end, so that is never more than the end of an unfinished line.
-- @treturn Stream
function Secrets:stream() return setmetatable({ secrets = self, held = "", covered = 0 }, Stream) end

-- Of the held bytes the first `covered` belong to a secret that has come to its end.
local function all_starred(self, bytes)
  local spans = found_in(self.secrets.values, bytes) or {}
  if self.covered > 0 then spans[#spans + 1] = { 1, self.covered } end
  local last = 0
  for _, span in ipairs(spans) do last = math.max(last, span[2]) end
  return starred(bytes, spans), last
end

--- Some more bytes.
-- @tparam string bytes
-- @treturn string those that may be shown; "" where all are held back
-- @treturn string the same as they were received
function Stream:feed(bytes)
  local values = self.secrets.values
  if not values[1] then return bytes, bytes end
  bytes = self.held .. bytes
  local shown, last = all_starred(self, bytes)
  local n = begun(values, bytes)
  self.held, self.covered = bytes:sub(#bytes - n + 1), math.max(last - (#bytes - n), 0)
  return shown:sub(1, #bytes - n), bytes:sub(1, #bytes - n)
end

--- What is held back will not be continued.
-- @treturn string
-- @treturn string the same as it was received
function Stream:flush()
  if self.held == "" then return "", "" end
  local shown, held = all_starred(self, self.held), self.held
  self.held, self.covered = "", 0
  return shown, held
end

return Secrets
