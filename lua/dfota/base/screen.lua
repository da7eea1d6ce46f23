--- Is a stream a terminal on which a line can be drawn again? A dumb one, such as an editor's shell, shows the escape
-- sequences for it as garbage, and so may one that TERM says nothing of: what is written there is as in a pipe.
-- @module dfota.base.screen

local uv = require "luv"

local screen = {}

--- @tparam integer fd of the stream
-- @tparam[opt=os.getenv] function getenv
-- @treturn boolean
function screen.is_live(fd, getenv)
  local term = (getenv or os.getenv) "TERM"
  return term ~= nil and term ~= "" and term ~= "dumb" and uv.guess_handle(fd) == "tty"
end

local COLUMNS, LINES = 80, 24

--- How large a terminal is: 80 columns and 24 lines where it does not say, or is gone.
-- @param terminal of luv
-- @treturn integer columns
-- @treturn integer lines
function screen.size(terminal)
  local columns, lines = terminal:get_winsize()
  if not columns or columns <= 0 or lines <= 0 then return COLUMNS, LINES end
  return columns, lines
end

return screen
