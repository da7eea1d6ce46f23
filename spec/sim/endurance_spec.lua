local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"
local VirtualPort = require "dfota.sim.virtual_port"
local Random = require "dfota.sim.random"

local CASES = 300

local PLACES = {
  "upload:%d", "download:%d", "update:%d", "line:%d", "time:%d", "end", "urc:start", "urc:httpend", "urc:deact",
  "urc:rdy", "command:QFUPL", "command:QFOTADL", "reply:QFOTADL", "reply:QIACT",
}
local ACCIDENTS = { "power_cut", "crash", "hang", "low_voltage", "under_voltage", "power_down", "pdp_drop" }
local LINE_FAULTS = { "drop", "garble", "double", "delay", "noise", "split", "chatter" }
local VARIANTS = {
  { "ipr", 0 }, { "spelling", "table" }, { "spelling", "rda" }, { "start", "before" }, { "end", "after" },
  { "second_reboot", "40" }, { "plus_guard_s", 0.5 }, { "redo_after_end", true }, { "upload_timeout", "cme" },
  { "fail", "end:6508" }, { "lost", "ok+end" }, { "link", "9600" }, { "full", "during" }, { "boot_noise", true },
  { "profile", "rda" }, { "ati", "blanks" }, { "ati_urc", "^CINIT: 1" }, { "ati_wrong", "1+3" }, { "errors", "rda" },
  { "active_ipr", 9600 }, { "new_ipr", "0" }, { "profile_lost", true }, { "poll_s", 0.015 }, { "lf_wait_s", 0.02 },
  { "echo_noise", "1+2" }, { "echo_urc", "+CREG: 1" }, { "echo_chatter", 0.2 }, { "command_limit_s", 2 },
  { "no_response", "CSQ+QIACT+QFUPL" }, { "no_response_s", 3 }, { "qiact", "silent" }, { "boot_text", "both" },
  { "reply", "CSQ*2:ERROR;QISTAT:DEACT OK" }, { "garble_char", 0.01 }, { "csq_s", 5 }, { "busy_context", "1" },
  { "ack_lose", "1" }, { "ack_noise", "all" }, { "upload_params", 2 }, { "stall_every", 512 }, { "stale_s", 2 },
  { "stale_then", "gone" }, { "restarts", 2 }, { "end_early", true }, { "fail", "httpend:702" },
  { "update_percents", "0+7+100" }, { "download_percents", "57" }, { "rename", "start:BEGIN+httpstart:HTTPSSTART" },
  { "extra", "end:DONE" },
}
local COMMANDS = {
  "AT", "ATI", "AT+CSQ;+CREG?", "AT+CFUN=1,1", "AT+CFUN=0", "AT+CFUN=1", "AT+CGATT=0", "AT+QIREGAPP", "AT+QIACT",
  "AT+QIDEACT", "AT+QILOCIP", "AT+QISTAT", 'AT+QFDEL="fota.pack"', "AT+QFLST", 'AT+QFUPL="fota.pack",1500,5,1', "PACK",
  'AT+QFDWL="fota.pack"', "AT+QFOTADL=1", 'AT+QFOTADL="http://a/b"', "AT+QPOWD=1", "ATE0", "ATV0", "ATZ", "AT+IPR=9600",
  "NOISE", "+++",
}
local FILE_WAY = { "AT", 'AT+QFDEL="fota.pack"', 'AT+QFUPL="fota.pack",1500,5,1', "PACK", "AT+QFOTADL=1" }
local URL_WAY = { "AT", "AT+QIREGAPP", "AT+QIACT", 'AT+QFOTADL="http://a/b"' }

local function one_of(random, list) return list[random:integer(1, #list)] end

local function random_switches(random)
  local spec = { http_size = 1500, loader_fails = "end" } -- else a loader that fails never rests
  for _, name in ipairs(ACCIDENTS) do
    if random:chance(0.2) then spec[name] = one_of(random, PLACES):format(random:integer(0, 100)) end
  end
  for _, name in ipairs(LINE_FAULTS) do
    if random:chance(0.2) then spec[name] = random:unit() * 0.3 end
  end
  for _, variant in ipairs(VARIANTS) do
    if random:chance(0.15) then spec[variant[1]] = variant[2] end
  end
  return spec
end

local function bytes_of(random, command)
  if command == "PACK" then return Package.make("MC65FAR01A01", "MC65FAR01A02", 1500) end
  if command == "NOISE" then return random:bytes(random:integer(1, 300)) end
  return command == "+++" and command or command .. "\r"
end

local function talk(random, port)
  local way = one_of(random, { FILE_WAY, URL_WAY, {} })
  for i = 1, random:integer(5, 30) do
    port:write(bytes_of(random, way[i] or one_of(random, COMMANDS)), 30)
    repeat until not port:read(random:unit() * 5)
    if random:chance(0.05) then port:set_baud(one_of(random, { 9600, 115200 })) end
  end
end

-- Runs everything that is still due.
local function settle(m, port)
  for _ = 1, 5000 do
    local due = m:next_time()
    if not due then return true end
    port:pass(math.max(0, due - port:now()))
    m:output()
  end
  return false
end

describe("The simulated module", function()
  it(("survives %d random dialogues with random faults, and comes to rest each time"):format(CASES), function()
    local revisions, rest = {}, { ready = true, off = true, hung = true }
    for seed = 1, CASES do
      local random = Random.new(seed)
      local m = assert(Module.new(random_switches(random), seed))
      local port = assert(VirtualPort.new(m))
      talk(random, port)
      assert.truthy(settle(m, port), "seed " .. seed .. " never comes to rest")
      assert.truthy(rest[m.state], "seed " .. seed .. " rests in state " .. m.state)
      assert.truthy(m.updates <= m.accepted or m.spec.redo_after_end, "seed " .. seed)
      revisions[m.revision] = (revisions[m.revision] or 0) + 1
    end
    assert.truthy(revisions.MC65FAR01A01 > 10 and revisions.MC65FAR01A02 > 10)
  end)
end)
