--- The boot loader: silence, START, UPDATING, END. AT is not answered meanwhile.
-- Source: DFOTA application note, chapters 3 and 4; order of START, END and the reboots is not known, hence switches.
local Power = require "dfota.sim.power"
local qind = require "dfota.sim.qind"

local Bootloader = {}

local ADAPTIVE_RATE = 115200 -- note 3.2, note 2

--- Leaves the application for the boot loader.
-- @tparam Module m
-- @tparam table order {from=, to=, fail=?code, at_once=?bool, file=?name}
function Bootloader.leave(m, order)
  if order.fail and m.spec.end_early then
    return m:after(m.spec.end_s, function() qind.say(m, "end", order.fail) end)
  end
  if m.spec.start == "before" then qind.say(m, "start") end
  if m.acting ~= m.life then return end
  Power.reboot(m, function()
    m.forced = order
    Bootloader.start(m)
  end)
end

local function percents(m)
  local list, spec = {}, m.spec
  for percent in spec.update_percents:gmatch("%d+") do list[#list + 1] = tonumber(percent) end
  if list[1] then return list end
  if spec.spelling == "rda" then
    for block = 1, spec.update_blocks do list[block] = block * 100 // spec.update_blocks end
    return list
  end
  for percent = spec.update_step, 100, math.max(1, spec.update_step) do list[#list + 1] = percent end
  if list[#list] ~= 100 then list[#list + 1] = 100 end
  return list
end

-- An update may change the saved settings.
local function change_profile(m)
  local spec, profile = m.spec, m.profile
  if spec.new_ipr ~= "" then profile.ipr = tonumber(spec.new_ipr) end
  if not spec.profile_lost then return end
  profile.echo, profile.verbose, profile.cmee, profile.ifc = true, true, 1, "0,0"
end

local function apply(m, order)
  m.revision = m.spec.result ~= "" and m.spec.result or order.to
  m.updates = m.updates + 1
  m:note("updated", m.revision)
  change_profile(m)
  if order.file and not m.spec.pack_kept then m.files[order.file] = nil end
end

-- END,0 was sent and the old application still answers for a while: then the new one starts, or it goes silent.
local function linger(m, order)
  qind.say(m, "end", 0)
  if m.acting ~= m.life then return end
  m.state, m.ready_at = "ready", m.t - m.spec.reg_s
  m:note("state", "ready")
  m:after(m.spec.stale_s, function()
    if m.spec.stale_then == "gone" then return Power.hang(m) end
    apply(m, order)
    m.forced = nil
    Power.reboot(m)
  end)
end

local function start_over(m)
  Power.reboot(m, function() Bootloader.start(m) end)
end

-- The verdict. Whether END comes before or after the last reboot is a switch.
local function finish(m, order)
  if order.fail and m.spec.loader_fails == "again" then return start_over(m) end
  if not order.fail and m.spec.stale_s > 0 then return linger(m, order) end
  if not order.fail then apply(m, order) end
  if order.fail or not m.spec.redo_after_end then m.forced = nil end
  local function say_end() qind.say(m, "end", order.fail or 0) end
  if m.spec["end"] == "before" then say_end() end
  m:after(m.spec["end"] == "before" and m.spec.end_s or 0, function()
    m.forced = nil
    Power.reboot(m)
    if m.spec["end"] == "after" then
      m.end_owed = function()
        m.end_owed = nil
        say_end()
      end
    end
  end)
end

local function last_percent(m, order)
  if order.at_once then return 0 end
  return order.fail and m.spec.fail_percent or 100
end

local run

--- How often the boot loader starts over before it ends.
-- @tparam table spec switches
-- @treturn number
function Bootloader.restarts(spec)
  return tonumber(spec.restarts) or math.huge
end

local function restart(m, percent)
  if m.restarts_left < 1 or percent < m.spec.restart_percent then return false end
  m.restarts_left = m.restarts_left - 1
  start_over(m)
  return true
end

local function reboot_in_between(m, order, percent)
  local second = tonumber(m.spec.second_reboot)
  if not second or order.rebooted or percent < second then return false end
  order.rebooted = true
  Power.reboot(m, function() run(m, order, percent) end)
  return true
end

-- Prints the percentages above `done` one by one; those up to it were printed before a reboot in between.
function run(m, order, done)
  m.state = "update"
  m:set_rate(m.session.ipr ~= 0 and m.session.ipr or ADAPTIVE_RATE)
  local list, last = percents(m), last_percent(m, order)
  local pause, index = m.spec.update_s / #list, 0
  local function step()
    index = index + 1
    local percent = list[index]
    if not percent or percent > last then return finish(m, order) end
    if percent > done then
      qind.say(m, "updating", percent)
      m:fault("update", percent)
      if m.acting ~= m.life or restart(m, percent) or reboot_in_between(m, order, percent) then return end
    end
    m:after(percent < done and 0 or pause, step)
  end
  m:after(pause, step)
end

--- Starts, or starts over after a power cut (forced upgrade): START, and UPDATING from a low percentage.
function Bootloader.start(m)
  local order = m.forced
  local again = order.begun
  order.begun, order.rebooted = true, nil
  m.state = "update"
  m:note("state", "update")
  m:set_rate(m.session.ipr ~= 0 and m.session.ipr or ADAPTIVE_RATE)
  if again or m.spec.start == "after" then qind.say(m, "start") end
  if m.acting == m.life then run(m, order, -1) end
end

return Bootloader
