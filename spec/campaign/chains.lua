--- Accidents in a chain of two updates, A to B to C: of the host, the line, the module and the ledger, at steps of both
-- hops and between them. Played and judged by `campaign.play_chain`.
local AGAIN_S = { 0, 4, 40, 400 }

local function cases_of(add, facts)
  return function(class, name, case)
    case.chain, case.alone, case.spec = true, true, facts.merged(facts.quick, case.spec or {})
    add(class, name, "file", case)
  end
end

local function every(facts, n, fn)
  for step = 1, facts.ways.chain.steps, n do fn(step) end
end

local function kills(add, facts)
  every(facts, 2, function(step)
    local again_s = AGAIN_S[step // 2 % #AGAIN_S + 1]
    add("chain-kill", ("step-%d-again-after-%d-s"):format(step, again_s),
      { accidents = { { kind = "kill", step = step } }, again_s = again_s })
  end)
end

local function signals(add, facts)
  every(facts, 2, function(step)
    local name = ({ "INT", "TERM", "HUP" })[step // 2 % 3 + 1]
    add("chain-signal", ("%s-at-step-%d"):format(name, step),
      { accidents = { { kind = "signal", name = name, times = 1, step = step } } })
  end)
  every(facts, 5, function(step)
    add("chain-signal", ("INT-3-times-at-step-%d"):format(step),
      { accidents = { { kind = "signal", name = "INT", times = 3, step = step } } })
  end)
end

local function hang_ups(add, facts)
  every(facts, 4, function(step)
    local back_s = step // 4 % 2 == 0 and 5 or nil
    add("chain-hangup", ("step-%d-%s"):format(step, back_s and "back-after-5-s" or "for-good"),
      { accidents = { { kind = "hangup", step = step, back_s = back_s } } })
  end)
end

local function power_cuts(add, facts)
  every(facts, 2, function(step)
    local for_s = ({ 0.5, 5, 60 })[step // 2 % 3 + 1]
    add("chain-power", ("step-%d-for-%g-s"):format(step, for_s),
      { accidents = { { kind = "power", step = step, for_s = for_s } } })
  end)
  for percent = 10, 90, 20 do
    add("chain-power", percent .. "-percent-for-good",
      { spec = { power_cut = "update:" .. percent, power_back_s = "never" } })
  end
end

local function ledgers(add, facts)
  for n = 1, facts.ways.chain.statements do
    for _, how in ipairs { "fail", "unsaid" } do
      add("chain-ledger", ("%s-at-statement-%d"):format(how, n),
        { accidents = { { kind = "ledger", n = n, how = how, times = 1 } } })
    end
  end
end

local function refusals(add)
  for _, fault in ipairs { "end:6508", "command:6505", "end:6507" } do
    add("chain-refused", fault:gsub(":", "-"), { spec = { fail = fault }, stays = true })
  end
end

return function(add, facts)
  local add_chain = cases_of(add, facts)
  for _, build in ipairs { kills, signals, hang_ups, power_cuts, ledgers, refusals } do build(add_chain, facts) end
end
