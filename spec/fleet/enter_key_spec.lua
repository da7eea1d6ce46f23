local Process = require "support.process"
local enter_key = require "dfota.fleet.enter_key"
local folder = require "support.folder"

-- Says how often Enter was pressed, until that was three times. It begins to listen once something was typed, and says
-- through a FIFO that it does.
local LISTENER = [[
package.path = "lua/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local uv, presses = require "luv", 0
local key = require("dfota.fleet.enter_key").new(function(more)
  presses = presses + more
  print("pressed " .. presses)
end)
io.stdout:setvbuf "no"
local typed, rounds = uv.new_poll(0), 0
local function listen()
  key:listen()
  rounds = rounds + 1
  if rounds ~= 2 then return end
  print("before: " .. presses)
  io.open(arg[1], "w"):write("\n"):close()
end
typed:start("r", function()
  typed:stop()
  typed:close(function() uv.new_timer():start(0, 20, listen) end)
end)
while presses < 3 do uv.run "once" end
]]

describe("A terminal", function()
  it("is read only by what is in its foreground, whatever the program calls itself", function()
    assert.is_true(enter_key.is_in_front "812 (lua5.4) S 700 812 700 34816 812 4194304 1")
    assert.is_true(enter_key.is_in_front "812 (a) S 1 2) R 700 812 700 34816 812 4194304 1")
    assert.is_false(enter_key.is_in_front "812 (lua5.4) S 700 812 700 34816 700 4194304 1")
    assert.is_false(enter_key.is_in_front "812 (lua5.4) S 700 812 700 0 -1 4194304 1") -- it has none
    assert.is_false(enter_key.is_in_front "")
  end)

  it("tells each Enter from then on when it is listened to, and after a Ctrl-D, too; none that was before", function()
    local dir, cleanup = folder.new()
    local program = folder.write(dir .. "/listener.lua", LISTENER)
    -- What is typed waits in the terminal until it is read: a line each, and the Ctrl-D between them.
    local typed = [[mkfifo %s/gate
      (printf 'early\n\004\n\n'; read x <%s/gate; printf 'abc\n\004\n\n') | script -qec '%s %s %s/gate' /dev/null]]
    local process = Process.start("sh", { "-c", typed:format(dir, dir, Process.lua, program, dir) })
    local rc = process:wait()
    cleanup()
    assert.same({ 0, "before: 0", "pressed 3" },
      { rc, process.out:match "before: %d+", process.out:match "pressed 3" }, process.out .. process.err)
  end)
end)
