--- The package of a run, or its folder: looked at once before anything begins. Each job looks at it again.
-- @module dfota.fleet.run_package

local file_stamp = require "dfota.base.file_stamp"
local pins = require "dfota.fleet.pins"
local selection = require "dfota.config.selection"
local uv = require "luv"

local run_package = {}

-- Every target that the plan or the call names can be reached, as far as that is known before a module is asked.
local function check_targets(catalog, devices, to)
  for _, device in ipairs(devices) do
    local ok, err = catalog:check_target(device.to or to)
    if not ok then return nil, err end
  end
  return true
end

local function name_of(path) return path:match "[^/]*$" end

-- What the ledger knows the packages by. A manifest need not say the hash of its package.
local function marks_of(package, catalog, list)
  if not catalog then return { { hash = package.sha256, url = package.url } } end
  local marks, hashes = {}, {}
  for _, pin in ipairs(list) do hashes[name_of(pin.path)] = pin.hash end
  for i, entry in ipairs(catalog.entries) do
    marks[i] = { hash = entry.sha256 or entry.file and hashes[name_of(entry.file)], url = entry.url }
  end
  return marks
end

--- Opens it, and notes in the call what a run needs of it: `package`, its full path or its URL, which holds wherever
-- the run is resumed; `is_folder`; `pins`, if there are files; `marks`, by which the ledger knows the packages; `from`
-- and `to`, if call or manifest say them.
-- @tparam table call of the run, with `package` and `devices`
-- @tparam table options `from` and `to`, if they are given
-- @tparam table set settings
-- @treturn boolean|nil true; nil, err
function run_package.look(call, options, set)
  local stamp = file_stamp.of(call.package)
  local package, catalog = selection.open({ package = call.package, to = options.to or call.devices[1].to }, set)
  if not package then return nil, catalog end
  if package.file then package.file:close() end
  call.is_folder = catalog ~= nil
  call.from, call.to = options.from or package.from, options.to or package.to
  local err
  if not package.url then
    call.package = uv.fs_realpath(call.package)
    local pin = package.sha256 and { path = call.package, hash = package.sha256, stamp = stamp }
    call.pins, err = pins.take(call.package, call.is_folder, pin)
    if not call.pins then return nil, err end
  end
  call.marks = marks_of(package, catalog, call.pins)
  if not catalog then return true end
  return check_targets(catalog, call.devices, options.to)
end

return run_package
