-- The house as docs/architecture.md draws it: read from the tree, so that no change can leave it unnoticed.
local folder = require "support.folder"
local uv = require "luv"

-- Which folders a folder may use beside its own. What stands on top of lua/dfota puts everything together.
local USES = {
  base = {},
  at = { "base" },
  http = { "base" },
  ledger = { "base" },
  report = { "base" },
  history = { "base", "modem", "ledger" },
  modem = { "at", "base" },
  config = { "at", "base" },
  ports = { "at", "base", "modem" },
  update = { "at", "base", "config", "http", "ledger", "modem", "report" },
  central = { "base", "ledger" },
  fleet = { "base", "central", "config", "history" },
  sim = {},
  trace = { "at", "base", "modem" },
}

-- Who may end the process: a process of its own. And who keeps a script from it.
local SPEAKS = { ["lua/dfota/ledger/worker.lua"] = true, ["lua/dfota/update/stand_ins.lua"] = true }

local function files(pattern, where)
  local pipe = assert(io.popen(("find %s -name '%s' | sort"):format(where, pattern)))
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  assert.is_true(#list > 0)
  return list
end

-- Strings keep their quotes, comments go.
local function code_of(path)
  return (folder.read(path):gsub("^#![^\n]*", ""):gsub("%-%-%[%[.-%]%]", ""):gsub("%-%-[^\n]*", ""))
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("/init%.lua$", ""):gsub("%.lua$", ""):gsub("/", "."))
end

local function floor_of(module) return module:match "^dfota%.([%w_]+)%." or "top" end

local function requires(path)
  local list = {}
  for name in code_of(path):gmatch "require%s*%(?%s*[%[\"']+(dfota[%w_.]*)" do
    if name ~= "dfota.core" then list[#list + 1] = name end
  end
  return list
end

local function has(list, item)
  for _, one in ipairs(list) do
    if one == item then return true end
  end
  return false
end

local function graph()
  local uses = {}
  for _, path in ipairs(files("*.lua", "lua/dfota")) do uses[module_of(path)] = requires(path) end
  return uses
end

local function upward(uses)
  local found = {}
  for module, list in pairs(uses) do
    local from = floor_of(module)
    for _, name in ipairs(list) do
      local to = floor_of(name)
      if from ~= "top" and from ~= to and not has(assert(USES[from], "a folder without a floor: " .. from), to) then
        found[#found + 1] = module .. " needs " .. name
      end
    end
  end
  return found
end

-- A way from a module back to itself.
local function circle(uses)
  local state, way = {}, {}
  local function visit(module)
    if state[module] == "done" or not uses[module] then return nil end
    way[#way + 1] = module
    if state[module] == "on the way" then return table.concat(way, " → ") end
    state[module] = "on the way"
    for _, name in ipairs(uses[module]) do
      local found = visit(name)
      if found then return found end
    end
    state[module], way[#way] = "done", nil
  end
  for module in pairs(uses) do
    local found = visit(module)
    if found then return found end
  end
end

local function lines_with(paths, patterns, read)
  local found = {}
  for _, path in ipairs(paths) do
    for line in (read or code_of)(path):gmatch "[^\n]+" do
      for _, pattern in ipairs(patterns) do
        if (" " .. line .. "\n"):find(pattern) then found[#found + 1] = path .. ": " .. line end
      end
    end
  end
  return found
end

describe("The folders of lua/dfota", function()
  it("use only those that stand below them", function() assert.same({}, upward(graph())) end)

  it("hold no two files that need each other", function() assert.is_nil(circle(graph())) end)

  it("hold no file that this spec takes for another's floor, and no floor without a file", function()
    local seen = {}
    for module in pairs(graph()) do seen[floor_of(module)] = true end
    seen.top = nil
    local floors = {}
    for name in pairs(USES) do floors[name] = true end
    assert.same(floors, seen)
  end)

  it("hold classes of one file each", function()
    assert.same({}, lines_with(files("*.lua", "lua/dfota"), { "mixin" }))
  end)

  it("have a spec for every file, under its name", function()
    local missing = {}
    for _, path in ipairs(files("*.lua", "lua/dfota")) do
      local spec = path:gsub("^lua/dfota/", "spec/"):gsub("%.lua$", "_spec.lua")
      if not uv.fs_stat(spec) then missing[#missing + 1] = spec end
    end
    assert.same({}, missing)
  end)

  it("neither print, end the process nor read what was typed", function()
    local quiet = {}
    for _, path in ipairs(files("*.lua", "lua/dfota")) do
      if not SPEAKS[path] then quiet[#quiet + 1] = path end
    end
    assert.same({}, lines_with(quiet, {
      "os%.exit", "io%.write", "io%.stdout", "io%.stderr", "io%.output", "[^%w_.:]print%s*[(\"'{]", "[^%w_.:]arg%s*%[",
    }))
  end)
end)

describe("The core", function()
  it("names no command of a module", function()
    local sources = files("*.[ch]", "core")
    local function without_comments(path)
      return (folder.read(path):gsub("/%*.-%*/", ""):gsub("//[^\n]*", ""):gsub("luaopen_dfota[%w_]*", "")
        :gsub('"dfota[%w_.]*"', ""):gsub("[Dd][Ff][Oo][Tt][Aa]_", ""))
    end
    assert.same({}, lines_with(sources, {
      "AT%+", "[^%w][Ff][Oo][Tt][Aa][^%w_]", "QF[UO]", "QIACT", "QICSGP", "QIND",
    }, without_comments))
  end)

  it("includes Lua only in the files that are named for it", function()
    local others = {}
    for _, path in ipairs(files("*.[ch]", "core")) do
      if not path:find "/lua_" then others[#others + 1] = path end
    end
    assert.same({}, lines_with(others, { "#%s*include%s*[<\"]l[ua][%w_/]*%.h" }, folder.read))
  end)
end)

describe("The scripts", function()
  it("touch no byte of the line: they neither open a port nor take a reply apart", function()
    local flows = {}
    for _, path in ipairs(files("*.lua", "scripts")) do
      -- Programs of their own talk to no module.
      if not code_of(path):find("program = true", 1, true) and not path:find "launch%.lua$" then
        flows[#flows + 1] = path
      end
    end
    assert.same({}, lines_with(flows, {
      "core%.open", ":exchange%(", "port:write", "string%.char", ":byte%(", ":find[%s(\"']", "\\r", "string%.find",
      "string%.byte", "string%.match",
    }))
  end)
end)
