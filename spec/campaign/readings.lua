--- Single faults of what the module says of itself: one character of a revision is wrong, in one answer or in many.
-- A revision counts when two answers agree; what the module said of its failure counts more than one odd answer.
local ENDS = {
  { "good", {}, 0 }, { "end-6508", { fail = "end:6508" }, 81 },
  { "refused-6502", { fail = "command:6502" }, 81 },
  { "no-word-of-it", { lost = "start+updating+end" }, 0 }, { "end-after", { ["end"] = "after" }, 0 },
  { "at-9600", { ipr = 9600 }, 0 }, { "adaptive", { ipr = 0 }, 0 },
}
local URL_ENDS = {
  { "httpend-6503", { fail = "httpend:6503" }, 75 },
  { "httpend-6507", { fail = "httpend:6507" }, 81 },
}

local WRONG = { "1", "2", "3", "4", "5", "6", "1+4", "3+5", "1+3+5" }

-- Without --to a failure the module spoke of is never a success; with it, its last word decides.
local function damaged(add, facts)
  local function add_end(way, name, spec, rc)
    for _, wrong in ipairs(WRONG) do
      for _, target in ipairs { "with-to", "without-to" } do
        add("reading", ("%s-wrong-%s-%s"):format(name, wrong, target), way,
          { spec = facts.merged(facts.quick, spec, { ati_wrong = wrong }), rc = { rc },
            alone = wrong:find "+" ~= nil, -- all of them are wrong in the same way: beside a third fault two may agree
            want = target == "without-to" and { to = false } or nil, same = rc ~= 0 or nil,
            -- Without --to a module that is at the target already is not of the source that is asked for.
            final = rc == 0 and { 0, target == "without-to" and 84 or nil } or { rc } })
      end
    end
  end
  facts.each_way(function(way)
    for _, kind in ipairs(ENDS) do add_end(way, table.unpack(kind)) end
  end)
  for _, kind in ipairs(URL_ENDS) do add_end("url", table.unpack(kind)) end
end

-- Characters of all answers go wrong by chance; or those of ATI alone, so that hardly any two agree.
local function garbled(add, facts)
  facts.each_way(function(way)
    for _, chance in ipairs { 0.0005, 0.002, 0.01 } do
      for seed = 1, 12 do
        for _, target in ipairs { "with-to", "without-to" } do
          add("garbling", ("all-%g-seed-%d-%s"):format(chance, seed, target), way,
            { spec = facts.merged(facts.quick, { garble_char = chance }), seed = seed, honest = true,
              want = target == "without-to" and { to = false } or nil,
              final = { 0, target == "without-to" and 84 or nil } })
        end
      end
    end
    for seed = 1, 12 do
      add("garbling", "ati-0.02-seed-" .. seed, way,
        { spec = facts.merged(facts.quick, { garble_char = 0.02, garble_in = "I" }), seed = seed, honest = true,
          want = seed % 2 == 0 and { to = false } or nil, final = { 0, seed % 2 == 0 and 84 or nil } })
    end
  end)
end

return function(add, facts)
  damaged(add, facts)
  garbled(add, facts)
end
