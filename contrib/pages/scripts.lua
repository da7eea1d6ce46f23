--- The commands: what each script that starts itself takes.
local command = require "dfota.config.command"

local scripts = {}

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function paths_in(folder)
  local pipe <close> = assert(io.popen(("ls %s/*.lua"):format(folder)))
  local paths = {}
  for path in pipe:lines() do paths[#paths + 1] = path end
  return paths
end

-- The others are tables, and what starts scripts.
local function starts_itself(source) return source:find '\nreturn dofile%(.-"start%.lua"%)%(' ~= nil end

--- All of them.
-- @tparam string folder of the scripts
-- @treturn {table,...} from `command.of`
function scripts.all(folder)
  local lines = {}
  for _, path in ipairs(paths_in(folder)) do
    if starts_itself(read(path)) then
      local _, takes = dofile(path)
      takes.name = path:match "([^/]+)%.lua$"
      lines[#lines + 1] = command.of(takes)
    end
  end
  return lines
end

local GATE = '(gate {%s*"([%l_]+)"[^}]*})'

--- The gates that --force can name: those in the flows and below them.
-- @tparam {string,...} folders of sources
-- @treturn {string,...} sorted
function scripts.gates(folders)
  local found, names = {}, {}
  for _, folder in ipairs(folders) do
    for _, path in ipairs(paths_in(folder)) do
      for call, name in read(path):gmatch(GATE) do
        if not call:find "may_force = false" then found[name] = true end
      end
    end
  end
  for name in pairs(found) do names[#names + 1] = name end
  table.sort(names)
  return names
end

return scripts
