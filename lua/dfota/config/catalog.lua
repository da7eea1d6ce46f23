--- A folder of packages with manifests, as update.lua and package.lua see it.
-- @module dfota.config.catalog

local core = require "dfota.core"
local manifest = require "dfota.config.manifest"
local packages = require "dfota.config.package"
local route = require "dfota.config.route"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"
local url = require "dfota.config.url"
local uv = require "luv"

local Catalog = {}
Catalog.__index = Catalog

local MAX_MANIFESTS = 10000

local function refuse(path, reason, kind)
  return nil, core.error(kind or "package", ("%s: %s"):format(text.printable(path), reason))
end

--- The path of a file in a folder.
-- @tparam string folder
-- @tparam string name
-- @treturn string
function Catalog.path(folder, name) return (folder:gsub("/+$", "")) .. "/" .. name end

--- Names of a folder's manifests, sorted, without hidden ones.
-- @tparam string folder
-- @treturn[1] {string,...}
-- @treturn[2] nil
-- @treturn[2] err kind "package_missing" if it cannot be read, "package" if they are too many
function Catalog.names(folder)
  local scan, why = uv.fs_scandir(folder)
  if not scan then return refuse(folder, text.reason(why), "package_missing") end
  local names = {}
  for name in function() return uv.fs_scandir_next(scan) end do
    if name:find "^[^.].*%.json$" then names[#names + 1] = name end
  end
  table.sort(names)
  if #names > MAX_MANIFESTS then
    return refuse(folder, ("%d manifests are too many: %d are the most"):format(#names, MAX_MANIFESTS))
  end
  return names
end

-- The file beside its manifest; without one the URL is used.
local function source_of(path, values, sums)
  local file = manifest.package_of(path)
  local stat = uv.fs_stat(file)
  if stat and stat.type == "file" then
    if not values.size or values.size == stat.size then return { file = file, size = stat.size } end
    return manifest.refuse(path, ("size says %d, the package has %d bytes"):format(values.size, stat.size))
  end
  if values.url then
    local gone, err = nil, nil
    if sums then gone, err = sums:check_absent(file) end
    if sums and not gone then return nil, err end
    return { url = values.url, size = values.size }
  end
  return refuse(path, "there is no package beside it, and it names no url", "package_missing")
end

--- One manifest, and whether its package is there.
-- @tparam string path
-- @tparam table trust a `dfota.config.trust`
-- @treturn[1] table as in `entries` of `read`
-- @treturn[2] nil
-- @treturn[2] err kind "package", or "package_missing" if it is the package that is not there
-- @treturn[2] table|nil as in `refused` of `read`, if it says which revisions it is about
function Catalog.entry(path, trust)
  local values, err = manifest.read(path, trust.sums)
  if not values then return nil, err or select(2, manifest.refuse(path, "no such file or directory")) end
  if not (values.from and values.to) then return manifest.refuse(path, "names no from and to") end
  local entry = {
    name = path:match "([^/]*)%.json$", manifest = path, size = values.size, model = values.model,
    from = values.from, to = values.to, sha256 = values.sha256, notes = values.notes,
    signed = values.signature ~= nil,
  }
  local source, trusted
  source, err = source_of(path, values, trust.sums)
  if source then trusted, err = trust:check(path, values) end
  if not trusted then
    entry.refusal = err
    return nil, err, entry
  end
  entry.file, entry.url, entry.size, entry.signed_by = source.file, source.url, source.size, err
  return entry
end

--- Reads all manifests in a folder. Packages are only looked at: they are read when they are used.
-- @tparam string folder
-- @tparam table trust a `dfota.config.trust`: a manifest that it refuses is not used
-- @treturn[1] Catalog with `folder`, `entries` (sorted by name: `name`, `manifest`, `from`, `to`, `model`, `size`,
--   `sha256`, `notes`, `file` or `url`, `signed`, `signed_by`); `problems`, the errs of unusable manifests; of these
--   `refused`, as entries with `refusal`, where the revisions are known, and `unreadable`, the errs of the others
-- @treturn[2] nil
-- @treturn[2] err kind "package_missing" if the folder cannot be read, or contains no manifest
function Catalog.read(folder, trust)
  local names, err = Catalog.names(folder)
  if not names then return nil, err end
  if #names == 0 then
    return refuse(folder, "is a directory, not a package, and holds no manifest (*.json): package.lua make writes one "
      .. "for a package", "package_missing")
  end
  local self = setmetatable({ folder = folder, entries = {}, problems = {}, refused = {}, unreadable = {} }, Catalog)
  for _, name in ipairs(names) do
    local entry, problem, known = Catalog.entry(Catalog.path(folder, name), trust)
    table.insert(entry and self.entries or self.problems, entry or problem)
    if problem then table.insert(known and self.refused or self.unreadable, known or problem) end
  end
  return self
end

--- Revisions in words, the first few.
-- @tparam {string,...} revisions
-- @treturn string
function Catalog.list(revisions)
  if #revisions <= 5 then return table.concat(revisions, ", ") end
  return ("%s and %d more"):format(table.concat(revisions, ", ", 1, 4), #revisions - 4)
end

local MOST_TOLD = 20 -- a line of text; package.lua check names them all

-- The messages of all of them in one line, so that they can be fixed in one go.
local function told(errs)
  local messages = {}
  for i = 1, math.min(#errs, MOST_TOLD) do messages[i] = errs[i].message end
  local more = #errs - #messages
  if more > 0 then messages[#messages + 1] = ("and %d more: package.lua check names them"):format(more) end
  return table.concat(messages, "; ")
end

--- Which manifests could not be used, in words.
-- @treturn string "" if all could
function Catalog:unusable()
  local count = #self.problems
  if count == 0 then return "" end
  return ("; %d manifest%s cannot be used: %s"):format(count, count == 1 and "" or "s", told(self.problems))
end

--- All packages whose revisions are known, those that cannot be used among them.
-- @treturn {table,...} the latter with `refusal`
function Catalog:all()
  return table.move(self.refused, 1, #self.refused, #self.entries + 1, tables.with(self.entries))
end

-- The errors that prevent what is said in words; the first decides the exit code.
local function because(errs, words) return nil, core.error(errs[1].kind, ("%s; %s"):format(told(errs), words)) end

-- Why manifests to a target cannot be used.
local function refusals_to(self, to)
  local errs = {}
  for _, entry in ipairs(self.refused) do
    if entry.to == to then errs[#errs + 1] = entry.refusal end
  end
  return errs
end

local function no_package(self, reason)
  local _, err = refuse(self.folder, reason .. self:unusable())
  err.advice = route.ADVICE
  return nil, err
end

--- Can a revision be a target at all? What is known before a module is asked.
-- @tparam string to
-- @treturn[1] true
-- @treturn[2] nil
-- @treturn[2] err kind "package" or "package_missing", one line about the manifests that prevent it, or else the whole
--   folder
function Catalog:check_target(to)
  local targets = route.targets(self.entries)
  if tables.is_in(to, targets) then return true end
  local refusals = refusals_to(self, to)
  if refusals[1] then return because(refusals, ("no other package leads to %s"):format(to)) end
  if #self.entries == 0 then return no_package(self, "no usable manifest") end
  return no_package(self, ("no package leads to %s, only to %s"):format(to, Catalog.list(targets)))
end

--- Does a package lead away from a revision? Then a module may run it.
-- @tparam string revision
-- @treturn boolean
function Catalog:is_source(revision) return route.targets(self.entries, revision)[1] ~= nil end

--- Why there is no way: the packages that prevent it.
-- @tparam {table,...} prevented as of `dfota.config.route.search`
-- @tparam string from
-- @tparam string to
-- @treturn dfota.error kind "package" or "package_missing"
function Catalog:prevention(prevented, from, to)
  local errs = {}
  for i, one in ipairs(prevented) do errs[i] = one.why end
  return select(2, because(errs, ("without %s there is no way from %s to %s in %s"):format(errs[2] and "them" or "it",
    from, to, text.printable(self.folder))))
end

--- Is there a way of which each package is what its manifest says? Packages are read. Without any way this depends on
-- the module, which is not known yet.
-- @tparam string from
-- @tparam string to
-- @tparam table options of `Catalog.open`
-- @treturn[1] true
-- @treturn[2] nil
-- @treturn[2] err as of `prevention`
function Catalog:check_way(from, to, options)
  local way, prevented = route.search(self:all(), from, to, function(entry)
    local package, err = Catalog.open(entry, options)
    if package and package.file then package.file:close() end
    return err
  end)
  if way or not prevented[1] then return true end
  return nil, self:prevention(prevented, from, to)
end

local function open_url(where, with)
  local package, err = url.parse(where)
  if not package then return nil, err end
  return packages.add_manifest(package, with)
end

--- Opens a package of the folder and checks all that its manifest says.
-- @tparam table entry
-- @tparam table options of `dfota.config.package.read`: `max_bytes`, `trust`
-- @treturn table|nil package; nil, err
function Catalog.open(entry, options)
  if entry.refusal then return nil, entry.refusal end
  local with = { max_bytes = options.max_bytes, trust = options.trust, manifest = entry.manifest }
  local package, err
  if entry.file then package, err = packages.read(entry.file, with) else package, err = open_url(entry.url, with) end
  if not package then return nil, err end
  local is_same = package.from == entry.from and package.to == entry.to
  if is_same and (package.url or package.sha256 == (entry.sha256 or package.sha256)) then return package end
  if package.file then package.file:close() end
  return manifest.refuse(entry.manifest, "was changed meanwhile")
end

return Catalog
