---- Opening a run's port, and reopening it after it was lost.
--
-- The number of a pty (`/dev/pts/N`) is reused as soon as it is free. So a lost pty is never reopened by its number: by
-- then it may be somebody's terminal or another module's port. A link that was recreated since points to a new one.
-- @module dfota.at.port_opener
local core = require "dfota.core"
local uv = require "luv"

local port_opener = {}

-- Identifies this very link, to notice when it is recreated; nil if the name is not a link.
local function link_of(name)
  local stat = uv.fs_lstat(name)
  if not stat or stat.type ~= "link" then return nil end
  return ("%d %d.%09d"):format(stat.ino, stat.ctime.sec, stat.ctime.nsec)
end

local function refused(name, link)
  if link then
    return nil, core.error("port_missing", name .. ": still points to the pseudo-terminal that was lost")
  end
  return nil, core.error("pty_gone", name .. ": this pseudo-terminal is gone and its number may have been reused: "
    .. "it is not reopened")
end

--- @tparam string name of the port
-- @tparam table options as of `core.open`
-- @tparam function on_open called with every port that is opened
-- @tparam[opt] function open opens a port (`core.open`)
-- @treturn function() → port|nil, err: opens it; errors are those of `core.open`, and kind `pty_gone` when waiting for
--   the port to come back is pointless
function port_opener.new(name, options, on_open, open)
  open = open or core.open
  local was_pty, made = false, nil
  return function()
    local link = link_of(name)
    if was_pty and link == made then return refused(name, link) end
    local port, err = open(name, options)
    if not port then return nil, err end
    was_pty, made = port:is_pty(), link
    on_open(port)
    return port
  end
end

return port_opener
