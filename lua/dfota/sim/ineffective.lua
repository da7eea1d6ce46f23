--- Switches that cannot do what they say, because of others. Each is told in one line when the module is started: who
-- tests with a fault that never happens believes that it was survived.
local Options = require "dfota.sim.options"

local NOTHING = { [""] = true, ["0"] = true, ["0.0"] = true, ["false"] = true }

local function is_set(value) return not NOTHING[tostring(value)] end

-- Switches that need one of these others, and why if that is not plain.
local NEEDS = {
  { "apn_user apn_password", "apn", "the network accepts any" },
  { "ati_urc_at", "ati_urc" },
  { "echo_noise_bytes", "echo_noise" },
  { "echo_urc_at echo_urc_in echo_urc_times", "echo_urc" },
  { "no_response_s", "no_response" },
  { "drip drip_always", "drip_s" },
  { "stall_s", "stall_every" },
  { "stale_then", "stale_s" },
  { "restart_percent", "restarts" },
  { "redo_after_end", "power_cut under_voltage power_down crash" },
  { "power_back_s", "power_cut under_voltage power_down" },
  { "delay_s", "delay delay_at" },
  { "split_s", "split split_at" },
  { "garble_in", "garble_char" },
  { "read_flip read_lose", "qfdwl" },
  { "fail result restarts stale_s second_reboot", "qfotadl", "nothing is updated" },
  { "sms_ready boot_text", "boot_lines" },
}

-- Switches that have an effect only with these values of another.
local ONLY_WITH = {
  { "pin", "sim", { pin = true } },
  { "sms_ready", "boot_text", { rdy = true, both = true } },
  { "qiact_fails", "qiact", { ok = true } },
  { "update_blocks", "spelling", { rda = true } },
  { "update_step", "spelling", { table = true, example = true } },
  { "update_step update_blocks", "update_percents", { [""] = true } },
  { "download_step", "download_percents", { [""] = true } },
  { "http_from http_size download_s download_percents", "http", { simulated = true } },
  { "ef_ad", "crsm", { quoted = true, bare = true } },
  { "dtr", "dtr", { free = true }, "a pty has no DTR" },
}

local function add(lines, form, ...) lines[#lines + 1] = form:format(...) end

local function because(why) return why and ": " .. why or "" end

local function any_set(spec, names)
  for name in names:gmatch "%S+" do
    if is_set(spec[name]) then return true end
  end
  return false
end

local function without_another(some, spec, lines)
  for _, row in ipairs(NEEDS) do
    for name in (any_set(spec, row[2]) and "" or row[1]):gmatch "%S+" do
      if some[name] ~= nil and is_set(spec[name]) then
        add(lines, "%s has no effect without %s%s", name, row[2]:gsub(" ", " or ") .. "", because(row[3]))
      end
    end
  end
end

local function beside_another(some, spec, lines)
  for _, row in ipairs(ONLY_WITH) do
    local value = tostring(spec[row[2]])
    for name in (row[3][value] and "" or row[1]):gmatch "%S+" do
      if some[name] ~= nil then
        local other = name ~= row[2] and (" with %s=%s"):format(row[2], value) or ""
        add(lines, "%s=%s has no effect%s%s", name, tostring(spec[name]), other, because(row[4]))
      end
    end
  end
end

-- A line that is never printed can neither be printed twice nor have another word.
local function of_lost_lines(some, spec, lines)
  local lost = Options.set(spec.lost)
  for _, name in ipairs { "twice", "rename" } do
    for item in (some[name] and spec[name] or ""):gmatch "[^+]+" do
      local line = item:match "^%l+"
      if lost[line] then add(lines, "%s=%s has no effect with lost=%s", name, item, spec.lost) end
    end
  end
end

-- A loader that starts over before it fails.
local function starts_over(spec)
  return spec.restarts == "forever" and spec.restart_percent <= spec.fail_percent
end

-- What a profile keeps quiet, or never ends, cannot end with the code that was asked for.
local function of_end(some, spec, lines)
  local code = spec.fail:match "^end:" and spec.fail
  if not code then return end
  if starts_over(spec) then add(lines, "fail=%s has no effect with restarts=forever: there is no END", code) end
  local quiet = not some.lost and Options.set(spec.lost)["end"]
  local again = not some.loader_fails and spec.loader_fails == "again"
  if not (quiet or again) then return end
  local whys, remedies = {}, {}
  if quiet then whys[1], remedies[1] = "which does not print it", "lost=start+updating" end
  if again then whys[#whys + 1], remedies[#remedies + 1] = "whose loader starts over", "loader_fails=end" end
  add(lines, "fail=%s gives no END with profile=%s, %s: add %s", code, spec.profile,
    table.concat(whys, " and "), table.concat(remedies, ","))
end

--- What is set in vain.
-- @tparam table some name → value, the switches that were given (`Options.read`)
-- @tparam table spec all of them (`Options.new`)
-- @treturn {string,...} a line for each
return function(some, spec)
  local lines = {}
  for _, look in ipairs { without_another, beside_another, of_lost_lines, of_end } do look(some, spec, lines) end
  return lines
end
