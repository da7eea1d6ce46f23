--- A script that talks to no module: its options parsed, its output checked, its errors in one line with their exit
-- code. The last line of such a script has `program = true`.
--
--     local function main(options, program)
--       local book = assert(ledger.open(options.ledger))
--       program:say("…")
--       return 0
--     end
-- @module dfota.program

local cli = require "dfota.config.cli"
local core = require "dfota.core"
local result = require "dfota.update.result"
local text = require "dfota.base.text"

local program = {}

local Program = {}
Program.__index = Program
Program.__name = "dfota.program"

local FAULT = 1
local INTERRUPTED = "interrupted by a signal"
local EPIPE = 32

-- What `say` raises once nobody gets what is said.
local Lost = {}

local function check(self, ok, why, code)
  if ok then return end
  -- A reader that closed the pipe wanted no more.
  error(setmetatable({ why = code ~= EPIPE and tostring(why) or nil, program = self }, Lost), 0)
end

--- Writes a line to stdout. If that fails the program ends: with 1, or with 0 if the reader closed the pipe.
-- @tparam string line without its line end
function Program:say(line)
  check(self, self.out:write(line, "\n"))
end

--- Writes bytes to stdout as they are. If that fails the program ends like in `say`.
-- @tparam string bytes
function Program:write(bytes) check(self, self.out:write(bytes)) end

--- Writes bytes to stdout at once, for a program that has more to do than to be read. If that fails it goes on.
-- @tparam string bytes
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string|nil why; nil if the reader closed the pipe
function Program:show(bytes)
  local ok, why, code = self.out:write(bytes)
  if ok then ok, why, code = self.out:flush() end
  if ok then return true end
  return nil, code ~= EPIPE and tostring(why) or nil
end

--- Writes out what was said so far, for a reader that waits for it. If that fails the program ends like in `say`.
function Program:flush() check(self, self.out:flush()) end

--- Writes a line to stderr, after the program's name.
-- @tparam string words one line
function Program:warn(words)
  self.err:write(self.name, ": ", text.printable(words), "\n")
end

--- Says what helps people and is no part of the output, unless they want quiet.
-- @tparam string words one line
function Program:hint(words)
  if not self.quiet then self:warn(words) end
end

--- Reports an error in one line.
-- @param err with `kind` and `message`; anything else is a fault
-- @treturn integer the exit code of its kind, for `main` to return
function Program:fail(err)
  if not core.is_error(err) then
    self:warn(tostring(err))
    return FAULT
  end
  self:warn(err.message)
  return result.exit_code(err.kind)
end

-- As it was started; nil where that is not known.
local function call_of(self)
  return require("dfota.config.call").new(self.args, self.scripts, os.getenv "PATH")
end

--- This program with other arguments, as it was started: to be shown as something to paste.
-- @tparam string ... arguments
-- @treturn string
function Program:typed(...)
  local call = call_of(self)
  return call and call:with { ... } or "dfota-" .. table.concat({ self.name, ... }, " ")
end

--- Another program for a port, as it would be started where this one was.
-- @tparam string name such as "watch"
-- @tparam table options of this call, with the `port`
-- @treturn string|nil nil if it cannot be shown in one line
function Program:typed_for(name, options)
  local call = call_of(self)
  return call and call:other(name, options)
end

--- From here on a signal ends waits alone, with an error of kind `interrupted`: for a script with something to put in
-- order then, or to say, or with a loop of luv's, through whose callbacks no error passes.
function Program.interrupt_waits() core.on_signal(nil) end

--- From here on a signal changes nothing: what the program was to do is done, and its exit code stands.
function Program:ignore_signals()
  if self.owns_signals then core.defer_signals() end
end

--- Ends the program because of a call that contradicts itself: 2.
-- @tparam string message one line
function Program.usage(message) error(core.error("usage", message .. " (--help shows the options)"), 0) end

--- The settings of this user, for what is measured against them.
-- @treturn table|nil as of `settings.load`; nil, err
function Program:settings()
  local site, err = require("dfota.site").new { scripts = self.scripts, getenv = os.getenv }
  if not site then return nil, err end
  return site:settings()
end

-- An error that an `assert` raised is reported like one that was returned; one of Lua's own has its traceback.
local function raised(err)
  if core.is_error(err) or getmetatable(err) == Lost then return err end
  return { fault = tostring(err), traceback = debug.traceback("", 2) }
end

local function ended(self, err, options)
  if getmetatable(err) == Lost then
    if err.why then self:warn("the output was lost: " .. err.why) end
    return err.why and FAULT or 0
  elseif core.is_error(err) then
    return self:fail(err)
  end
  self:warn(err.fault)
  local shown = options.verbose and options.verbose ~= 0
  for line in (shown and err.traceback or ""):gmatch "[^\n]+" do self:warn(line) end
  return FAULT
end

local GRACE = 1000 -- instructions, in which the error is reported

-- A signal ends the program wherever it is; also if what it was doing took the error for one of its own.
local function end_by_signals(self)
  if not self.owns_signals then return end
  assert(core.catch_signals())
  local is_raised = false
  core.on_signal(function()
    is_raised = not is_raised
    if not is_raised then return GRACE end
    error(core.error("interrupted", INTERRUPTED), 0)
  end)
end

local function run(self, script, options)
  end_by_signals(self)
  if options.words then
    self:say(options.words)
    return 0
  end
  return script.flow(options, self) or 0
end

--- Runs such a script.
-- @tparam table script `name`, `args`, `flow` (called with the parsed options and the program), `out`, `err`;
--   `owns_signals`: INT, TERM, HUP and QUIT end it with 130; the rest as of `cli.parse`
-- @treturn integer exit code
function program.main(script)
  local self = setmetatable({
    name = script.name, args = script.args, out = script.out, err = script.err, scripts = script.scripts,
    owns_signals = script.owns_signals,
  }, Program)
  local options, err = cli.parse(script, script.args)
  if not options then return self:fail(err) end
  self.quiet = options.quiet
  local ok, rc = xpcall(run, raised, self, script, options)
  core.on_signal(nil)
  if not ok then rc = ended(self, rc, options) end
  local flushed, why = xpcall(self.flush, raised, self)
  if not flushed and rc == 0 then rc = ended(self, why, options) end
  return rc
end

return program
