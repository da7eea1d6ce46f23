-- luacheck: ignore 122
local core = require "dfota.core"
local handles = require "dfota.handles"
local json = require "dkjson"
local sink = require "support.sink"

describe("The files that a process may open", function()
  local open = io.open
  local opened, closed

  -- So many can be opened, and then no more.
  local function allow(count)
    opened, closed = 0, 0
    io.open = function(path)
      assert(path == "/dev/null")
      if opened - closed >= count then return nil, "/dev/null: Too many open files", 24 end
      opened = opened + 1
      return { close = function() closed = closed + 1 end }
    end
  end

  after_each(function() io.open = open end)

  it("are enough if a run's can be opened at once, and none of those stays open", function()
    allow(24)
    assert.is_true(handles.spare())
    assert.same({ 24, 24 }, { opened, closed })
  end)

  it("are too few by one, which is reported with both counts and the remedy, and none stays open either", function()
    allow(23)
    local enough, err = handles.spare()
    assert.is_nil(enough)
    assert.is_true(core.is_error(err))
    assert.same({ "io", 23, 23 }, { err.kind, opened, closed })
    assert.equal("Too many open files: a run opens up to 24 files at once, but only 23 can be opened here: "
      .. "raise the limit (ulimit -n)", err.message)
  end)

  it("are counted as far as is asked", function()
    allow(3)
    assert.is_true(handles.spare(3))
    assert.is_nil((handles.spare(4)))
    assert.is_true(handles.spare(0))
  end)

  it("are really opened", function()
    assert.is_true(handles.spare(5))
    local before = core.open_file "/dev/zero"
    assert.is_nil(before) -- a device is no regular file; the descriptor that it took is free again
    assert.is_true(handles.spare(5))
  end)
end)

describe("What replaces a run if too few files can be opened", function()
  local err = core.error("io", "Too many open files: raise the limit")

  local function main(args)
    local out, wrong = sink.new(), sink.new()
    local rc = handles.refusing(err).main { name = "update", args = args, out = out, err = wrong }
    return rc, out:text(), wrong:text()
  end

  it("ends with 74 and says why, whatever was requested", function()
    for _, args in ipairs { {}, { "--check", "A2B.pack" }, { "--frobnicate" } } do
      local rc, out, wrong = main(args)
      assert.same({ 74, "" }, { rc, out })
      assert.equal("result   not started: Too many open files: raise the limit\n", wrong)
    end
  end)

  it("gives programs the one result, and people their line", function()
    local rc, out, wrong = main { "--json", "A2B.pack" }
    local result = assert(json.decode(out))
    assert.same({ 74, 74, "result", "not_started", "after_fix", false, err.message },
      { rc, result.rc, result.event, result.outcome, result.retry, result.changed, result.message })
    assert.same({ 1, 1 }, { select(2, out:gsub("\n", "")), select(2, wrong:gsub("\n", "")) })
  end)

  it("takes --json for a flag only before a --", function()
    local _, out = main { "--", "--json" }
    assert.equal("", out)
  end)
end)
