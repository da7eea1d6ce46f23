local core = require "dfota.core"
local question = require "dfota.report.question"
local sink = require "support.sink"
local uv = require "luv"

describe("A question to people", function()
  local pipe, out
  before_each(function()
    pipe, out = assert(uv.pipe()), sink.new()
  end)
  after_each(function()
    uv.fs_close(pipe.read)
    if pipe.write then uv.fs_close(pipe.write) end
  end)

  local function ask(typed, wait)
    if typed then assert(uv.fs_write(pipe.write, typed)) end
    uv.fs_close(pipe.write)
    pipe.write = nil
    return question.ask({ fd = pipe.read, wait = wait or core.wait }, out, "Update?")
  end

  for typed, answer in pairs {
    ["y\n"] = true, ["Y\n"] = true, [" yes \n"] = true, ["YES\r\n"] = true, ["n\n"] = false, ["\n"] = false,
    ["yep\n"] = false, ["y n\n"] = false, ["\27[A\n"] = false, ["y"] = true, [("y"):rep(600)] = false,
  } do
    it(("is answered %s by %q"):format(answer and "yes" or "no", typed:sub(1, 10)), function()
      assert.equal(answer, ask(typed))
      assert.equal("Update? [y/N] ", out:text():match "^[^\n]*")
    end)
  end

  it("is answered no if the input has ended", function()
    assert.is_false(ask())
    assert.equal("Update? [y/N] \n", out:text())
  end)

  it("is answered by nobody if a signal comes", function()
    local answer, err = ask(nil, function() return nil, core.error("interrupted", "interrupted by a signal") end)
    assert.is_nil(answer)
    assert.equal("interrupted", err.kind)
    assert.equal("Update? [y/N] \n", out:text())
  end)

  it("can only be asked at a terminal", function()
    local input = question.standard_input(core.wait)
    assert.same({ 0, core.wait }, { input.fd, input.wait })
    assert.equal(uv.guess_handle(0) == "tty", input.is_terminal())
  end)
end)
