--- Single accidents of the host: signals, kills and hang-ups at every step, that is, at every wait for the port.
-- How many steps a run has depends a little on the module's answers. At the last of them all is known already.
local LAST = 8

local AGAIN_S = { 0, 4, 40, 400 }

local function each_step(facts, fn)
  facts.each_way(function(way)
    for step = 1, facts.ways[way].steps do fn(way, step) end
  end)
end

local function signals(add, facts)
  each_step(facts, function(way, step)
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      for _, times in ipairs { 1, 3 } do
        add("signal-" .. name, ("%d-at-step-%d"):format(times, step), way,
          { spec = facts.quick, accidents = { { kind = "signal", name = name, times = times, step = step } },
            rc = { 0, 130, name == "INT" and times == 3 and 80 or nil }, clean = true })
      end
    end
    add("signal-INT", ("3-from-step-%d"):format(step), way,
      { spec = facts.quick, accidents = { { kind = "signal", name = "INT", times = 3, apart = 1, step = step } },
        rc = { 0, 80, 130 } })
  end)
end

-- Where the tool waits for long before its trigger: for whom, and seconds from the start at which it does.
local WAITS = {
  { "file", "boot", { state = "boot", boot_s = 8 }, { 1, 4, 7 } },
  { "file", "answer", { state = "off" }, { 2, 6, 9 } },
  { "file", "acknowledgement", { ack_s = 4 }, { 2, 5, 9 } },
  { "file", "connect", { connect_s = 8 }, { 3, 6 } },
  { "file", "result", { flash_s = 20 }, { 5, 15 } },
  { "file", "slow-query", { slow = "CBC:4" }, { 2, 3 } },
  { "url", "sim", { state = "boot", cpin_s = 8 }, { 4, 6 } },
  { "url", "registration", { state = "boot", reg_s = 50 }, { 5, 15, 30, 45 } },
  { "url", "registration-for-ever", { cgreg = 2 }, { 5, 55, 65, 75, 130 } },
  { "url", "signal", { state = "boot", csq_s = 40 }, { 5, 15, 30 } },
  { "url", "context", { qiact_s = 60 }, { 5, 30, 55 } },
  { "url", "context-to-go", { qiact_fails = 1, qideact_s = 20 }, { 5, 12, 20, 30 } },
}

local function signals_in_waits(add, facts)
  for _, wait in ipairs(WAITS) do
    local way, name, spec, times = table.unpack(wait)
    for _, at in ipairs(times) do
      for _, signal in ipairs { "INT", "TERM", "HUP" } do
        add("signal-wait", ("%s-%s-after-%d-s"):format(name, signal:lower(), at), way,
          { spec = facts.merged(facts.quick, spec), rc = { 130 }, same = name:find "ever" and true or nil,
            final = name:find "ever" and { 75 } or nil, alone = true,
            accidents = { { kind = "signal", name = signal, times = 1, at = at } } })
      end
    end
  end
end

local function kills(add, facts)
  each_step(facts, function(way, step)
    for i = 0, 1 do
      local again_s = AGAIN_S[(step + 2 * i) % #AGAIN_S + 1]
      add("kill", ("step-%d-again-after-%d-s"):format(step, again_s), way,
        { spec = facts.quick, accidents = { { kind = "kill", step = step } }, again_s = again_s })
    end
  end)
end

-- Without --to what the earlier run brought is known from its record alone.
local function kills_without_target(add, facts)
  facts.each_way(function(way)
    for step = 2, facts.ways[way].steps, 3 do
      add("kill", ("step-%d-without-to"):format(step), way,
        { spec = facts.quick, accidents = { { kind = "kill", step = step } }, again_s = 400, want = { to = false },
          rc = { 0 }, final = { 0, 84 } })
    end
  end)
end

local function watched_kills(add, facts)
  each_step(facts, function(way, step)
    add("kill-then-watch", "step-" .. step, way,
      { spec = facts.quick, accidents = { { kind = "kill", step = step } }, again_s = AGAIN_S[step % #AGAIN_S + 1],
        flow = "watch" })
  end)
end

local function hang_ups(add, facts)
  each_step(facts, function(way, step)
    for _, back_s in ipairs { 5, 700, false } do
      add("hangup", ("step-%d-%s"):format(step, back_s and ("back-after-%d-s"):format(back_s) or "for-good"), way,
        { spec = facts.quick, accidents = { { kind = "hangup", step = step, back_s = back_s or nil } },
          rc = step > facts.ways[way].steps - LAST and { 0, 80 } or back_s == 5 and { 0, 74, 75, 82 } or { 74, 80 } })
    end
  end)
end

local function swaps(add, facts)
  each_step(facts, function(way, step)
    add("swap", "step-" .. step, way,
      { spec = facts.quick, accidents = { { kind = "hangup", step = step, back_s = 5, other = true } },
        rc = { 74, 80, step > facts.ways[way].steps - LAST and 0 or nil }, alone = true })
  end)
end

-- From the trigger on, by what the first one has said.
local EXCHANGED_AT = {
  { "trigger", tx = "AT+QFOTADL=" }, { "START", rx = '"START"' }, { "10-percent", rx = '"UPDATING",10%' },
  { "90-percent", rx = '"UPDATING",90%' }, { "END", rx = '"END",0' }, { "boot", rx = "RDY" },
}

local function exchanges(add, facts)
  facts.each_way(function(way)
    for _, place in ipairs(EXCHANGED_AT) do
      for _, runs in ipairs { "source", "target" } do
        for _, manner in ipairs { { "that-runs" }, { "without-a-name-that-runs", mute = "GSN+CGSN" } } do
          add("exchange", ("%s-for-one-%s-the-%s"):format(place[1], manner[1], runs), way,
            { spec = facts.quick, rc = { 80 }, alone = true, accidents = {
              { kind = "exchange", tx = place.tx, rx = place.rx, runs = runs, mute = manner.mute } } })
        end
      end
    end
  end)
end

return function(add, facts)
  signals(add, facts)
  signals_in_waits(add, facts)
  kills(add, facts)
  kills_without_target(add, facts)
  watched_kills(add, facts)
  hang_ups(add, facts)
  swaps(add, facts)
  exchanges(add, facts)
end
