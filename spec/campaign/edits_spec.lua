-- What is promised does not depend on the flow: these are edits that would break it.
local Stage = require "campaign.stage"
local World = require "campaign.world"

describe("An edited flow", function()
  local stage, number = nil, 0

  setup(function() stage = Stage.new() end)
  teardown(function() stage:close() end)

  local function run(flow, want)
    number = number + 1
    local world = World.new({ id = "edit-" .. number, way = "file", spec = { update_step = 10 }, want = want },
      stage, 700000 + number)
    return world:run { flow = flow }, world
  end

  local TRIGGERS = { "AT+QFOTADL=1", "at+qfotadl=1", 'AT+QFOTADL="http://x/y"', "AT+CSQ;+QFOTADL=1", "AT + QFOTADL=1" }

  it("sends no trigger of its own, however it is spelt", function()
    for _, command in ipairs(TRIGGERS) do
      local done, world = run(function(job)
        job:connect()
        job.modem.channel:command(command)
        return job:checked()
      end)
      assert.same({ 1, 0 }, { done.rc, world.m.triggers }, command)
    end
  end)

  it("changes nothing under --check", function()
    for _, command in ipairs { 'AT+QFDEL="*"', "AT+CFUN=0", "ATE0", "AT&W", "AT+CMEE=2", 'AT+QFUPL="x",10' } do
      local done, world = run(function(job)
        job:connect()
        job.modem.channel:command(command)
        return job:checked()
      end, { check = true })
      assert.equal(1, done.rc, command)
      for _, sent in ipairs(done.sent) do assert.is_nil(sent:find(command, 1, true)) end
      assert.equal(true, world.m.session.echo)
    end
  end)
end)
