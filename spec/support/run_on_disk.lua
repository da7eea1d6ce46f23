-- A fleet's run in a folder of its own, for specs of what is left on disk: each example begins with an empty one.
local folder = require "support.folder"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

--- @treturn string the folder
-- @treturn RunFolder
-- @treturn function removes it all, once luv has closed what the example closed
return function()
  local dir, cleanup = folder.new()
  local opened = assert(run_folder.create(dir, "night", {}))
  return dir, opened, function()
    uv.run "nowait"
    cleanup()
  end
end
