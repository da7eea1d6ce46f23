--- Whether this process may open as many files as a run needs.
--
-- Asked before anything else is loaded: libuv ends the process where it finds no descriptor for its loop. So nothing
-- that loads libuv is used here.
-- @module dfota.handles
local core = require "dfota.core"
local report = require "dfota.report"
local verdict = require "dfota.verdict"

local handles = {}

local NEEDED = 24 -- loop, port, lock, package, trace, ledger, the simulated module's pipes, and some to spare

--- @tparam[opt=24] integer count
-- @treturn boolean|nil true; nil, err of kind `io` where fewer can be opened
function handles.spare(count)
  count = count or NEEDED
  local held, why = {}, nil
  while #held < count and not why do
    local file, said = io.open("/dev/null")
    if file then held[#held + 1] = file else why = said end
  end
  for _, file in ipairs(held) do file:close() end
  if not why then return true end
  return nil, core.error("io", ("%s: a run opens up to %d files at once, and here it may open %d: "
    .. "raise the limit (ulimit -n)"):format(why:gsub("^/dev/null: ", ""), count, #held))
end

--- Is a flag among the arguments? Known before they are understood, so that a mistake in them gets its result too.
-- @tparam table args
-- @tparam string flag such as "--json"
-- @treturn boolean
function handles.has_flag(args, flag)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    if word == flag then return true end
  end
  return false
end

--- What stands in for `dfota.app` where a run is not possible.
-- @tparam dfota.error err
-- @treturn table with `main`, which tells the result
function handles.refusing(err)
  return {
    main = function(script)
      local json = handles.has_flag(script.args, "--json")
      local told = report.new { out = io.stdout, err = io.stderr, json = json, clock = core.now }
      local result = verdict.of_error(err, {})
      told:result(result)
      return result.rc
    end,
  }
end

return handles
