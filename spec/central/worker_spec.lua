local Process = require "support.process"

describe("The process of an errand", function()
  it("ends when nobody asks it for anything", function()
    local code = ('package.path, package.cpath = %q, %q require("dfota.central.worker").main(%d)'):format(package.path,
      package.cpath, require("luv").os_getpid())
    local worker = Process.start(Process.lua, { "-e", code })
    assert.same({ 0, "", "" }, { worker:wait(), worker.out, worker.err })
  end)
end)
