-- Writes what the rockspecs repeat of the tree: modules, C files and commands into dfota-scm-1.rockspec, and all of it
-- into the rockspec of the version in core/version.h: lua5.4 contrib/rockspecs.lua
local SCM = "dfota-scm-1.rockspec"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function write(path, content)
  local file = assert(io.open(path, "w"))
  assert(file:write(content))
  assert(file:close())
end

local function list(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  assert(#lines > 0, command)
  return lines
end

-- Words in lines of up to 100 characters.
local function filled(words, indent)
  local lines, line = {}, indent
  for _, word in ipairs(words) do
    local item = ('"%s",'):format(word)
    if line ~= indent and #line + 1 + #item > 100 then
      lines[#lines + 1] = line
      line = indent
    end
    line = line .. (line == indent and "" or " ") .. item
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n") .. "\n"
end

local function modules()
  local lines = {}
  for _, path in ipairs(list "find lua/dfota -name '*.lua'") do
    local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/", ".")
    lines[#lines + 1] = ('    ["%s"] = "%s",\n'):format(name:gsub("%.init$", ""), path)
  end
  table.sort(lines)
  return table.concat(lines)
end

local function commands()
  local lines = { '      ["dfota"] = "scripts/launch.lua",\n' }
  for _, path in ipairs(list [[grep -l '^return dofile(.*"start.lua")(' scripts/*.lua]]) do
    lines[#lines + 1] = ('      ["dfota-%s"] = "scripts/launch.lua",\n'):format(path:match "([^/]*)%.lua$")
  end
  return table.concat(lines)
end

-- The lines between two that stay.
local function between(text, first, last, new)
  local _, from = text:find(first .. "\n", 1, true)
  local to = assert(text:find(last, assert(from, first), true), last)
  return text:sub(1, from) .. new .. text:sub(to)
end

local function of_tree(text)
  text = between(text, "      sources = {", "      },", filled(list "LC_ALL=C ls core/*.c", "        "))
  text = between(text, "    -- From the tree: make rockspecs.", "  },\n  install = {", modules())
  return between(text, "    bin = {", "    },", commands())
end

local function released(text, version)
  local name = "dfota-" .. version
  text = text:gsub('version = "scm%-1"', ('version = "%s-1"'):format(version))
  text = text:gsub('url = "[^"]*",', ('url = "file://%s.tar.gz", -- make dist'):format(name))
  return text, name .. "-1.rockspec"
end

local version = assert(read("core/version.h"):match 'DFOTA_VERSION "([^"]+)"')
local scm = of_tree(read(SCM))
write(SCM, scm)
local release, path = released(scm, version)
write(path, release)
print(SCM, path)
