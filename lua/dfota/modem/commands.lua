--- Sending the module's commands: the one place that knows the deadline of a query and how to parse a reply.
-- The module's functions (`dfota.modem.modem`, `dfota.modem.pdp` …) are built on it.
-- @module dfota.modem.commands
local core = require "dfota.core"
local errors = require "dfota.at.errors"

local Commands = {}
Commands.__index = Commands

--- @param channel a `dfota.at.channel`
-- @param set settings, see `dfota.config.settings`
-- @treturn Commands
function Commands.new(channel, set)
  return setmetatable({ channel = channel, set = set }, Commands)
end

--- Send a command; the default timeout is `query_s`.
-- @tparam string command
-- @tparam[opt] table opts as of `Channel:command`
-- @treturn table|nil reply
-- @treturn dfota.error
function Commands:ask(command, opts)
  opts = opts or {}
  opts.timeout_s = opts.timeout_s or self.set.query_s
  return self.channel:command(command, opts)
end

--- Send a command that ends with OK. Any other final result code, such as the CONNECT or DEACT OK of another command,
-- is an error.
-- @tparam string command
-- @tparam[opt] table opts as of `Channel:command`
-- @treturn table|nil reply
-- @treturn dfota.error
function Commands:query(command, opts)
  local reply, err = self:ask(command, opts)
  if not reply then return nil, err end
  if reply.final == "ok" or reply.final == "done" then return reply end
  return nil, self:unreadable(command, "OK")
end

--- The error for a reply that lacks what was asked for.
-- @tparam string command
-- @tparam string lacking
-- @treturn dfota.error kind `refused`
function Commands:unreadable(command, lacking)
  return errors.unreadable(self.channel.port, command, lacking)
end

--- A query whose reply is one line with a prefix: returns its fields.
-- @tparam string command
-- @tparam string prefix
-- @tparam[opt=prefix] string|function expect as of `Channel:command`
-- @treturn table|nil strings and integers as returned by `core.fields`; nil, err
function Commands:fields(command, prefix, expect)
  local reply, err = self:query(command, { expect = expect or prefix })
  if not reply then return nil, err end
  if not reply[1] then return nil, self:unreadable(command, prefix) end
  return core.fields(reply[1])
end

--- A query whose reply is one line without a prefix.
-- @tparam string command
-- @tparam function read function(line) → value, nil if it is some other line
-- @tparam string lacking what to call the value if it is missing
-- @return what `read` returned; nil, err
function Commands:line(command, read, lacking)
  local reply, err = self:query(command, { expect = function(line) return read(line) ~= nil end })
  if not reply then return nil, err end
  if not reply[1] then return nil, self:unreadable(command, lacking) end
  return read(reply[1])
end

--- Wait while still receiving: unsolicited lines are queued.
-- @tparam number seconds
-- @treturn boolean true; nil, err if the port is lost or a signal arrived
function Commands:pause(seconds)
  local channel, port = self.channel, self.channel.port
  local deadline = port:now() + seconds
  while port:now() < deadline do
    local kind, text, class, code = channel:event(deadline)
    if kind == "line" or kind == "truncated" then
      channel:unsolicited(text, class, code)
    elseif not kind and text.kind ~= "timeout" then
      return nil, text
    end
  end
  return true
end

return Commands
