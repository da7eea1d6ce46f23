local Options = require "dfota.sim.options"
local groups = require "dfota.sim.options_list"
local ineffective = require "dfota.sim.ineffective"

local function said_of(text)
  local some = assert(Options.read(text))
  return ineffective(some, assert(Options.new(some)))
end

-- One line each, in which the pieces stand.
local TOLD = {
  ["profile=rda,fail=end:6508"] = {
    "fail=end:6508 gives no END with profile=rda", "add lost=start+updating,loader_fails=end",
  },
  ["profile=rda,fail=end:6508,lost=start"] = { "whose loader starts over: add loader_fails=end" },
  ["profile=rda,fail=end:6508,loader_fails=end"] = { "which does not print it: add lost=start+updating" },
  ["fail=end:6508,restarts=forever"] = { "fail=end:6508 has no effect with restarts=forever" },
  ["apn_password=secret"] = { "apn_password has no effect without apn: the network accepts any" },
  ["apn_user=me"] = { "apn_user has no effect without apn" },
  ["redo_after_end"] = { "without power_cut or under_voltage or power_down or crash" },
  ["fail=end:6508,qfotadl=0"] = { "fail has no effect without qfotadl: nothing is updated" },
  ["drip=RING"] = { "drip has no effect without drip_s" },
  ["delay_s=3"] = { "delay_s has no effect without delay or delay_at" },
  ["pin=4711"] = { "pin=4711 has no effect with sim=ready" },
  ["qiact_fails=2,qiact=silent"] = { "qiact_fails=2 has no effect with qiact=silent" },
  ["profile=rda,update_step=10"] = { "update_step=10 has no effect with spelling=rda" },
  ["http=real,http_size=5000"] = { "http_size=5000 has no effect with http=real" },
  ["dtr=pwrkey"] = { "dtr=pwrkey has no effect: a pty has no DTR" },
  ["twice=start+end,lost=end"] = { "twice=end has no effect with lost=end" },
  ["rename=end:FINISHED,lost=end"] = { "rename=end:FINISHED has no effect with lost=end" },
}

local QUIET = {
  "", "profile=rda", "apn=internet,apn_user=me,apn_password=secret", "fail=end:6508", "fail=end:6508,restarts=2",
  "fail=end:6508,restarts=forever,fail_percent=10", "profile=rda,fail=end:6508,lost=start+updating,loader_fails=end",
  "fail=end:6508,lost=end", "fail=end:6508,loader_fails=again", "profile=rda,fail=command:6507", "delay_at=3,delay_s=2",
  "redo_after_end,power_cut=end", "sim=pin,pin=4711", "twice=start,lost=end", "qfotadl=0,restarts=0",
  "stale_s=2,stale_then=gone",
}

describe("A switch of the simulated module that can have no effect", function()
  for text, parts in pairs(TOLD) do
    it("is told, with its cause, in one line: " .. text, function()
      local lines = said_of(text)
      assert.equal(1, #lines, table.concat(lines, "\n"))
      assert.is_nil(lines[1]:find "\n")
      for _, part in ipairs(parts) do assert.is_truthy(lines[1]:find(part, 1, true), lines[1]) end
    end)
  end

  for _, text in ipairs(QUIET) do
    it("is none of " .. (text == "" and "the defaults" or text), function() assert.same({}, said_of(text)) end)
  end

  it("is none of a switch that is given alone, if it needs no other", function()
    local told = {}
    for _, group in ipairs(groups) do
      for _, row in ipairs(group.rows) do
        local lines = ineffective({ [row[1]] = row[2] }, Options.new())
        if row[2] == "" or row[2] == false or row[2] == 0 then assert.same({}, lines, row[1]) end
        for _, line in ipairs(lines) do told[#told + 1] = line:match "^[%w_]+" end
      end
    end
    for _, name in ipairs { "csq", "profile", "fail", "boot_s", "update_s", "http_size" } do
      assert.is_nil((" " .. table.concat(told, " ") .. " "):find(" " .. name .. " ", 1, true), name)
    end
  end)
end)
