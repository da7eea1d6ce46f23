--- Single faults of what a run relies on beside the line: its ledger, and the clocks that date it.
local HOURS, DAYS = 3600, 86400

local HOWS = { "fail", "lock", "freeze", "unsaid" }

-- Before the trigger nothing is done without a record; after it the verdict stands.
local function statements(add, facts)
  facts.each_way(function(way)
    for n = 1, facts.ways[way].statements do
      for _, how in ipairs(HOWS) do
        for name, times in pairs { once = 1, ["from-then-on"] = 1000 } do
          add("ledger", ("%s-at-statement-%d-%s"):format(how, n, name), way,
            { spec = facts.quick, accidents = { { kind = "ledger", n = n, how = how, times = times } },
              rc = { 0, how == "lock" and 75 or 78 }, clean = true })
        end
      end
    end
  end)
end

local function failures_unrecorded(add, facts)
  facts.each_way(function(way)
    for n = 1, facts.ways[way].statements + 2 do
      add("ledger", "freeze-and-failed-update-at-statement-" .. n, way,
        { spec = facts.merged(facts.quick, { fail = "end:6508" }), same = true, final = { 81 },
          accidents = { { kind = "ledger", n = n, how = "freeze", times = 1000 } }, rc = { 78, 81 } })
    end
  end)
end

local JUMPS = {
  { "back-an-hour", -HOURS }, { "back-years", -3000 * DAYS }, { "on-an-hour", HOURS }, { "on-years", 3000 * DAYS },
  { "back-100-s", -100 }, { "on-170-s", 170 },
}

-- The clock of the wall is set while the tool runs: no verdict follows it.
local function set_while_running(add, facts)
  facts.each_way(function(way)
    for step = 3, facts.ways[way].steps, 7 do
      for _, jump in ipairs(JUMPS) do
        add("clock", ("%s-at-step-%d"):format(jump[1], step), way,
          { spec = facts.quick, accidents = { { kind = "clock", step = step, jump_s = jump[2] } }, rc = { 0 } })
      end
    end
  end)
end

-- The tool is killed and its host's clock is set, or the host is started anew, before the next run: an update that
-- may be about to begin is not triggered once more.
local function set_between_runs(add, facts)
  facts.each_way(function(way)
    for step = facts.ways[way].steps // 3, facts.ways[way].steps, 4 do
      for i, jump in ipairs(JUMPS) do
        local again_s = ({ 0, 4, 40, 170 })[(step + i) % 4 + 1]
        for _, boot in ipairs { "same-boot", "other-boot" } do
          add("clock", ("%s-%s-after-kill-at-step-%d"):format(jump[1], boot, step), way,
            { spec = facts.merged(facts.quick, { reboot_s = 60 }), again_s = again_s,
              accidents = { { kind = "kill", step = step } }, jump_s = jump[2], other_boot = boot == "other-boot" })
        end
      end
    end
  end)
end

return function(add, facts)
  statements(add, facts)
  failures_unrecorded(add, facts)
  set_while_running(add, facts)
  set_between_runs(add, facts)
end
