--- A question to people at a terminal, before something is done that cannot be undone.
-- @module dfota.report.question

local uv = require "luv"

local question = {}

local A_DAY_S = 86400 -- nobody who is asked has a deadline, but no wait is endless
local CHUNK = 256

local YES = { y = true, yes = true }

local function read_line(input)
  local line = ""
  while not line:find "\n" do
    local ready, err = input.wait(A_DAY_S, input.fd)
    if not ready then return nil, err end
    local more = uv.fs_read(input.fd, CHUNK)
    if not more or more == "" then break end -- end of input: no answer
    line = line .. more
    if #line > CHUNK then break end
  end
  return line
end

--- What is typed.
-- @tparam function wait as `dfota.core.wait`
-- @treturn table the `input` of `ask`, and `is_terminal` function() → boolean
function question.standard_input(wait)
  return { fd = 0, wait = wait, is_terminal = function() return uv.guess_handle(0) == "tty" end }
end

--- Ask, and wait for a line. Only "y" and "yes" mean yes.
-- @tparam table input `fd` a descriptor that is read; `wait` as `dfota.core.wait`: a signal ends it
-- @tparam table out `write` and `flush`
-- @tparam string words
-- @treturn[1] boolean
-- @treturn[2] nil
-- @treturn[2] err kind "interrupted", or "timeout" after a day
function question.ask(input, out, words)
  out:write(words, " [y/N] ")
  out:flush()
  local line, err = read_line(input)
  if not line then
    out:write "\n"
    return nil, err
  end
  if not line:find "\n" then out:write "\n" end
  return YES[line:match("^%s*(.-)%s*$"):lower()] == true
end

return question
