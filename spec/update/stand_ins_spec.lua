local StandIns = require "dfota.update.stand_ins"

describe("What stands in for functions of Lua's libraries", function()
  local lines, refused

  local function new()
    return StandIns.new {
      note = function(line) lines[#lines + 1] = line end,
      refuse = function(message)
        refused = message
        error("refused", 0)
      end,
      create = function() return "created" end, wrap = function() return "wrapped" end,
    }
  end

  local function all() return { print, io.write, io.stdout, os.exit, coroutine.create, coroutine.wrap } end

  before_each(function() lines, refused = {}, nil end)

  it("is in place until it is taken out", function()
    local stand_ins, before = new(), all()
    stand_ins:put_in()
    local seen = { pcall(os.exit, 0) }
    print("a", nil)
    seen[3], seen[4] = coroutine.create(), coroutine.wrap()
    stand_ins:take_out()
    assert.same({ false, "refused", "created", "wrapped" }, seen)
    assert.same({ before, { "a  nil" } }, { all(), lines })
    assert.is_truthy(refused:find("without its result", 1, true))
  end)

  it("writes a line that is not finished when it is taken out", function()
    local stand_ins = new()
    stand_ins:put_in()
    io.write("a", 1)
    local early = #lines
    stand_ins:take_out()
    assert.same({ 0, { "a1" } }, { early, lines })
  end)

  it("answers a script that treats standard output as a file", function()
    local stand_ins = new()
    stand_ins:put_in()
    local out = io.stdout
    local answers = { out:setvbuf "no", out:write("a") == out, out:flush() == out, (out:seek()), (out:close()) }
    stand_ins:take_out()
    assert.same({ { true, true, true }, { "a" } }, { { answers[1], answers[2], answers[3] }, lines })
    assert.is_nil(answers[4] or answers[5])
  end)

  it("passes on once its run was left in a coroutine that nobody resumes", function()
    local before = all()
    finally(function()
      for i, place in ipairs {
        { _G, "print" }, { io, "write" }, { io, "stdout" }, { os, "exit" },
        { coroutine, "create" }, { coroutine, "wrap" },
      } do
        rawset(place[1], place[2], before[i])
      end
    end)
    coroutine.resume(coroutine.create(function()
      new():put_in()
      coroutine.yield()
    end))
    assert.is_truthy(io.write "" and io.stdout:write "")
    assert.equal("thread", type(coroutine.create(function() end)))
    assert.same({}, lines)
    local later = new()
    later:put_in()
    print "a"
    later:take_out()
    assert.same({ "a" }, lines)
  end)
end)
