--- A TCP port on this machine that leads to a socket in a folder, while the loop of luv runs.
local uv = require "luv"

local Relay = {}
Relay.__index = Relay

-- What comes in at one end goes out at the other, and the end of one is that of both.
local function pass_on(from, to)
  from:read_start(function(_, bytes)
    if bytes then return to:write(bytes) end
    for _, stream in ipairs { from, to } do
      if not stream:is_closing() then stream:close() end
    end
  end)
end

--- Starts one.
-- @param path of the socket
-- @return the relay, with its `port`
function Relay.start(path)
  local self = setmetatable({ server = uv.new_tcp() }, Relay)
  assert(self.server:bind("127.0.0.1", 0))
  self.port = self.server:getsockname().port
  assert(self.server:listen(16, function()
    local client, target = uv.new_tcp(), uv.new_pipe(false)
    assert(self.server:accept(client))
    target:connect(path, function(err)
      assert(not err, err)
      pass_on(client, target)
      pass_on(target, client)
    end)
  end))
  return self
end

--- Takes no more connections.
function Relay:stop() self.server:close() end

return Relay
