local phases = require "dfota.trace.phases"
local traced = require "support.traced"

local function names(lines)
  local items, about = traced.items(lines)
  local list = {}
  for i, phase in ipairs(phases.of(items, about.duration_s)) do list[i] = phase.name .. " " .. phase.from end
  return list
end

describe("The phases of a trace", function()
  it("of an upload are those that its events name, one after the other", function()
    assert.same({ "prepare 0", "upload 0.4", "trigger 1.0", "update 2.0", "reboot 9.0", "verify 10.0" },
      names(traced.UPDATE))
    local items, about = traced.items(traced.UPDATE)
    local list = phases.of(items, about.duration_s)
    for i = 1, #list - 1 do assert.equal(list[i].to, list[i + 1].from) end
    assert.equal(about.duration_s, list[#list].to)
  end)

  it("of a URL have a PDP context and a download", function()
    assert.same({ "prepare 0", "pdp 1.0", "trigger 2.0", "download 3.0", "update 5.0" }, names {
      [[1.0 tx AT+QICSGP=1,"net"\r]], [[1.1 rx \r\nOK\r\n]], [[1.2 tx AT+QIACT\r]], [[2.0 tx AT+QFOTADL="http://x"\r]],
      [[3.0 rx +QIND: "FOTA","HTTP START"\r\n]], [[4.0 rx +QIND: "FOTA","DOWNLOADING", 2%\r\n]],
      [[5.0 rx +QIND: "FOTA","HTTPEND",0\r\n]], [[6.0 rx +QIND: "FOTA","START"\r\n]],
    })
  end)

  it("stay in the download if that failed, and in prepare if nothing was done", function()
    assert.same({ "prepare 0", "download 3.0" }, names {
      [[3.0 rx +QIND: "FOTA","HTTPSTART"\r\n+QIND: "FOTA","HTTPEND",702\r\n]],
    })
    assert.same({ "prepare 0" }, names { [[1.0 tx AT+QFOTADL=?\r]], [[1.1 rx +QIND: "SMS DONE"\r\n]] })
  end)

  for line, found in pairs {
    ['+QIND: "FOTA","UPDATING", 2%'] = { "UPDATING", "2%" }, ['+QIND:"FOTA" , "http end",0'] = { "HTTPEND", "0" },
    ['+QIND: "FOTA","START"'] = { "START" }, ['+QIND: "OTHER","START"'] = {}, ["FOTA"] = {},
  } do
    it("are told by the stage in " .. line, function() assert.same(found, { phases.stage(line) }) end)
  end
end)
