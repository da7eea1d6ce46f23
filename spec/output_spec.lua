local core = require "dfota.core"
local output = require "dfota.output"
local sink = require "support.sink"
local uv = require "luv"

describe("A script's output", function()
  local out, err, guess, columns, term

  before_each(function()
    out, err, guess, columns = sink.new(), sink.new(), uv.guess_handle, core.columns
    term = os.getenv "TERM"
    uv.os_setenv("TERM", "xterm")
  end)
  after_each(function()
    uv.guess_handle, core.columns = guess, columns
    if term then uv.os_setenv("TERM", term) else uv.os_unsetenv "TERM" end
  end)

  -- Both streams get a long line; which of them are terminals, and 40 columns wide.
  local function told(terminals, args)
    uv.guess_handle = function(fd) return terminals[fd] and "tty" or "file" end
    core.columns = function(fd) return terminals[fd] and 40 or nil end
    local script = { args = args, out = out, err = err }
    local report = output.report(script, {}, function() return 0 end)
    for _, level in ipairs { "info", "warning" } do
      report:event("note", { level = level, text = ("word "):rep(20) })
    end
    return out:lines(), err:lines()
  end

  it("is broken into lines where it is a terminal: each stream by itself", function()
    for _, case in ipairs {
      { {}, 1, 1 }, { { true, true }, 4, 4 }, { { true }, 4, 1 }, { { [2] = true }, 1, 4 },
    } do
      out, err = sink.new(), sink.new()
      local normal, alert = told(case[1], {})
      assert.same({ case[2], case[3] }, { #normal, #alert })
    end
  end)

  it("is lines as in a pipe where the terminal is dumb, or unknown", function()
    for _, name in ipairs { "dumb", "" } do
      out, err = sink.new(), sink.new()
      uv.os_setenv("TERM", name)
      local normal, alert = told({ true, true }, {})
      assert.same({ 1, 1 }, { #normal, #alert })
      assert.is_nil((table.concat(normal) .. table.concat(alert)):find("\27", 1, true))
    end
  end)

  it("for people is on the error stream with --json, as wide as that is", function()
    local programs, people = told({ [2] = true }, { "--json" })
    assert.same({ 2, 8 }, { #programs, #people })
  end)

  it("for --help is 0 and silent if its reader closed the pipe", function()
    for _, when in ipairs { "write", "flush" } do
      local closed = { write = function(self) return when ~= "write" and self or nil, "Broken pipe", 32 end }
      closed.flush = function(self) return when ~= "flush" and self or nil, "Broken pipe", 32 end
      assert.same({ 0, "" }, { output.tell({ out = closed, err = err }, "words"), err:text() })
    end
  end)

  it("for --help is 0, and 1 if it is lost", function()
    assert.equal(0, output.tell({ out = out, err = err }, "words"))
    assert.equal("words\n", out:text())
    local full <close> = assert(io.open("/dev/full", "w"))
    assert.equal(1, output.tell({ out = full, err = err }, "words"))
    assert.is_truthy(err:text():find("the output was lost: ", 1, true))
  end)
end)
