-- The process that asks one port: what it prints is read by spec/ports/prober_spec.lua.
local Process = require "support.process"
local core = require "dfota.core"
local json = require "dkjson"
local settings = require "dfota.config.settings"
local uv = require "luv"

describe("The process that asks a port", function()
  local function run(name, set, parent)
    local text = json.encode { number = 7, name = name, bauds = { 9600 }, settings = set }
    local code = ("package.path, package.cpath = %q, %q require('dfota.ports.worker').main(%d, %q)"):format(
      package.path, package.cpath, parent or uv.os_getpid(), text)
    local process = Process.start(Process.lua, { "-e", code })
    local rc = process:wait()
    return process.out, rc
  end

  it("answers with one line, whatever goes wrong, a fault of its own too", function()
    local set = assert(settings.load())
    for _, case in ipairs {
      { "/nonexistent", set, "missing" }, { "/tmp", set, "not_a_port" }, { "/dev/null", nil, "failed" },
    } do
      local said, rc = run(case[1], case[2])
      local facts = json.decode((said:match "^[^\n]*\n$"))
      assert.same({ 7, case[3], "string", 0 }, { facts.number, facts.state, type(facts.message), rc })
    end
  end)

  it("ends with the process that started it", function()
    local pty = assert(core.pty())
    local said = run(pty:name(), assert(settings.load()), 1)
    assert.equal("", said)
    pty:close()
  end)
end)
