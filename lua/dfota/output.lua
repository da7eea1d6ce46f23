--- Where a script's output goes: its streams, which of them are terminals, and in which form; and who gets to hear the
-- line.
-- @module dfota.output
local arguments = require "dfota.config.arguments"
local core = require "dfota.core"
local screen = require "dfota.base.screen"

local output = {}

local EPIPE = 32

--- The report of a run, on the script's own output, in the form that was asked for, also where the arguments are not
-- understood.
-- @tparam table script `args`, `out`, `err`
-- @tparam table options `quiet`, `no_color`, `port`
-- @tparam function clock seconds, monotonic
-- @tparam[opt] table secrets as of `report.new`
-- @treturn Report
function output.report(script, options, clock, secrets)
  local json = arguments.has(script.args, "--json")
  local fd = json and 2 or 1
  local tty, err_tty = screen.is_live(fd), screen.is_live(2)
  return require("dfota.report.report").new {
    out = script.out, err = script.err, json = json, quiet = options.quiet, clock = clock, port = options.port,
    secrets = secrets, tty = tty, width = function() return core.columns(fd) end, color = tty and not options.no_color,
    err_tty = err_tty, err_width = function() return core.columns(2) end, err_color = err_tty and not options.no_color,
  }
end

local function open_trace(context)
  return require("dfota.at.trace").open(context.options.trace, context.host.now, {
    max_bytes = context.set.max_trace_bytes, data = context.options.trace_data, secrets = context.secrets,
  })
end

--- Who listens to the line: the trace, and with -v people. Raises what is wrong with the trace.
-- @tparam table context of `dfota.assembly`: gets `trace`, and `listeners`, all of them as one, nil if there is none
function output.listen(context)
  local options = context.options
  if options.trace then context.trace = assert(open_trace(context)) end
  local list = { context.trace }
  if options.verbose > 0 then
    list[#list + 1] = require("dfota.at.transcript").new(
      function(direction, line) context.report:overhear(direction, line) end,
      { bytes = options.verbose > 1, secrets = context.secrets })
  end
  context.listeners = require("dfota.at.listeners").join(list)
end

--- What --help and --version ask for.
-- @tparam table script `out`, `err`
-- @tparam string words
-- @treturn integer exit code
function output.tell(script, words)
  local ok, why, code = script.out:write(words, "\n")
  if ok then ok, why, code = script.out:flush() end
  if ok or code == EPIPE then return 0 end -- a reader that closed the pipe wanted no more
  script.err:write("the output was lost: ", why, "\n")
  return 1
end

return output
