--- Single faults of the line: every line, echo, command and piece dropped, garbled, doubled, late, cut or split.
local LINE_FAULTS = {
  { "drop", { 0 } }, { "double", { 0 } }, { "delay", { 0 } }, { "noise", { 0 } },
  -- A revision or a voltage with a wrong digit in it is not what the gate wants to see.
  { "garble", { 0, 84 } },
}

local function lines(add, facts)
  facts.each_way(function(way)
    for line = 1, facts.ways[way].lines do
      for _, fault in ipairs(LINE_FAULTS) do
        add("line-" .. fault[1], tostring(line), way,
          { spec = facts.merged(facts.quick, { [fault[1] .. "_at"] = tostring(line) }), rc = fault[2] })
      end
    end
  end)
end

local function spoilt(add, facts, kind, count, hows)
  facts.each_way(function(way)
    for n = 1, facts.ways[way][count] do
      for _, how in ipairs(hows) do
        add(kind .. "-" .. how[1], tostring(n), way,
          { spec = facts.quick, accidents = { { kind = kind, n = n, how = how[1] } }, rc = how[2],
            trace = way == "url" })
      end
    end
  end)
end

local function pieces(add, facts)
  facts.each_way(function(way)
    for bytes = 1, 20 do
      add("line-pieces", tostring(bytes), way,
        { spec = facts.quick, accidents = { { kind = "split", bytes = bytes } }, rc = { 0 } })
    end
  end)
end

return function(add, facts)
  lines(add, facts)
  spoilt(add, facts, "command", "commands", { { "drop" }, { "garble" }, { "double", { 0 } }, { "cut" } })
  spoilt(add, facts, "echo", "commands",
    { { "drop", { 0 } }, { "garble", { 0 } }, { "double", { 0 } }, { "cut", { 0 } } })
  spoilt(add, facts, "chunk", "chunks", { { "split", { 0 } } })
  pieces(add, facts)
end
