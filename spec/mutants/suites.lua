--- What may kill a mutant: the spec files and a share of the campaign, how long each takes, and what each reaches.
local folder = require "support.folder"

local suites = {}

local CAMPAIGN_CASES = 400
local SLOWEST_S = 300
local SLOWER = 12 -- what noting every call may cost

local BUSTED = { "lua5.4", "BUSTED", "--ignore-lua", "--no-keep-going", "-o", "plainTerminal" }

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function lines_of(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

--- How one spec file, several of them, or the campaign is run.
-- @tparam {table,...} some suites of one kind
-- @param tree where
-- @treturn {string,...} the program and its arguments
-- @treturn table environment
function suites.command(some, tree)
  local env = { DFOTA_LUA = "lua5.4", DFOTA_TEST_BACKEND = some[1].shim and "libserialport" or "tty" }
  if some[1].shim then env.LD_PRELOAD = tree.path .. "/build/sysfs_shim.so" end
  if some[1].name == "campaign" then
    return { "env", "--default-signal=HUP,INT,QUIT,TERM,PIPE", "lua5.4", "spec/campaign/run.lua", "--cases",
      tostring(CAMPAIGN_CASES), "--real", "0" }, env
  end
  local args = { "env", "--default-signal=HUP,INT,QUIT,TERM,PIPE", table.unpack(BUSTED) }
  args[4] = lines_of(output_of "command -v busted")[1]
  for _, suite in ipairs(some) do args[#args + 1] = suite.name end
  return args, env
end

--- All there are, not measured yet.
-- @treturn {table,...}
function suites.all()
  local list = {}
  for _, name in ipairs(lines_of(output_of "find spec -name '*_spec.lua' | sort")) do
    if not name:find "rockspec" then list[#list + 1] = { name = name, seen = {} } end
  end
  list[#list + 1] = { name = "campaign", seen = {} }
  list[#list + 1] = { name = "spec/core/serial_spec.lua", shim = true, seen = {} }
  return list
end

local function collect(suite, path)
  for _, name in ipairs(lines_of(output_of("ls " .. path))) do
    for source, place in folder.read(path .. "/" .. name):gmatch "(%S+) ([^\n]+)\n" do
      suite.seen[source] = suite.seen[source] or {}
      suite.seen[source][place] = true
    end
  end
end

--- Measures one: its time, and which functions it reaches. One that fails here on sound sources kills nobody.
-- @tparam table suite
-- @param tree a copy of the sources
-- @treturn boolean whether it passes, at the second try if not at the first; if not, `why` tells
function suites.measure(suite, tree)
  local args, env = suites.command({ suite }, tree)
  local code, seconds = tree:run(args, SLOWEST_S, env)
  if code ~= 0 then code, seconds = tree:run(args, SLOWEST_S, env) end -- the machine may have been busy
  suite.seconds, suite.sound = seconds, code == 0
  suite.why = code ~= 0 and tree:log():match "\n%s*(%u%l+ %-> [^\n]+\n[^\n]+)" or nil
  local path, remove = folder.new()
  env.DFOTA_SEEN, env.LUA_INIT = path, "@" .. tree.path .. "/spec/mutants/seen.lua"
  tree:run(args, SLOWER * seconds + 20, env)
  collect(suite, path)
  remove()
  return suite.sound
end

-- The innermost function that holds a line, as the noted calls have it: of a file, 0 to the end.
local function function_at(list, path, line)
  local innermost, first = nil, -1
  for _, suite in ipairs(list) do
    for place in pairs(suite.seen[path] or {}) do
      local from, to = place:match "^(%d+) (%-?%d+)$"
      from, to = math.tointeger(from), math.tointeger(to)
      if from > first and from <= line and (from == 0 or to >= line) then innermost, first = place, from end
    end
  end
  return innermost
end

-- C has no notes of its own: what speaks to a port or a lexer may reach it.
local function may_reach_core(suite)
  return suite.name:find "^spec/core/" or suite.name:find "^spec/flows/" or suite.name:find "^spec/at/"
    or suite.name:find "^spec/modem/files"
end

--- Is a suite the spec of a source, by its name: monitor_spec of monitor.lua, serial_spec of serial_list.c?
-- @tparam table suite
-- @tparam string path of the source
-- @treturn boolean
function suites.is_namesake(suite, path)
  local source, spec = path:match "([%w_]+)%.%l+$", suite.name:match "([%w_]+)_spec%.lua$"
  return spec ~= nil and ("_%s_"):format(source):find(("_%s_"):format(spec), 1, true) ~= nil
end

local SOONER = 8 -- a source's own spec is met before others, even if it takes so many times as long

--- Those that reach a line: the fastest first, and early what is the source's own spec.
-- @tparam {table,...} list measured
-- @tparam string path of the source
-- @tparam integer line
-- @treturn {table,...}
function suites.reaching(list, path, line)
  local found = {}
  local is_lua = path:find "%.lua$"
  local place = is_lua and function_at(list, path, line)
  for _, suite in ipairs(list) do
    local reaches
    if is_lua then reaches = place and (suite.seen[path] or {})[place] else reaches = may_reach_core(suite) end
    if suite.sound and reaches then found[#found + 1] = suite end
  end
  local function rank(suite) return suite.seconds / (suites.is_namesake(suite, path) and SOONER or 1) end
  table.sort(found, function(a, b) return rank(a) < rank(b) end)
  return found
end

return suites
