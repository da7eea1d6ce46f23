local run = require "support.run"

local B = run.B

describe("The baud rate", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local function update(spec, args, set)
    module = run.module(spec)
    args = args or {}
    args[#args + 1] = run.package()
    return run.update(module, args, { set = set })
  end

  for _, baud in ipairs { 9600, 57600, 115200 } do
    it(("is found by itself: %d"):format(baud), function()
      local done = update { ipr = baud }
      assert.equal(0, done.rc, done.err)
      assert.equal(B, done.result.after)
    end)
  end

  it("may be given", function()
    local done = update({ ipr = 4800 }, { "--baud", "4800" })
    assert.equal(0, done.rc, done.err)
  end)

  it("that is given wrongly is 69, with advice", function()
    local done = update({ ipr = 9600 }, { "--baud", "115200" }, { sync_timeout_s = 0.5, resync_timeout_s = 0.2 })
    assert.equal(69, done.rc)
    assert.is_truthy(done.result.message:find("115200", 1, true))
    assert.is_truthy(done.result.advice:find("baud", 1, true))
  end)

  it("of a module in adaptive mode is the one it is addressed at", function()
    local done = update { ipr = 0 }
    assert.equal(0, done.rc, done.err)
  end)

  it("of one in adaptive mode that was asked at 9600 is 115200 in the update, and every line is heard", function()
    local done = update({ ipr = 0, update_s = 1 }, { "--baud", "9600" })
    assert.equal(0, done.rc, done.err)
    local percents = {}
    for _, event in ipairs(run.only(done, "progress")) do
      if event.phase == "update" then percents[#percents + 1] = event.percent end
    end
    assert.same({ 20, 40, 60, 80, 100 }, percents)
  end)

  it("of one at a fixed rate stays what it is in the update", function()
    local done = update({ ipr = 9600, update_s = 0.3 }, { "--baud", "9600" })
    assert.equal(0, done.rc, done.err)
    assert.is_true(#run.only(done, "progress") > 5)
  end)

  it("does not matter to a module that is off: 69", function()
    local done = update({ state = "off" }, { "--baud", "115200" }, { sync_timeout_s = 0.5, resync_timeout_s = 0.2 })
    assert.same({ 69, "not_started" }, { done.rc, done.result.outcome })
  end)
end)
