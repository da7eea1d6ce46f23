--- Can this process open as many files as a run needs?
--
-- Checked before anything else is loaded: libuv aborts the process if it gets no descriptor for its loop. So nothing
-- that loads libuv may be used here.
-- @module dfota.handles
local arguments = require "dfota.config.arguments"
local core = require "dfota.core"

local handles = {}

local NEEDED = 24 -- loop, port, lock, package, trace, ledger, the simulated module's pipes, and some to spare

--- @tparam[opt=24] integer count
-- @treturn boolean|nil true; nil, err of kind `io` if fewer can be opened
function handles.spare(count)
  count = count or NEEDED
  local held, why = {}, nil
  while #held < count and not why do
    local file, said = io.open("/dev/null")
    if file then held[#held + 1] = file else why = said end
  end
  for _, file in ipairs(held) do file:close() end
  if not why then return true end
  return nil, core.error("io", ("%s: a run opens up to %d files at once, but only %d can be opened here: "
    .. "raise the limit (ulimit -n)"):format(why:gsub("^/dev/null: ", ""), count, #held))
end

--- A substitute for `dfota.app` if a run is not possible.
-- @tparam dfota.error err
-- @treturn table with `main`, which reports the result
function handles.refusing(err)
  return {
    main = function(script)
      local report, verdict = require "dfota.report.report", require "dfota.update.verdict"
      local json = arguments.has(script.args, "--json")
      local reporter = report.new { out = script.out, err = script.err, json = json, clock = core.now }
      local result = verdict.of_error(err, {})
      reporter:result(result)
      return result.rc
    end,
  }
end

return handles
