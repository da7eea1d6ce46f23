--- Other processes for the specs: Lua code in its own interpreter.
local child = {}

local PREAMBLE = [[
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local core = require "dfota.core"
local function say(...) io.stdout:write(table.concat({ ... }, " "), "\n"); io.stdout:flush() end
]]

--- The id of this process, or of another one seen in /proc.
function child.pid()
  local stat <close> = assert(io.open("/proc/self/stat"))
  return stat:read("n")
end

--- Returns when a process sleeps, that is, waits for something. Raises if it ends instead.
function child.await_sleep(pid)
  local state
  repeat
    local stat <close> = assert(io.open(("/proc/%d/stat"):format(pid)))
    state = stat:read("a"):match("%) (%a)")
    assert(state ~= "Z", "the process has ended")
  until state == "S"
end

--- Starts Lua code, which has `core`, `say(…)` to print a line, and its arguments as `...`.
-- @param code Lua
-- @param[opt] options `as`: a command to prefix, such as setpriv; `terminal`: in its own terminal
-- @param … arguments
-- @return a file to read its output from; closing it waits for the end
function child.start(code, options, ...)
  local path = os.tmpname()
  local script <close> = assert(io.open(path, "w"))
  script:write(PREAMBLE, "os.remove(arg[0])\n", code)
  script:flush()
  assert(os.execute("chmod 644 " .. path))
  local interpreter = os.getenv("DFOTA_LUA") or "lua5.4"
  local words = { "exec", options and options.as or "", interpreter, path, ... }
  local command = table.concat(words, " ")
  if options and options.terminal then command = ("exec script -qec '%s' /dev/null </dev/null"):format(command) end
  return assert(io.popen(command, "r"))
end

--- Runs code to its end.
-- @return its output, without the last line end
function child.run(code, options, ...)
  local output = child.start(code, options, ...)
  local text = output:read("a"):gsub("\n$", "")
  output:close()
  return text
end

return child
