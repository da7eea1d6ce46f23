--- The process that holds a ledger's database connection: requests and answers go over its standard input. A hanging
-- database hangs only this process, whatever its driver does. See `dfota.ledger.ledger` for the other end.
-- @module dfota.ledger.worker

local book = require "dfota.ledger.book"
local core = require "dfota.core"
local message = require "dfota.ledger.message"

local worker = {}

local SOCKET = 0

local function send(...)
  if not message.send(SOCKET, ...) then os.exit(1, true) end -- the other end is gone
end

-- While others lock the database, it is retried, and each retry is a sign of life: the other end decides how long to
-- wait, and kills this process after that.
local function patiently(fn)
  while true do
    local result, err = fn()
    if not (core.is_error(err) and err.kind == "ledger_locked") then return result, err end
    send("busy")
  end
end

local function plain(err) return err and { kind = err.kind, message = err.message, code = err.code } end

local function open(where, options)
  local self, err = patiently(function() return book.open(where, options) end)
  if not self then
    send("done", nil, plain(err))
    return nil
  end
  send("done", { name = self.name, is_none = self.is_none, is_new = self.is_new })
  return self
end

-- Of memory: a page of rows is a few megabytes, and soon gone. Whoever only writes needs little.
local PAUSE = { start_rows = 400, start_modules = 400 }

local function serve(self)
  while true do
    local request = message.receive(SOCKET)
    if not request or request[1] == "close" then return self:close() end
    if PAUSE[request[1]] then collectgarbage("incremental", PAUSE[request[1]]) end
    local result, err = patiently(function() return self[request[1]](self, table.unpack(request, 2, request.n)) end)
    send("done", result, plain(err))
  end
end

--- Serves until told to close, or until the other end is gone.
-- @tparam integer parent the requesting process
function worker.main(parent)
  core.die_with_parent(parent)
  local request = message.receive(SOCKET)
  local self = request and open(request[1], request[2])
  if self then serve(self) end
end

return worker
