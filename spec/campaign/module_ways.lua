--- Single faults and ways of the module: failure codes, lines that are lost or twice, baud, silence, gates, files.
local CMEE = { "0", "1", "2" }

local function codes(add, facts)
  facts.each_way(function(way)
    for code = 6500, 6509 do
      for _, cmee in ipairs(CMEE) do
        for _, place in ipairs { "command", "httpend", "end" } do
          local rc = place == "httpend" and code == 6503 and 75 or 81
          if place ~= "httpend" or way == "url" then
            add("code", ("%s-%d-cmee-%s"):format(place, code, cmee), way,
              { spec = facts.merged(facts.quick, { fail = ("%s:%d"):format(place, code), cmee = cmee }),
                rc = { rc }, same = true, code = code })
          end
        end
      end
    end
  end)
end

local LOST = {
  file = { "ok", "start", "updating", "end", "start+updating", "updating+end", "start+end", "start+updating+end",
    "ok+start",
    "ok+end", "ok+start+updating+end" },
  url = { "ok", "httpstart", "downloading", "httpend", "deact", "start", "updating", "end", "httpstart+downloading",
    "downloading+httpend", "httpend+deact", "deact+start", "start+updating", "updating+end", "start+updating+end",
    "httpstart+downloading+httpend+deact", "ok+httpstart",
    "ok+httpstart+downloading+httpend+deact+start+updating+end" },
}

local function lost_and_twice(add, facts)
  facts.each_way(function(way)
    for _, names in ipairs(LOST[way]) do
      for _, at_end in ipairs { "before", "after" } do
        add("lost", ("%s-end-%s"):format(names, at_end), way,
          { spec = facts.merged(facts.quick, { lost = names, ["end"] = at_end }), rc = { 0 } })
        add("twice", ("%s-end-%s"):format(names, at_end), way,
          { spec = facts.merged(facts.quick, { twice = names:gsub("ok%+?", ""), ["end"] = at_end }), rc = { 0 } })
      end
    end
  end)
end

local function reboots(add, facts)
  facts.each_way(function(way)
    for percent = 10, 90, 10 do
      add("reboot", "second-at-" .. percent, way,
        { spec = facts.merged(facts.quick, { second_reboot = tostring(percent) }), rc = { 0 } })
      add("reboot", "crash-at-" .. percent, way,
        { spec = facts.merged(facts.quick, { crash = "update:" .. percent }), rc = { 0 } })
    end
    for _, start in ipairs { "before", "after" } do
      for _, at_end in ipairs { "before", "after" } do
        for _, spelling in ipairs { "table", "example", "rda" } do
          for _, noise in ipairs { false, true } do
            add("reboot", ("start-%s-end-%s-%s%s"):format(start, at_end, spelling, noise and "-noise" or ""), way,
              { spec = { start = start, ["end"] = at_end, spelling = spelling, boot_noise = noise }, rc = { 0 } })
          end
        end
      end
    end
    for _, reboot_s in ipairs { 0.2, 10, 100, 300 } do
      add("reboot", ("silence-of-%g-s"):format(reboot_s), way,
        { spec = facts.merged(facts.quick, { reboot_s = reboot_s }), rc = { 0 } })
    end
    for _, seconds in ipairs { 60, 600, 3000 } do
      add("reboot", ("update-of-%d-s"):format(seconds), way,
        { spec = facts.merged(facts.quick, { update_s = seconds }), rc = { 0 }, alone = seconds > 1000 })
    end
  end)
end

local function bauds(add, facts)
  facts.each_way(function(way)
    for _, ipr in ipairs { 0, 4800, 9600, 19200, 38400, 57600, 115200 } do
      for _, at_end in ipairs { "before", "after" } do
        for _, lines in ipairs { true, false } do
          add("baud", ("ipr-%d-end-%s%s"):format(ipr, at_end, lines and "" or "-no-boot-lines"), way,
            { spec = { ipr = ipr, ["end"] = at_end, boot_lines = lines, boot_noise = not lines }, rc = { 0 } })
        end
      end
    end
    add("baud", "adaptive-found-at-9600", way, { spec = { ipr = 0 }, bauds = { 9600 }, rc = { 0 }, alone = true })
    add("baud", "adaptive-found-at-9600-power-cut", way,
      { spec = { ipr = 0, power_cut = "update:40" }, bauds = { 9600 }, rc = { 0 }, alone = true })
    add("baud", "only-another-rate-is-tried", way,
      { spec = { ipr = 9600 }, bauds = { 38400 }, rc = { 69 }, final = { 69 }, alone = true })
  end)
end

local function sessions(add, facts)
  facts.each_way(function(way)
    for _, echo in ipairs { true, false } do
      for _, verbose in ipairs { true, false } do
        for _, cmee in ipairs(CMEE) do
          add("session", ("echo-%s-verbose-%s-cmee-%s"):format(echo, verbose, cmee), way,
            { spec = facts.merged(facts.quick, { echo = echo, verbose = verbose, cmee = cmee }), rc = { 0 } })
        end
      end
    end
    add("session", "chatter", way, { spec = facts.merged(facts.quick, { chatter = 0.5 }), rc = { 0 } })
    add("session", "slow-line", way, { spec = facts.merged(facts.quick, { link = "9600", ipr = 9600 }), rc = { 0 } })
    add("session", "real-report", way, { spec = {}, rc = { 0 }, real_report = true, trace = true })
  end)
end


local function silence(add, facts)
  facts.each_way(function(way)
    for percent = 10, 90, 20 do
      add("silence", "hang-at-" .. percent, way,
        { spec = facts.merged(facts.quick, { hang = "update:" .. percent }), rc = { 80 }, real_report = true })
    end
    for _, command in ipairs(way == "file" and { "CMEE", "CBC", "QFLDS", "QFUPL", "QFLST", "IPR", "GSN", "I" }
        or { "CMEE", "CBC", "CSQ", "CGREG", "CPIN", "QISTAT", "QIACT", "QICSGP", "QILOCIP", "IPR", "GSN", "I" }) do
      add("silence", "mute-" .. command:lower(), way,
        { spec = facts.merged(facts.quick, { mute = command }), same = true, alone = true })
      add("silence", "slow-" .. command:lower(), way,
        { spec = facts.merged(facts.quick, { slow = command .. ":3" }), rc = command ~= "I" and { 0 } or nil,
          alone = command == "IPR" }) -- the fence asks it, and is not that patient at a rate that is still looked for
    end
    add("silence", "mute-qfotadl", way,
      { spec = facts.merged(facts.quick, { mute = "QFOTADL" }), rc = { 69 }, same = true, alone = true })
    for _, seconds in ipairs { 5, 14, 20, 100 } do
      add("silence", ("slow-qfotadl-%d-s"):format(seconds), way,
        { spec = facts.merged(facts.quick, { trigger_s = seconds }), rc = seconds < 20 and { 0 } or nil,
          alone = seconds > 40 }) -- of rda's engine such a command has no response
    end
  end)
  for percent = 0, 90, 10 do
    add("silence", "hang-in-download-at-" .. percent, "url",
      { spec = facts.merged(facts.quick, { hang = "download:" .. percent }), rc = { 80 } })
  end
end

local function contexts(add, facts)
  for percent = 0, 90, 10 do
    add("context", "lost-at-" .. percent, "url",
      { spec = facts.merged(facts.quick, { pdp_drop = "download:" .. percent }), rc = { 75 } })
  end
  add("context", "lost-before-the-trigger", "url",
    { spec = facts.merged(facts.quick, { pdp_drop = "reply:QILOCIP" }), rc = { 0, 75 } })
  for fails = 1, 3 do
    add("context", ("fails-%d-times"):format(fails), "url",
      { spec = facts.merged(facts.quick, { qiact_fails = fails }), rc = { fails < 3 and 0 or 75 }, final = { 0, 75 } })
  end
  add("context", "never", "url", { spec = { qiact = "error" }, rc = { 75 }, same = true })
  add("context", "silent", "url", { spec = { qiact = "silent" }, rc = { 75 }, final = { 69, 75 } })
  add("context", "wrong-apn", "url", { spec = {}, want = { apn = "other" }, rc = { 75 }, same = true })
  add("context", "unregistered", "url", { spec = { cgreg = 0 }, rc = { 75 }, same = true })
end

-- Gates: what is found, which refuses which way, and --force.
local GATES = {
  { "supply", spec = { vbat_mv = 3400 }, file = 84, url = 84 },
  { "signal", spec = { csq = 3 }, file = 0, url = 84 },
  { "sim", spec = { sim = "pin" }, file = 0, url = 84, not_forced = true },
  { "revision", spec = { revision = "MC65FAR01A00" }, file = 84, url = 84, not_forced = true },
  { "dfota", spec = { qfotadl = false }, file = 84, url = 84, not_forced = true },
  { "room", spec = { ufs_size = 3000 }, file = 84, not_forced = true },
  { "wear", set = { "max_updates=0" }, file = 83, url = 83 },
}

local function gates(add, facts)
  facts.each_way(function(way)
    for _, gate in ipairs(GATES) do
      local rc = gate[way]
      if rc then
        add("gate", gate[1], way, { spec = facts.merged(facts.quick, gate.spec or {}), set = gate.set, rc = { rc },
          same = rc ~= 0, clean = true, alone = true })
      end
      if rc and rc ~= 0 and not gate.not_forced then
        add("gate", gate[1] .. "-forced", way, { spec = facts.merged(facts.quick, gate.spec or {}), set = gate.set,
          force = { gate[1] }, rc = { 0 }, alone = true })
      end
    end
  end)
end

local FILES = {
  { "stale", { stale_pack = 5000 } }, { "stale-overwrite", { stale_pack = 100, existing = "overwrite" } },
  { "stale-3921", { stale_pack = 100, existing = "3921" } }, { "absent-3919", { absent_code = 3919 } },
  { "ack-in-lines", { ack_crlf = true } }, { "no-last-ack", { ack_last = false } }, { "slow-ack", { ack_s = 0.3 } },
  { "lower-sum", { sum_case = "lower" } }, { "short-sum", { sum_pad = false, sum_case = "lower" } },
  { "kept", { pack_kept = true } }, { "slow-flash", { flash_s = 5 } }, { "late-connect", { connect_s = 4 } },
  { "guarded-plus", { plus_guard_s = 1 } }, { "timeout-cme", { upload_timeout = "cme" } },
}

local function files(add, facts)
  for _, file in ipairs(FILES) do
    for _, size in ipairs { facts.size, 3072 } do
      for _, ack in ipairs { "on", "off" } do
        add("file", ("%s-%d-ack-%s"):format(file[1], size, ack), "file",
          { spec = facts.merged(facts.quick, file[2]), size = size, set = { "ack_mode=" .. ack }, rc = { 0 } })
      end
    end
  end
  for byte = 0, 3999, 333 do
    add("file", "byte-turned-" .. byte, "file",
      { spec = facts.merged(facts.quick, { upload_flip = tostring(byte) }), rc = { 75 }, same = true })
    add("file", "byte-lost-" .. byte, "file",
      { spec = facts.merged(facts.quick, { upload_lose = tostring(byte) }), rc = { 75 }, same = true })
  end
  add("file", "full-during", "file",
    { spec = { full = "during", ufs_size = 1000 }, rc = { 84 }, same = true, alone = true })
  add("file", "full-during-forced", "file",
    { spec = { full = "during", ufs_size = 1000 }, force = { "room" }, rc = { 84 }, same = true })
  add("file", "full-before-forced", "file",
    { spec = { ufs_size = 1000 }, force = { "room" }, rc = { 84 }, same = true })
end

local function starts(add, facts)
  facts.each_way(function(way)
    add("start", "updating", way, { spec = { state = "update" }, rc = { 0 }, untriggered = true })
    add("start", "updating-with-power-cut", way,
      { spec = { state = "update", power_cut = "update:50" }, rc = { 0 }, untriggered = true })
    add("start", "booting", way, { spec = { state = "boot" }, rc = { 0 } })
    add("start", "off", way, { spec = { state = "off" }, rc = { 69 } })
    add("start", "at-the-target", way, { spec = { revision = "MC65FAR01A02" }, rc = { 0 }, untriggered = true })
    add("start", "another-result", way,
      { spec = facts.merged(facts.quick, { result = "MC65FAR01A09" }), rc = { 82 }, final = { 84 }, alone = true })
  end)
end

return function(add, facts)
  codes(add, facts)
  lost_and_twice(add, facts)
  reboots(add, facts)
  bauds(add, facts)
  sessions(add, facts)
  silence(add, facts)
  contexts(add, facts)
  gates(add, facts)
  files(add, facts)
  starts(add, facts)
end
