#!/usr/bin/env lua5.4
-- Manifests of packages: writes one beside a package, checks them, lists a folder of them (docs/packages.md).
--     lua scripts/package.lua make --from REV --to REV [--model M] [--url URL] [--notes TEXT] [--sign KEY.pem] PACKAGE
--     lua scripts/package.lua check PACKAGE|MANIFEST|DIR …
--     lua scripts/package.lua list [--from REV --to REV] DIR

local Catalog, Trust, core, json, making, manifest, packages, route, text, uv -- loaded once the script has started

local BAD = 65

local function load_modules()
  Catalog, Trust, making = require "dfota.config.catalog", require "dfota.config.trust", require "dfota.config.making"
  manifest, packages = require "dfota.config.manifest", require "dfota.config.package"
  route = require "dfota.config.route"
  core, json, text, uv = require "dfota.core", require "dkjson", require "dfota.base.text", require "luv"
end

-- make -----------------------------------------------------------------------------------------------------------

local function say_made(program, path, values)
  program:say(("%s: %s -> %s, %d bytes%s"):format(text.printable(path), values.from, values.to, values.size,
    values.signature and ", signed" or ""))
end

local function make(options, program)
  if not (options.from and options.to) then
    return program:fail(core.error("usage", "make: give both revisions, --from and --to"))
  end
  local values, package = making.values(options.package, options, options.sign)
  if not values then return program:fail(package) end
  for _, warning in ipairs(package.warnings or {}) do program:warn(warning) end
  local path = assert(making.write(options.package, values, options.replace))
  say_made(program, path, values)
  return 0
end

-- check ----------------------------------------------------------------------------------------------------------

local function opened(entry, trust)
  local package, err = Catalog.open(entry, { trust = trust })
  if package and package.file then package.file:close() end
  return package, err
end

-- How much of it could be checked.
local function say_good(program, name, package)
  local signed = package.signed_by and "signed by " .. text.printable(package.signed_by) or "no signature checked"
  program:say(("%s: ok, %s -> %s, %s"):format(text.printable(name), package.from or "?", package.to or "?",
    package.url and "its URL alone, " .. signed or signed))
end

local function check_package(path, trust)
  local package, err = packages.read(path, { trust = trust })
  if not package then return nil, err end
  package.file:close()
  if not package.manifest then return manifest.refuse(manifest.path_of(path), "no such file or directory") end
  return package
end

local function check_manifest(path, trust)
  local entry, err = Catalog.entry(path, trust)
  if not entry then return nil, err end
  return opened(entry, trust)
end

local function check_one(program, path, trust)
  local check = path:find "%.json$" and check_manifest or check_package
  local package, err = check(path, trust)
  if not package then return program:fail(err) end
  for _, warning in ipairs(package.warnings or {}) do program:warn(warning) end
  say_good(program, path, package)
  return 0
end

local function check_folder(program, path, trust)
  local catalog = assert(Catalog.read(path, trust))
  local worst = 0
  for _, problem in ipairs(catalog.problems) do worst = program:fail(problem) end
  for _, entry in ipairs(catalog.entries) do worst = math.max(worst, check_one(program, entry.manifest, trust)) end
  return worst
end

local function is_folder(path)
  local stat = uv.fs_stat(path)
  return stat ~= nil and stat.type == "directory"
end

local function check(options, program)
  local trust, worst = assert(Trust.load { files = options.key, required = options.signed }), 0
  for _, path in ipairs(options.path) do
    local check_it = is_folder(path) and check_folder or check_one
    worst = math.max(worst, check_it(program, path, trust))
  end
  return worst
end

-- list -----------------------------------------------------------------------------------------------------------

local function signed(entry) return entry.signed_by and "yes" or entry.signed and "not checked" or "no" end

local COLUMNS = {
  { "from", function(entry) return text.printable(entry.from) end },
  { "to", function(entry) return text.printable(entry.to) end },
  { "model", function(entry) return text.printable(entry.model or "any") end },
  { "size", function(entry) return entry.size and text.bytes(entry.size) or "unknown" end },
  { "signed", signed }, { "package", function(entry) return text.printable(entry.url or entry.name) end },
}

local function print_table(program, entries)
  for _, line in ipairs(require("dfota.history.listing").table(entries, COLUMNS)) do program:say(line) end
end

local KEYS = { "manifest", "file", "url", "model", "from", "to", "size", "sha256", "notes", "signed", "signed_by" }

local function print_json(program, entries)
  for _, entry in ipairs(entries) do
    local line = {}
    for _, key in ipairs(KEYS) do line[key] = entry[key] == nil and json.null or entry[key] end
    for _, key in ipairs { "manifest", "file", "signed_by" } do
      if type(line[key]) == "string" then line[key] = text.utf8(line[key]) end -- a path may be any bytes
    end
    program:say(text.visible_json(json.encode(line, { keyorder = KEYS })))
  end
end

-- Whoever has a module of another model must not take this way for its own.
local function tell_other_ways(program, ways)
  if not ways[2] then return end
  local others = {}
  for i = 2, #ways do table.move(ways[i].models, 1, #ways[i].models, #others + 1, others) end
  program:warn(("this is the way of a module %s; %s another one: --model shows it"):format(
    table.concat(ways[1].models, " or "), table.concat(others, ", ") .. (others[2] and " have" or " has")))
end

local function no_way(options, models)
  local of_one = models[2] and (" for modules of one model; there are packages for %s"):format(
    table.concat(models, ", ")) or ""
  return nil, core.error("package", ("there is no way from %s to %s in %s%s"):format(options.from, options.to,
    options.dir, of_one))
end

-- All that fit, or with both revisions the way that an update would take.
local function wanted(options, program, catalog)
  local entries = route.fitting(catalog.entries, options.model)
  if not (options.from or options.to) then return entries end
  if not (options.from and options.to) then return nil, core.error("usage", "list: give both, --from and --to") end
  local ways, models = route.by_model(entries, options.from, options.to)
  if not ways[1] then return no_way(options, models) end
  tell_other_ways(program, ways)
  return ways[1].way
end

local function list(options, program)
  local catalog = assert(Catalog.read(options.dir, assert(Trust.load { files = options.key })))
  for _, problem in ipairs(catalog.problems) do program:warn(problem.message) end
  local entries = assert(wanted(options, program, catalog))
  if options.json then print_json(program, entries) else print_table(program, entries) end
  return #catalog.entries == 0 and BAD or 0
end

local COMMANDS = { make = make, check = check, list = list }

local function main(options, program)
  load_modules()
  program:interrupt_waits()
  return COMMANDS[options.command](options, program)
end

local KEY = { "--key", "Public key whose signatures count (default: keys/*.pem beside your settings).",
  argname = "FILE", count = "*" }

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(main, arg, {
  program = true,
  about = "Manifests of packages: write one, check them, list a folder of them.",
  commands = {
    { "make", "Write the manifest beside a package.",
      arguments = { { "PACKAGE", "The package.", complete = "file" } },
      options = {
        { "--from", "Revision that it upgrades from.", argname = "REV" },
        { "--to", "Revision that it upgrades to.", argname = "REV" },
        { "--model", "The module's model as ATI reports it, such as MC65.", argname = "NAME" },
        { "--url", "Where modules can download it.", argname = "URL" },
        { "--notes", "A line for people.", argname = "TEXT" },
        { "--sign", "Private RSA key (PEM) to sign the manifest with.", argname = "FILE" },
        { "--replace", "Replace the manifest that is there.", flag = true },
      } },
    { "check", "Compare manifests with their packages and signatures.",
      arguments = { { "PATH", "A package, a manifest, or a folder of them.", args = "+", complete = "file" } },
      options = { KEY, { "--signed", "Refuse what no known key has signed.", flag = true } } },
    { "list", "Show the packages in a folder, or the way through them.",
      arguments = { { "DIR", "The folder." } },
      options = { { "--from", "Where the way begins.", argname = "REV" }, { "--to", "Where it ends.", argname = "REV" },
        { "--model", "Only packages for this model.", argname = "NAME" },
        KEY, { "--json", "Print one JSON object per line.", flag = true } } },
  },
  exit_codes = {
    { 65, "a package or manifest is not usable, or there is no way", "after fixing it" },
    { 66, "a package, manifest or folder is missing or unreadable", "after fixing it" },
    { 74, "the manifest cannot be written", "after fixing it" }, { 130, "interrupted", "yes, safe" },
  },
  examples = {
    { "NAME make --model MC65 --from REV_A --to REV_B --sign key.pem A2B.pack", "write A2B.pack.json, signed" },
    { "NAME check packages/", "is each package the one that its manifest describes?" },
    { "NAME list packages/", "which updates are there" },
    { "NAME list --from REV_A --to REV_C packages/", "the way that an update would take, without a module" },
  },
})
