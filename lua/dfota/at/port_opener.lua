--- Opening a run's port, and opening it again after it was lost.
--
-- The number of a pty (`/dev/pts/N`) is given to the next program that asks as soon as it is free. So a pty that was
-- lost is never opened again by its number: it may be somebody's terminal by then, or another module's port. A link
-- that was made anew since names a new one.
-- @module dfota.at.port_opener
local core = require "dfota.core"
local uv = require "luv"

local port_opener = {}

-- What tells one making of a link from the next; nil where the name is no link.
local function link_of(name)
  local stat = uv.fs_lstat(name)
  if not stat or stat.type ~= "link" then return nil end
  return ("%d %d.%09d"):format(stat.ino, stat.ctime.sec, stat.ctime.nsec)
end

local function refused(name, link)
  if link then
    return nil, core.error("port_missing", name .. ": still leads to the pseudo-terminal that was lost")
  end
  return nil, core.error("pty_gone", name .. ": this pseudo-terminal is gone, and its number is given to others: "
    .. "it is not opened again")
end

--- @tparam string name of the port
-- @tparam table options as of `core.open`
-- @tparam function on_open told of every port that was opened
-- @tparam[opt] function open opens a port (`core.open`)
-- @treturn function() → port|nil, err: opens it; errors are those of `core.open`, and kind `pty_gone` where waiting
--   for the port to come back makes no sense
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
