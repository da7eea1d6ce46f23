--- Single faults of the supply: power cuts, resets and shut-downs at every place there is.
local UPLOAD_STEP, PERCENT_STEP = 256, 2

local function upload(add, facts)
  for byte = 0, facts.size, UPLOAD_STEP do
    for _, ack in ipairs { "on", "off" } do
      add("power-upload", ("byte-%d-ack-%s"):format(byte, ack), "file",
        { spec = facts.merged(facts.quick, { power_cut = "upload:" .. byte }), set = { "ack_mode=" .. ack },
          rc = { 0 } })
    end
    add("power-upload", ("byte-%d-for-good"):format(byte), "file",
      { spec = facts.merged(facts.quick, { power_cut = "upload:" .. byte, power_back_s = "never" }), rc = { 69, 75 } })
  end
end

local function download(add)
  for percent = 0, 100, PERCENT_STEP do
    local spec = { power_cut = "download:" .. percent, download_step = PERCENT_STEP, update_step = 10 }
    add("power-download", percent .. "-percent", "url", { spec = spec, rc = { 75 } })
  end
  add("power-download", "50-percent-for-good", "url",
    { spec = { power_cut = "download:50", power_back_s = "never" }, rc = { 80 } })
end

local function update(add, facts)
  facts.each_way(function(way)
    for percent = PERCENT_STEP, 100, PERCENT_STEP do
      add("power-update", percent .. "-percent", way, { spec = { power_cut = "update:" .. percent }, rc = { 0 } })
    end
    for percent = 10, 100, 30 do
      add("power-update", percent .. "-percent-twice", way,
        { spec = { power_cut = ("update:%d+update:%d"):format(percent, percent // 2) }, rc = { 0 } })
      add("power-update", percent .. "-percent-for-a-minute", way,
        { spec = { power_cut = "update:" .. percent, power_back_s = "60" }, rc = { 0 } })
      add("power-update", percent .. "-percent-for-ten-minutes", way,
        { spec = { power_cut = "update:" .. percent, power_back_s = "600" }, rc = { 0 } })
      add("power-update", percent .. "-percent-for-good", way,
        { spec = { power_cut = "update:" .. percent, power_back_s = "never" }, rc = { 80 } })
    end
  end)
end

-- What is said when, and what a power cut right there leads to.
local URCS = {
  { "httpstart", url = { 75 } }, { "httpend", url = { 75, 82 } }, { "deact", url = { 75, 82 } },
  { "start", file = { 0 }, url = { 0 } }, { "end", file = { 0 }, url = { 0 } }, { "rdy", file = { 0 }, url = { 0 } },
  { "cpin", file = { 0 }, url = { 0 } }, { "call ready", file = { 0 }, url = { 0 } },
}

local function urcs(add, facts)
  facts.each_way(function(way)
    for _, urc in ipairs(URCS) do
      for _, start in ipairs { "before", "after" } do
        for _, at_end in ipairs { "before", "after" } do
          local rc = urc[way]
          -- START printed before the reboot: what is ordered is lost with the power.
          if urc[1] == "start" and start == "before" then rc = { 75, 82 } end
          local spec = facts.merged(facts.quick, { power_cut = "urc:" .. urc[1], start = start, ["end"] = at_end })
          if rc then
            local name = ("%s-start-%s-end-%s"):format(urc[1]:gsub(" ", "-"), start, at_end)
            add("power-urc", name, way, { spec = spec, rc = rc })
          end
        end
      end
    end
    add("power-urc", "end-and-redo", way,
      { spec = facts.merged(facts.quick, { power_cut = "end", redo_after_end = true }), rc = { 0 } })
  end)
end

local COMMANDS = {
  file = { "I", "GSN", "CBC", "QFOTADL", "QFLDS", "QFLST", "CMEE", "QFUPL", "IPR" },
  url = { "I", "GSN", "CBC", "QFOTADL", "CPIN", "CGREG", "CSQ", "CMEE", "QISTAT", "QIFGCNT", "QICSGP", "QIREGAPP",
    "QIACT", "QILOCIP", "IPR" },
}

local ACTIONS = { "power_cut", "crash", "under_voltage", "power_down" }

local function commands(add, facts)
  facts.each_way(function(way)
    for _, command in ipairs(COMMANDS[way]) do
      for _, action in ipairs(ACTIONS) do
        for _, place in ipairs { "command", "reply" } do
          add("power-command", ("%s-%s-%s"):format(action, place, command:lower()), way,
            { spec = facts.merged(facts.quick, { [action] = ("%s:%s"):format(place, command) }) })
        end
      end
    end
  end)
end

local function lines(add, facts)
  facts.each_way(function(way)
    for line = 1, facts.ways[way].lines do
      for _, action in ipairs { "power_cut", "crash", "hang", "low_voltage" } do
        add("power-line", ("%s-%d"):format(action, line), way,
          { spec = facts.merged(facts.quick, { [action] = "line:" .. line }),
            rc = action == "low_voltage" and { 0 } or nil })
      end
    end
  end)
end

return function(add, facts)
  upload(add, facts)
  download(add)
  update(add, facts)
  urcs(add, facts)
  commands(add, facts)
  lines(add, facts)
end
