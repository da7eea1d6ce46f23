--- What was measured of the suites, kept in build/ from one run to the next: measuring takes minutes.
--
-- A measurement holds as long as nothing it rests on was edited: the spec itself, each source in lua/ that it reached,
-- and whatever is neither a source nor a spec (the core, the scripts, the helpers of the specs).
local digest = require "openssl.digest"
local folder = require "support.folder"
local text = require "dfota.base.text"
local uv = require "luv"

local measured = {}

local KEPT = "build/mutants.lua"

local function is_source(path) return path:find "^lua/dfota/.*%.lua$" ~= nil end
local function is_spec(path) return path:find "_spec%.lua$" ~= nil end

-- What was made, and what draws mutants and tries them.
local function is_passed_over(path)
  return path:find "^build/" or path:find "%.so$" or path:find "^spec/mutants/" and not is_spec(path)
end

local function sum(content) return text.hex(digest.new("sha256"):final(content)) end

-- Calls a function for each file below a folder, in the order of the names.
local function each_file(root, below, fn)
  local scan, names = assert(uv.fs_scandir(root .. "/" .. below)), {}
  for name, kind in function() return uv.fs_scandir_next(scan) end do names[#names + 1] = { below .. name, kind } end
  table.sort(names, function(a, b) return a[1] < b[1] end)
  for _, entry in ipairs(names) do
    if entry[2] == "directory" then each_file(root, entry[1] .. "/", fn) end
    if entry[2] == "file" then fn(entry[1]) end
  end
end

--- Digests of all files of a tree.
-- @tparam string path of the tree
-- @treturn table path → digest; under "" what every suite rests on
function measured.digests(path)
  local of, common = {}, {}
  each_file(path, "", function(name)
    if is_passed_over(name) then return end
    local found = sum(folder.read(path .. "/" .. name))
    if is_source(name) or is_spec(name) then of[name] = found else common[#common + 1] = name .. " " .. found end
  end)
  of[""] = sum(table.concat(common, "\n"))
  return of
end

-- What a suite's measurement rests on, as text.
local function basis(suite, digests)
  local list = { digests[""], digests[suite.name] or "" }
  for path in pairs(suite.seen) do
    if is_source(path) then list[#list + 1] = path .. (digests[path] or "") end
  end
  table.sort(list)
  return table.concat(list, "\n")
end

local function kept(path)
  local chunk = loadfile(path, "t", {})
  local ok, list = pcall(chunk or error)
  return ok and list or {}
end

local function same(a, b) return a.name == b.name and not a.shim == not b.shim end

--- Gives suites what is known of them from an earlier run and still holds.
-- @tparam {table,...} suites
-- @tparam table digests
-- @tparam[opt="build/mutants.lua"] string path where it was kept
-- @treturn {table,...} those that have to be measured
function measured.recall(suites, digests, path)
  local unknown, known = {}, kept(path or KEPT)
  for _, suite in ipairs(suites) do
    for _, old in ipairs(known) do
      if same(old, suite) and old.basis == basis(old, digests) then
        suite.seconds, suite.seen, suite.sound = old.seconds, old.seen, true
      end
    end
    if not suite.sound then unknown[#unknown + 1] = suite end
  end
  return unknown
end

local function written(suite, digests)
  local list = {}
  for path, places in pairs(suite.seen) do
    local of_path = {}
    for place in pairs(places) do of_path[#of_path + 1] = ("[%q]=true"):format(place) end
    list[#list + 1] = ("[%q]={%s}"):format(path, table.concat(of_path, ","))
  end
  return ("{name=%q,shim=%s,seconds=%.3f,basis=%q,seen={%s}},\n"):format(suite.name, tostring(suite.shim ~= nil),
    suite.seconds, basis(suite, digests), table.concat(list, ","))
end

--- Keeps what was measured. One that failed is measured again: the machine may have been busy.
function measured.keep(suites, digests, path)
  path = path or KEPT
  local list = {}
  for _, suite in ipairs(suites) do
    if suite.sound then list[#list + 1] = written(suite, digests) end
  end
  folder.write(path .. ".new", "return {\n" .. table.concat(list) .. "}\n")
  os.rename(path .. ".new", path)
end

return measured
