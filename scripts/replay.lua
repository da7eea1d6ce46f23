#!/usr/bin/env lua5.4
-- Plays a trace as a module on a pty: what the module said then, it says again to whoever asks the same.
--     lua scripts/replay.lua [options] FILE
--     lua scripts/update.lua --port PTY …        in another window: PTY is the first line that is printed
-- A transcript (docs/traces.md) is played in the same way.

local Player, core, private_file, pty_driver, reader, regular_file, script_of, text, transcript, uv

local function load_modules()
  Player, core, pty_driver = require "dfota.sim.player", require "dfota.core", require "dfota.sim.pty_driver"
  private_file, regular_file = require "dfota.base.private_file", require "dfota.base.regular_file"
  reader, script_of = require "dfota.trace.reader", require "dfota.trace.script"
  text, transcript, uv = require "dfota.base.text", require "dfota.sim.transcript", require "luv"
end

local NOT_FOLLOWED = 76 -- EX_PROTOCOL: the other side said something else
local INTERRUPTED = 130
local LINGER_S, PATIENCE_S, WAIT_S = 2, 60, 300
local MAX_TRANSCRIPT = 16 << 20 -- bytes

local function from_trace(runs, options)
  local run, err = reader.choose(options.file, runs, options.run)
  if not run then return nil, err end
  local script = script_of((reader.entries(run)))
  if #script.entries > 0 then return script, run end
  return nil, core.error("trace", ("%s: run %d has no command of a host, so there is nothing to play"):format(
    text.printable(options.file), run.number))
end

local function from_transcript(path)
  local content, reason = regular_file.read(path, MAX_TRANSCRIPT)
  if not content then return nil, core.error("trace_missing", ("%s: %s"):format(path, reason)) end
  local script, why = transcript.parse(text.unix(content))
  if script then return script end
  return nil, core.error("trace", ("%s: is neither a trace nor a transcript: %s"):format(path, why))
end

-- A trace says so in its first line.
local function load_script(options)
  local runs, err = reader.read(options.file)
  if runs then return from_trace(runs, options) end
  if err.kind == "trace_missing" or not options.file then return nil, err end
  return from_transcript(options.file)
end

local function cannot_write(program, path, why)
  return program:fail(core.error("usage", ("%s: %s"):format(path, why)))
end

-- It may hold what a trace holds, so it is as private; an existing file is not replaced.
local function write_transcript(program, script, options, run)
  local path = options.transcript
  local made = "made from a trace" .. (run and run.begun and ", begun " .. run.begun or "")
  local content = transcript.write(script, { made })
  if path == "-" then
    program:write(content)
    return 0
  end
  if uv.fs_lstat(path) then return cannot_write(program, path, "exists already: name a new file") end
  local fd, reason = private_file.open(path)
  local written = fd and uv.fs_write(fd, content, -1)
  if fd then uv.fs_close(fd) end
  if not written then return cannot_write(program, path, "cannot be written: " .. (reason or "disk full")) end
  program:say(("%s: %d answers"):format(path, #script.entries))
  return 0
end

local MOST = 5 -- commands that were never said

-- Those that somebody answered, or that something came after; how often a silent module is asked does not matter.
local function commands_in(script)
  local count = 0
  for _, entry in ipairs(script.entries) do count = count + (entry.idle and 0 or 1) end
  return count
end

local function summary(program, player, script)
  local unsaid, differences, count = player:unsaid(), #player:differences(), commands_in(script)
  if #unsaid == 0 and differences == 0 then
    program:hint(("the host followed the trace: all %d commands were said, and no other"):format(count))
    return 0
  end
  for i = 1, math.min(#unsaid, MOST) do program:hint(unsaid[i]) end
  if #unsaid > MOST then program:hint(("and %d more"):format(#unsaid - MOST)) end
  program:hint(("the host did not follow the trace: %d of %d commands were said, and %d that it has not"):format(
    count - #unsaid, count, differences))
  return NOT_FOLLOWED
end

local function new_player(program, script, options)
  return Player.new(script, {
    speed = options.fast and math.huge or options.speed, patience_s = options.patience,
    linger_s = math.min(LINGER_S, options.patience), wait_s = options.wait,
    any_package = options.any_package, tell = function(words) program:hint(words) end,
  })
end

local function play(program, script, options)
  program:interrupt_waits()
  local pty, broken = core.pty()
  if not pty then return program:fail(broken) end
  local player = new_player(program, script, options)
  program:say(pty:name())
  program:flush()
  local ended, signalled = pty_driver.run(player, pty)
  pty:close()
  if not ended then return program:fail(signalled) end
  if not (player.begun or signalled) then
    program:hint(("no host said anything within %g s (--wait)"):format(options.wait))
    return NOT_FOLLOWED
  end
  if script.options.order ~= "trace" then return 0 end
  local rc = summary(program, player, script)
  return signalled and rc ~= 0 and INTERRUPTED or rc
end

local function main(options, program)
  load_modules()
  local script, run = load_script(options)
  if not script then return program:fail(run) end
  if options.transcript then return write_transcript(program, script, options, run) end
  return play(program, script, options)
end

local function positive(words)
  local n = tonumber(words)
  if n and n > 0 and n < 1e6 then return n end
  return nil, ("'%s' is not a number above 0"):format(words)
end

local function number_of_run(words)
  local n = math.tointeger(tonumber(words))
  if n and n >= 1 then return n end
  return nil, ("'%s' is not the number of a run"):format(words)
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(main, arg, {
  program = true,
  done = "the host said what it said in the trace, and no more",
  exit_codes = {
    { 65, "the file is neither a trace nor a transcript", "with another file" },
    { 66, "the file is missing or unreadable", "after fixing it" }, 74,
    { 76, "the host did not follow the trace, or none came", "after comparing both" },
    { 130, "interrupted before the trace had ended", "yes, safe" },
  },
  about = "Plays a trace as a module on a pty; the first line that it prints is the port.",
  arguments = { { "FILE", "A trace (update.lua --trace), or a transcript." } },
  options = {
    { "--run", "Which run, where the file has several: 1 is the oldest (default: the last).", argname = "N",
      convert = number_of_run },
    { "--fast", "Without the module's pauses.", flag = true },
    { "--speed", "So many times faster than it was.", argname = "N", default = "1", convert = positive },
    { "--patience", "End when the host has said nothing for so many seconds.", argname = "S",
      default = tostring(PATIENCE_S), convert = positive },
    { "--wait", "End when no host has said anything so many seconds after the beginning.", argname = "S",
      default = tostring(WAIT_S), convert = positive },
    { "--any-package", "Confirm any other package with its own checksum.", flag = true },
    { "-q --quiet", "Only the port's name and errors.", flag = true },
    { "--transcript", "Write it as a transcript into a new file (-: to stdout), and play nothing.", argname = "OUT" },
  },
  examples = {
    { "NAME --fast a2b.trace", "then, in another window: update.lua --port PTY and the options of then" },
    { "NAME --transcript failure.txt a2b.trace", "a failure from the field becomes a spec" },
  },
})
