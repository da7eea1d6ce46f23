--- Single cases of whom the tool may meet: the chip's published SDK, siblings, and modules of other families.
local OTHERS = { "M66", "M95", "MC60", "M26", "BC66", "BG96", "EC20", "EG91", "RM500Q", "UC20" }
local OURS = { "MC65", "M65", "M08-R" }

local function families(add, facts)
  facts.each_way(function(way)
    for _, model in ipairs(OTHERS) do
      add("family", model:lower() .. "-is-refused", way,
        { spec = facts.merged(facts.quick, { model = "Quectel_" .. model }), rc = { 84 }, same = true, clean = true,
          untriggered = true, alone = true })
      add("family", model:lower() .. "-is-forced", way,
        { spec = facts.merged(facts.quick, { model = "Quectel_" .. model }), force = { "module" }, rc = { 0 },
          alone = true })
    end
    for _, model in ipairs(OURS) do
      add("family", model:lower(), way,
        { spec = facts.merged(facts.quick, { model = "Quectel_" .. model }), rc = { 0 }, alone = true })
    end
  end)
end

-- The engine of the chip's SDK, with all that befalls a line.
local function rda(add, facts)
  facts.each_way(function(way)
    local function add_rda(name, case)
      case.spec = facts.merged(facts.quick, { profile = "rda" }, case.spec or {})
      add("rda", name, way, case)
    end
    add_rda("good", { rc = { 0 } })
    for step = 5, facts.ways[way].steps, 9 do
      add_rda("kill-at-step-" .. step, { accidents = { { kind = "kill", step = step } }, again_s = 40 })
      add_rda("hangup-at-step-" .. step, { accidents = { { kind = "hangup", step = step, back_s = 5 } },
        rc = { 0, 74, 75, 82 } })
      add_rda("int-at-step-" .. step, { accidents = { { kind = "signal", name = "INT", times = 1, step = step } },
        rc = { 0, 130 }, clean = true })
    end
    for percent = 10, 90, 20 do
      add_rda("power-cut-at-" .. percent, { spec = { power_cut = "update:" .. percent }, rc = { 0 } })
    end
    for seed = 1, 8 do
      add_rda("garbling-seed-" .. seed, { spec = { garble_char = 0.001 }, seed = seed, honest = true })
      add_rda("chatter-seed-" .. seed, { spec = { echo_chatter = 0.2, chatter = 0.2 }, seed = seed, rc = { 0 } })
    end
    for code = 6502, 6508 do
      -- Its loader has no END for a failure: it begins again for ever.
      add_rda("end-" .. code,
        { spec = { fail = "end:" .. code }, rc = { 80 }, same = true, honest = true, alone = true })
    end
  end)
  for _, shape in ipairs { "quectel", "short", "bare", "blanks", "no_revision" } do
    add("rda", "ati-" .. shape, "file", { spec = facts.merged(facts.quick, { ati = shape }), rc = { 0 } })
  end
end

-- Noise before an echo, and lines inside echoes and inside ATI.
local function odd_lines(add, facts)
  facts.each_way(function(way)
    for n = 1, facts.ways[way].commands do
      add("odd-line", "noise-before-echo-" .. n, way,
        { spec = facts.merged(facts.quick, { echo_noise = tostring(n) }), rc = { 0 } })
      add("odd-line", "three-bytes-of-noise-before-echo-" .. n, way,
        { spec = facts.merged(facts.quick, { echo_noise = tostring(n), echo_noise_bytes = 3 }), rc = { 0 } })
    end
    for at = 1, 8 do
      add("odd-line", "inside-echoes-at-" .. at, way,
        { spec = facts.merged(facts.quick, { echo_urc = "+CREG: 1", echo_urc_at = at }), rc = { 0 } })
    end
    for at = 0, 3 do
      for name, text in pairs { cinit = "^CINIT: 8, 2048, 1", ciev = "+CIEV: service,  1", dst = "DST: 1" } do
        add("odd-line", ("inside-ati-%s-at-%d"):format(name, at), way,
          { spec = facts.merged(facts.quick, { ati_urc = text, ati_urc_at = at }), rc = { 0 } })
      end
    end
    for _, command in ipairs { "CMEE", "CBC", "IPR", "GSN", "QFLDS", "CSQ", "QISTAT" } do
      add("odd-line", "no-response-to-" .. command:lower(), way,
        { spec = facts.merged(facts.quick, { no_response = command }), same = true, honest = true, alone = true })
    end
  end)
end

return function(add, facts)
  families(add, facts)
  rda(add, facts)
  odd_lines(add, facts)
end
