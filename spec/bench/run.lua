-- The measurements of `make bench`, one table: what is compared is measured in the same run, and only the
-- ratio counts, because the machine is never idle. Run from the root; contrib/bench.sh builds the C parts.
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local core = require "dfota.core"

local rounds, laps, trips, silent_s = 5, 12, 10000, tonumber(os.getenv "SILENT_S") or 60
local lua = os.getenv "LUA" or "lua5.4"
local failed = 0

local function row(what, value, target, ok)
  if ok == false then failed = failed + 1 end
  print(("%-52s %-32s %-22s %s"):format(what, value, target or "", ok == nil and "" or ok and "ok" or "MISSED"))
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  assert(pipe:close(), command .. " failed:\n" .. text)
  return text
end

local function have(program) return os.execute("command -v " .. program .. " >/dev/null 2>&1") end

-- A program whose output is read as it arrives, with its process id.
local function spawn(command)
  local pipe = assert(io.popen("echo $$; exec " .. command))
  return pipe, pipe:read("n", "l")
end

-- A program that prints the name of its pty and then works on it.
local function start(command)
  local pipe, pid = spawn(command)
  return pipe, assert(pipe:read("l"), command .. " did not start"), pid
end

local function stop(pid) assert(os.execute("kill " .. pid)) end

-- The median of several interleaved rounds, so that outliers do not matter.
local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

local function lexer()
  local text = output_of("build/bench/lexer_bench")
  local function speed(name) return tonumber(text:match(name .. "%s+(%d+) MB/s")) end
  local memchr = speed "memchr%(.-%) loop"
  local function compare(what, name, least)
    local mine = speed(name)
    local part = mine / memchr
    row(what, ("%d MB/s = %.2f of memchr"):format(mine, part), least and ("at least %.2f"):format(least),
      least and part >= least)
  end
  row("memchr('\\n') loop over 32 MB", ("%d MB/s"):format(memchr))
  compare("LF splitter, byte for byte", "LF splitter, byte for byte")
  compare("lexer alone, feeds of 4 KiB", "lexer alone, feeds of 4 KiB", 0.9)
  compare("lexer and reply classes", "lexer %+ classify, one feed", 0.6)
  if have "valgrind" then
    local per_byte = output_of("sh spec/bench/lexer_callgrind.sh"):match("([%d.]+) instructions per byte")
    row("  instructions per byte (callgrind)", per_byte)
  end
end

local function system_calls(command)
  local log = os.tmpname()
  output_of(("strace -f -c -o %s %s"):format(log, command))
  local total = 0
  for line in io.lines(log) do
    local calls, name = line:match("^%s*[%d.]+%s+[%d.]+%s+%d+%s+(%d+)%s+%d*%s*(%S+)$")
    if name and name ~= "total" then total = total + tonumber(calls) end
  end
  os.remove(log)
  return total
end

-- What a client reports: round trips per second, and microseconds of CPU time for each.
local function ask(told, command)
  local rate, cpu_us = output_of(command):match("(%S+) (%S+)")
  table.insert(told.rate, tonumber(rate))
  table.insert(told.cpu_us, tonumber(cpu_us))
end

-- Alternating. Other load can only add CPU time (cold caches), so the minimum counts.
local function race(pty)
  local c, python, mine = { rate = {}, cpu_us = {} }, { rate = {}, cpu_us = {} }, { rate = {}, cpu_us = {} }
  for _ = 1, laps do
    ask(c, ("build/bench/roundtrip %s %d"):format(pty, trips))
    ask(mine, ("%s spec/bench/roundtrip.lua %s %d"):format(lua, pty, trips))
    ask(python, ("/usr/bin/python3 spec/bench/roundtrip_pyserial.py %s %d"):format(pty, trips // 2))
  end
  for _, told in ipairs { c, python, mine } do
    told.rate, told.cpu_us = median(told.rate), math.min(table.unpack(told.cpu_us))
  end
  return c, python, mine
end

-- The goal is CPU time only: round trips per second mostly depend on how fast this machine's two
-- processes wake each other. Writing, reading and the lexer alone, called from Lua, cost 1.1 of C; the
-- rest is the channel's, some 300 interpreter instructions.
local function round_trips()
  local pipe, pty, pid = start("build/bench/responder")
  local c, python, mine = race(pty)
  local calls
  if have "strace" then
    local one = ("%s spec/bench/roundtrip.lua %s "):format(lua, pty)
    calls = (system_calls(one .. "2000") - system_calls(one .. "1000")) / 1000
  end
  stop(pid)
  pipe:close()
  local of_c, of_python = mine.cpu_us / c.cpu_us, mine.cpu_us / python.cpu_us
  row("AT+CSQ round trip, bare C poll and read", ("%.1f us of CPU, %.0f /s"):format(c.cpu_us, c.rate))
  row("AT+CSQ round trip, python3-serial in bulk", ("%.1f us = %.2f of C, %.0f /s"):format(python.cpu_us,
    python.cpu_us / c.cpu_us, python.rate))
  row("AT+CSQ round trip, channel in Lua", ("%.1f us = %.2f of C, %.0f /s"):format(mine.cpu_us, of_c, mine.rate),
    "at most 1.60 of C", of_c <= 1.6)
  row("  against python3-serial", ("%.2f of its CPU time"):format(of_python), "at most 0.75", of_python <= 0.75)
  row("  system calls per round trip (strace)", calls and ("%.1f"):format(calls) or "strace is missing")
end

local function make_file(bytes)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  local block = {}
  for i = 1, 1 << 16 do block[i] = string.char((i * 2654435761 >> 12) & 0xff) end
  block = table.concat(block)
  for _ = 1, bytes // #block do assert(file:write(block)) end
  return path
end

local function throttled(baud, ack, path)
  local pipe, pty, pid = start("build/bench/sink " .. baud)
  output_of(("%s spec/bench/upload.lua %s %s %s"):format(lua, pty, path, ack))
  local _, took, ideal = pipe:read("n", "n", "n")
  stop(pid)
  pipe:close()
  local part = ideal / took
  local what, value = ("upload at %d baud, ACK mode %s"):format(baud, ack), ("%.2f %% of the line"):format(part * 100)
  -- With ACK mode the host must wait after each 1024 bytes: that cost is the protocol's.
  if ack == "on" then return row(what, value) end
  row(what, value, "at least 99.5 %", part >= 0.995)
end

local function upload_cost(megabytes)
  local path = make_file(megabytes << 20)
  local pipe, pty, pid = start("build/bench/sink 0")
  local command = ("%s spec/bench/upload.lua %s %s off"):format(lua, pty, path)
  local cpu_s, memory_kb = output_of(command):match("(%S+) (%S+)")
  local calls = megabytes == 1 and have "strace" and system_calls(command)
  stop(pid)
  pipe:close()
  os.remove(path)
  return tonumber(cpu_s) / megabytes, tonumber(memory_kb), calls
end

local function uploads()
  local path = make_file(128 << 10)
  throttled(115200, "off", path)
  throttled(115200, "on", path)
  throttled(921600, "off", path)
  throttled(921600, "on", path)
  os.remove(path)
  local cpu_1, memory_1, calls = upload_cost(1)
  local cpu_256, memory_256 = upload_cost(256)
  row("upload, CPU time", ("%.1f ms/MB (of 256 MB: %.1f)"):format(cpu_1 * 1000, cpu_256 * 1000))
  row("  system calls for 1 MB, start of the process included", calls and ("%d"):format(calls) or "strace is missing")
  row("  memory for 1 MB and for 256 MB", ("%d kB, %d kB"):format(memory_1, memory_256), "the same (±5 %)",
    math.abs(memory_256 - memory_1) <= memory_1 * 0.05)
end

local function time_of(command, count)
  local began = core.now()
  for _ = 1, count do output_of(command .. " >/dev/null") end
  return (core.now() - began) / count
end

local function start_up()
  local bare, help = math.huge, math.huge
  for _ = 1, rounds do
    bare = math.min(bare, time_of(lua .. " -e ''", 10))
    help = math.min(help, time_of(lua .. " scripts/update.lua --help", 10))
  end
  row("lua5.4 -e ''", ("%.1f ms"):format(bare * 1000))
  row("update.lua --help", ("%.1f ms = %.1f times"):format(help * 1000, help / bare))
end

-- A module that goes silent in UPDATING: what the tool does meanwhile, by strace.
local function wake_ups()
  if not have "strace" then return row("wake-ups while a module updates itself", "strace is missing") end
  local package_path, log = os.tmpname(), os.tmpname()
  output_of(lua .. " scripts/sim.lua --make-package MC65FAR01A01 MC65FAR01A02 " .. package_path .. " --size 4096")
  local events, pid = spawn(("%s scripts/update.lua --json --ledger none --sim=hang=update:40 %s 2>/dev/null")
    :format(lua, package_path))
  local line
  repeat line = assert(events:read("l")) until line:find('"percent":40')
  os.execute(("timeout %d strace -p %s -o %s 2>/dev/null"):format(silent_s, pid, log))
  local woken = -1 -- the wait that was under way when strace came
  for call in io.lines(log) do if call:find("^[%w_]+%(") then woken = woken + 1 end end
  os.execute("kill -9 " .. pid)
  events:close()
  os.remove(package_path)
  os.remove(log)
  row(("wake-ups in %d s of a silent UPDATING"):format(silent_s), tostring(woken), "0", woken == 0)
end

print(("%-52s %-32s %s"):format("what", "measured", "target"))
lexer()
round_trips()
uploads()
start_up()
wake_ups()
os.exit(failed == 0 and 0 or 1)
