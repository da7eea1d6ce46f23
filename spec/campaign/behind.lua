--- Accidents behind the verdict, while the module is asked what else the update changed and the package is removed:
-- none of them may change what the run says of the update, nor what is on record, nor keep it from ending.
local behind = {}

local SET = { "after_s=10", "remove_package=on" }
local ASKED = { pack_kept = true, cmee = 2 }

local function case_of(facts_quick, more)
  local case = { set = SET, alone = true, rc = { 0 }, spec = {} }
  for _, switches in ipairs { facts_quick, ASKED, more.spec or {} } do
    for name, value in pairs(switches) do case.spec[name] = value end
  end
  for name, value in pairs(more) do
    if name ~= "spec" then case[name] = value end
  end
  return case
end

--- Where the verdict is on record, and where a good run ends.
-- @tparam function run (case) → a run, see `campaign.world`
-- @tparam table quick switches
-- @treturn table `first`, `last` step
function behind.measure(run, quick)
  local case = case_of(quick, { id = "measure", way = "file", size = 4000 })
  local good = run(case)
  assert(good.rc == 0 and good.facts and good.facts.ipr_after, good.fault)
  return { first = good.decided_at + 1, last = good.steps }
end

local function at_each_step(add, facts)
  for step = facts.behind.first, facts.behind.last do
    local function at(name, accident, more)
      accident.step = step
      more = more or {}
      more.accidents = { accident }
      add(("%s-at-step-%d"):format(name, step), more)
    end
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      at(name, { kind = "signal", name = name, times = 1 })
      at(name .. "-3-times", { kind = "signal", name = name, times = 3 })
    end
    at("kill", { kind = "kill" }, { again_s = 0 })
    at("hangup", { kind = "hangup" })
    at("hangup-of-5-s", { kind = "hangup", back_s = 5 })
    at("another-plugged-in", { kind = "hangup", back_s = 1, other = true })
    for _, for_s in ipairs { 0.5, 5, 60 } do at(("power-for-%g-s"):format(for_s), { kind = "power", for_s = for_s }) end
  end
end

-- Of the three queries: both halves of the settings' line, and the list of files.
local function spoiled(add)
  for _, query in ipairs { "+IPR?", "+QFLST" } do
    for _, how in ipairs { "drop", "double", "garble", "cut" } do
      add(("command-%s-%s"):format(query:gsub("%W", ""), how), { honest = true,
        accidents = { { kind = "command", how = how, n = 2, has = query } } })
    end
  end
  for seed = 1, 12 do
    add("chatter-seed-" .. seed, { seed = seed, spec = { chatter = 0.3, echo_chatter = 0.3 } })
  end
  for _, command in ipairs { "IPR", "QFLST", "QFDEL" } do
    add("no-response-to-" .. command:lower(), { rc = { 0, 69 }, same = true, spec = { no_response = command } })
  end
  for _, rate in ipairs { "9600", "57600" } do
    add("other-rate-" .. rate, { spec = { new_ipr = rate } })
  end
end

-- Those before are the business of other cases.
local FIRST_STATEMENT = 7

local function ledgers(add)
  for _, how in ipairs { "fail", "freeze", "lock", "unsaid" } do
    for n = FIRST_STATEMENT, FIRST_STATEMENT + 5 do
      add(("ledger-%s-at-%d"):format(how, n),
        { rc = { 0, 78 }, accidents = { { kind = "ledger", how = how, n = n, times = 1 } } })
    end
  end
end

--- Their cases.
function behind.cases(add, facts)
  local function add_behind(name, more) add("behind-verdict", name, "file", case_of(facts.quick, more)) end
  for _, build in ipairs { at_each_step, spoiled, ledgers } do build(add_behind, facts) end
end

return behind
