--- The Enter key of the terminal that a run was started from. It is listened for only in the foreground: a program
-- behind its terminal that reads is stopped.
-- @module dfota.fleet.enter_key

local uv = require "luv"

local STDIN = 0
local FLAGS = uv.constants.O_RDONLY | uv.constants.O_NONBLOCK | uv.constants.O_NOCTTY
local MOST_LINES, LINE_BYTES = 1000, 4096

local function own_stat()
  local file <close> = io.open "/proc/self/stat"
  return file and file:read "a" or ""
end

local EnterKey = {}
EnterKey.__index = EnterKey
EnterKey.__name = "dfota.fleet.enter_key"

local enter_key = {}

--- Is a process in the foreground of its terminal?
-- @tparam string stat what /proc/PID/stat says: its name in brackets may contain anything
-- @treturn boolean
function enter_key.is_in_front(stat)
  local group, front = stat:match "^.*%) %S %d+ (%d+) %d+ %d+ (%-?%d+)"
  return group ~= nil and group == front
end

--- Is standard input a terminal?
-- @treturn boolean
function enter_key.is_there() return uv.guess_handle(STDIN) == "tty" end

--- @tparam function on_enter called with how often it was pressed: each time, its echo moved the cursor
-- @treturn EnterKey|nil nil if there is none
function enter_key.new(on_enter)
  if not enter_key.is_there() then return nil end
  return setmetatable({ on_enter = on_enter }, EnterKey)
end

-- What was typed before anybody listened is not meant for what is asked later. A terminal gives a line at a time, and
-- none for a Ctrl-D; the end of what there is is an error.
local function discard()
  local fd = uv.fs_open(("/proc/self/fd/%d"):format(STDIN), FLAGS, 0)
  if not fd then return end
  for _ = 1, MOST_LINES do
    if not uv.fs_read(fd, LINE_BYTES) then break end
  end
  uv.fs_close(fd)
end

local function start(self)
  self.input = uv.new_tty(STDIN, true)
  if not self.input then return end
  self.input:read_start(function(err, bytes)
    self.is_lost = err ~= nil
    if not bytes then return self:close() end -- Ctrl-D, where it is no error: the next key counts again
    local _, presses = bytes:gsub("\n", "")
    if presses > 0 then self.on_enter(presses) end
  end)
end

--- Listens, if it may. To be called again and again: the program may have been put behind its terminal.
function EnterKey:listen()
  local may = not self.is_lost and enter_key.is_in_front(own_stat())
  if may and not self.was_in_front then discard() end
  self.was_in_front = may
  if may and not self.input then start(self) end
  if not may then self:close() end
end

--- Listens no more.
function EnterKey:close()
  if not self.input then return end
  self.input:read_stop()
  self.input:close()
  self.input = nil
end

return enter_key
