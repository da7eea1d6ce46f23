local screen = require "dfota.base.screen"
local uv = require "luv"

describe("A line that can be drawn again", function()
  local guess = uv.guess_handle
  after_each(function() uv.guess_handle = guess end)

  for _, case in ipairs {
    { "xterm", "tty", true }, { "dumb", "tty", false }, { "", "tty", false }, { nil, "tty", false },
    { "xterm", "pipe", false }, { "xterm", "file", false },
  } do
    it(("is %s on a %s with TERM=%s"):format(case[3] and "there" or "not there", case[2], case[1]), function()
      uv.guess_handle = function(fd) return fd == 2 and case[2] or "tty" end
      assert.equal(case[3], screen.is_live(2, function(name) return name == "TERM" and case[1] or nil end))
    end)
  end
end)

describe("The size of a terminal", function()
  for _, case in ipairs { { { 132, 50 }, 132, 50 }, { { 0, 0 }, 80, 24 }, { { nil, "EIO: i/o error" }, 80, 24 } } do
    it(("is %d columns and %d lines where it says %s"):format(case[2], case[3], case[1][2]), function()
      local terminal = { get_winsize = function() return case[1][1], case[1][2] end }
      assert.same({ case[2], case[3] }, { screen.size(terminal) })
    end)
  end
end)
