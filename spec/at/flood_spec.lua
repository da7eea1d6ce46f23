-- A line on which data keeps arriving: every wait still meets its deadline.
local Channel = require "dfota.at.channel"
local Process = require "support.process"
local backend = require "support.backend"
local core = require "dfota.core"
local run = require "support.run"

local FLOOD = [[
  package.cpath = "lua/?.so;" .. package.cpath
  local core = require "dfota.core"
  local pty, text = assert(core.pty()), ("%s"):rep(200)
  io.stdout:write(pty:name(), "\n")
  io.stdout:flush()
  while pty:write(text, 60) do end
]]

for what, text in pairs { lines = [[\r\nRING\r\n+CSQ: 9,0\r\n]], ["bytes without a line end"] = "xyz" } do
  describe("On a line where " .. what .. " pour in", function()
    local flood, name

    before_each(function()
      flood = Process.start(Process.lua, { "-e", FLOOD:format(text) })
      name = flood:await("out", "^(%S+)\n")
    end)
    after_each(function() flood:kill() end)

    it("a command, a fence, a listener and a pause keep their deadlines", function()
      local port <close> = assert(core.open(name, { backend = backend }))
      local channel = Channel.new(port, { at_s = 0.05, fence_s = 0.05, gap_s = 0.005 })
      local function within(limit_s, fn)
        local began = core.now()
        local _, err = fn()
        assert.is_true(core.now() - began < limit_s, core.now() - began)
        return err
      end
      assert.equal("timeout", within(3, function() return channel:command("AT+CSQ", { timeout_s = 0.1 }) end).kind)
      assert.equal("timeout", within(3, function() return channel:fence(0.1) end).kind)
      within(2, function()
        local deadline = core.now() + 0.1
        while core.now() < deadline do channel:listen(deadline - core.now()) end
      end)
      within(3, function() return channel:quiet(0.05, 0.2) end)
    end)
  end)
end

describe("The tool", function()
  it("reports that no module answers while RING keeps arriving, and ends", function()
    local flood = Process.start(Process.lua, { "-e", FLOOD:format [[\r\nRING\r\n]] })
    local began = core.now()
    local name = flood:await("out", "^(%S+)\n")
    local done = run.script("info", {
      "--port", name, "--baud", "115200", "--set", "sync_timeout_s=0.1", "--set", "listen_s=0.1", "--json",
      "--ledger", "none",
    })
    assert.same({ 69, "not_started" }, { done.rc, done.result.outcome }, done.err)
    assert.is_true(core.now() - began < 30, core.now() - began)
    flood:kill()
  end)
end)
