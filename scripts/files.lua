-- The files in a module: lua scripts/files.lua [options] list | delete NAME… | read NAME FILE | compare NAME FILE
--
-- A file is read back as a whole (AT+QFDWL), and counts only if its size and the module's checksum agree with what
-- arrived.

local function count(n, what) return require("dfota.base.text").count(n, what) end

local function names_of(files)
  local names = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The module's own settings are put back at the end, whatever happens.
local function meet(job)
  job:meet() -- leaves one alone that is updating itself
  if job.request.check then return end
  job:on_failure(function() return job.modem.session:restore() end)
  job:retry("query", function() return job.modem.session:prepare() end)
end

local function show_space(job)
  local free, total = job:ask("the free space", function() return job.modem.files:free() end)
  if free then job:note("info", ("%d bytes free of %s"):format(free, total or "an unknown size")) end
  return free, total
end

local function list(job)
  local found = job:retry("query", function() return job.modem.files:list() end)
  local told = { names = { "files", "free_bytes", "total_bytes" }, files = {} }
  for _, name in ipairs(names_of(found)) do
    table.insert(told.files, { name = name, bytes = found[name] })
    job:note("info", ("%9d bytes  %s"):format(found[name], name))
  end
  told.free_bytes, told.total_bytes = show_space(job)
  job:facts(told)
  job:finish(count(#told.files, "file") .. " in the module")
end

-- A package that a module may still be installing is not taken from it.
local function check_unfinished(job)
  job:gate { "unfinished", unless = job:unfinished(), may_force = false, unknown = false,
    message = "an update was triggered on this module, and its end was not seen: it may still need its package",
    advice = "run watch.lua first: it asks for the module's revision and completes the record" }
end

-- With --check nothing but the list is asked for.
local function would_delete(job, names)
  local found = job:retry("query", function() return job.modem.files:list() end)
  for _, name in ipairs(names) do
    if not found[name] then
      error(require("dfota.core").error("absent", ("the module has no file %s"):format(name)), 0)
    end
    job:note("info", ("would delete %s, %d bytes"):format(name, found[name]))
  end
  job:finish "nothing was deleted"
end

local function delete(job, names)
  check_unfinished(job)
  if job.request.check then return would_delete(job, names) end
  local deleted = assert(job.modem.files:remove(names))
  local gone = names_of(deleted)
  for _, name in ipairs(gone) do job:note("info", ("deleted %s, %d bytes"):format(name, deleted[name])) end
  show_space(job)
  job:finish("deleted " .. count(#gone, "file"))
end

local function read(job, name, path)
  job:phase "read"
  local progress = job:progress "read"
  local found = job:retry("read", function() return job.modem.files:save(name, path, progress) end)
  job:facts { bytes = found.bytes, sha256 = found.sha256, checksum = found.sum }
  job:note("info", ("sha256 %s"):format(found.sha256))
  job:finish(("%s was read into %s: %d bytes, checksum %04X"):format(name, path, found.bytes, found.sum))
end

local function difference(found)
  if found.bytes ~= found.file_bytes then
    return ("%d bytes in the module, %d in the file"):format(found.bytes, found.file_bytes)
  end
  return ("both have %d bytes, and the first that differs is byte %d, counted from 0"):format(found.bytes,
    found.differs_at)
end

local function compare(job, name, path)
  job:phase "read"
  local progress = job:progress "read"
  local found = job:retry("read", function() return job.modem.files:compare(name, path, progress) end)
  job:facts { names = { "same", "bytes", "file_bytes", "differs_at", "sha256", "checksum" }, same = found.same,
    bytes = found.bytes, file_bytes = found.file_bytes, differs_at = found.differs_at, sha256 = found.sha256,
    checksum = found.sum }
  if not found.same then
    job:finish(("%s in the module differs from %s: %s"):format(name, path, difference(found)), "differs")
  end
  job:finish(("%s in the module is the same as %s: %d bytes, checksum %04X"):format(name, path, found.bytes, found.sum))
end

local function files(job)
  local request = job.request
  meet(job)
  if request.command == "list" then return list(job) end
  if request.command == "delete" then return delete(job, request.name) end
  local one = request.command == "read" and read or compare
  one(job, request.name, request.file)
end

local function file_name(name) return require("dfota.base.file_name").check(name) end

-- Before the port is opened: a file that exists is not replaced.
local function new_file(path)
  if path == "-" then return nil, "standard output cannot be read into: name a new file" end
  local free, why = require("dfota.base.new_file").is_free(path)
  if free then return path end
  return nil, ("'%s' %s: name a new file"):format(path, why)
end

local function wrong(kind, path, why)
  local text = require "dfota.base.text"
  return nil, require("dfota.core").error(kind, ("%s: %s"):format(text.printable(path), why))
end

-- The local file, before the port is opened.
local function check(options)
  local path = options.file
  if options.command == "compare" then
    local file, why = require("dfota.base.regular_file").open(path)
    if not file then return wrong("package_missing", path, why) end
    file:close()
  elseif options.command == "read" then
    local directory = require "dfota.base.directory"
    local folder = directory.of(path) -- it is not made
    local ok, why, which = directory.check(folder)
    if ok and not require("luv").fs_stat(folder) then ok, why, which = nil, "does not exist", folder end
    if not ok then return wrong("usage", path, ("cannot be written: %s %s"):format(which, why)) end
  end
  return true
end

local NAME = { "NAME", "Its name in the module, such as fota.pack.", convert = file_name }

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(files, arg, {
  like = "info",
  check = check,
  about = "List, delete, read back or compare the files in a module.",
  exit_codes = {
    { 65, "compare: the files differ" },
    { 66, "the module has no file of that name, or the local file is missing or unreadable", "after fixing it" },
    { 84, "the module cannot read files back, or may still need its package", "after watch.lua, if it is that" },
  },
  done = "done; or of compare: the files are the same",
  commands = {
    { "list", "List the files, and the free space." },
    { "delete", "Delete files by their names.",
      options = { { "-n --check", "Show what would be deleted, and change nothing.", flag = true } },
      arguments = { { "NAME", "Their names in the module.", args = "+", convert = file_name } } },
    { "read", "Read a file back into a new local one.",
      arguments = {
        NAME, { "FILE", "The local file: it must not exist yet.", convert = new_file, complete = "file" },
      } },
    { "compare", "Compare a file with a local one; a difference is exit code 65.",
      arguments = { NAME, { "FILE", "The local file.", complete = "file" } } },
  },
  examples = {
    { "NAME --sim=stale_pack=2000 list", "what is in the simulated module" },
    { "NAME delete fota.pack", "make room for a package" },
    { "NAME compare fota.pack A2B.pack", "is this the package that was uploaded?" },
  },
})
