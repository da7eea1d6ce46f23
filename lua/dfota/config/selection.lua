--- What the PACKAGE of a call names: a file, a URL, or if it has a target a folder of packages with manifests.
-- @module dfota.config.selection

local Trust = require "dfota.config.trust"
local core = require "dfota.core"
local packages = require "dfota.config.package"
local text = require "dfota.base.text"
local url = require "dfota.config.url"
local uv = require "luv"

local selection = {}

local function open_url(where, how)
  local package, err = url.parse(where)
  if not package then return nil, err end
  if how.trust.sums and not how.manifest then
    return nil, core.error("usage", "--sums says nothing of what a server sends: with a URL it is for a --manifest")
  end
  return packages.add_manifest(package, how)
end

local function open_file(path, how)
  local package, err = packages.read(path, how)
  if package or err.kind ~= "package_missing" then return package, err end
  return nil, core.error(err.kind, err.message .. url.hint(path))
end

local function is_folder(path)
  local stat = uv.fs_stat(path)
  return stat ~= nil and stat.type == "directory"
end

-- Which way a module needs is only known when its revision is: --from says it.
local function open_folder(options, how)
  if not options.to then
    return nil, core.error("package_missing", ("%s: is a directory, not a package; with --to REV the way is planned "
      .. "through a folder of packages with manifests"):format(text.printable(options.package)))
  elseif options.manifest then
    return nil, core.error("usage", "--manifest is for one package, not for a folder")
  end
  local catalog, err = require("dfota.config.catalog").read(options.package, how.trust)
  if not catalog then return nil, err end
  local leads
  leads, err = catalog:check_target(options.to)
  if not leads and not options.from and catalog:is_source(options.to) then return catalog end -- it may run already
  if leads and options.from then leads, err = catalog:check_way(options.from, options.to, how) end
  return leads and catalog, err
end

--- Opens it.
-- @tparam table options of the call: `package`, `to`, `manifest`, `key`, `sums`
-- @tparam table set settings
-- @treturn[1] table the package; {} if the call has none, or a folder
-- @treturn[1] table|nil the folder, a `dfota.config.catalog`
-- @treturn[1] table how to open its packages: options of `Catalog.open`
-- @treturn[2] nil
-- @treturn[2] err
function selection.open(options, set)
  local where = options.package
  if not where then return {} end
  local trust, err = Trust.load {
    files = options.key, required = set.require_signature == "on", sums = options.sums,
  }
  if not trust then return nil, err end
  local how = { max_bytes = set.max_package_bytes, trust = trust, manifest = options.manifest }
  if url.is_url(where) then return open_url(where, how) end
  if not is_folder(where) then return open_file(where, how) end
  local catalog
  catalog, err = open_folder(options, how)
  if not catalog then return nil, err end
  return {}, catalog, how
end

--- Completes a call's revisions by those of its package's manifest.
-- @tparam table request `from` and `to`, if the call says them
-- @tparam table package
-- @treturn[1] true
-- @treturn[2] nil
-- @treturn[2] err kind "package" if both say something else: one of them is wrong, and nothing is sent
function selection.complete(request, package)
  for _, name in ipairs { "from", "to" } do
    local ours, theirs = request[name], package[name]
    if ours and theirs and ours ~= theirs then
      return nil, core.error("package", ("%s: %s says %s, but --%s is %s"):format(
        text.printable(package.manifest), name, theirs, name, ours))
    end
    request[name] = ours or theirs
  end
  return true
end

return selection
