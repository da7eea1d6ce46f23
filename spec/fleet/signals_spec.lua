local child = require "support.child"
local core = require "dfota.core"
local signals = require "dfota.fleet.signals"
local uv = require "luv"

describe("The signals of a fleet's run", function()
  local came, handles, due
  before_each(function() came, handles = {}, {} end)
  after_each(function()
    for _, handle in ipairs(handles) do handle:close() end
    uv.run "nowait"
  end)

  local function stop() came[#came + 1] = "stop" end
  local function hangup() came[#came + 1] = "hangup" end

  it("are heard by the loop: all stop the run, but for that of a terminal that is gone", function()
    handles, due = signals.listen(stop, hangup)
    assert.same({ 4, nil }, { #handles, due })
    for i, name in ipairs { "sigint", "sigterm", "sigquit", "sighup" } do
      uv.kill(uv.os_getpid(), name)
      while #came < i do uv.run "once" end
    end
    assert.same({ "stop", "stop", "stop", "hangup" }, came)
  end)

  it("that came before it began are due then, and whoever stops it counts more", function()
    for _, case in ipairs { { hangup, "sighup" }, { stop, "sighup", "sigquit" } } do
      assert(core.catch_signals())
      for i = 2, #case do uv.kill(uv.os_getpid(), case[i]) end
      handles, due = signals.listen(stop, hangup)
      assert.equal(case[1], due)
      for _, handle in ipairs(handles) do handle:close() end
    end
    handles = {}
    assert.same({}, came)
  end)

  it("that are ignored, as under nohup, stay that", function()
    local said = child.run([[
      local handles = require("dfota.fleet.signals").listen(function() end, function() end)
      os.execute("kill -HUP " .. require("support.child").pid())
      say(#handles)
    ]], { as = "nohup" })
    assert.equal("3", said:match("[^\n]*$"))
  end)
end)
