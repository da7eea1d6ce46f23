--- Where a page is written: over an earlier one, and over no file that is none.
-- @module dfota.history.page_file

local document = require "dfota.history.document"
local regular_file = require "dfota.base.regular_file"
local uv = require "luv"
local whole_file = require "dfota.base.whole_file"

local page_file = {}

local function is_page(path)
  local there = regular_file.open(path)
  local ours = there and there:read(#document.MARK) == document.MARK
  if there then there:close() end
  return ours
end

--- May it be written there, as far as that is known before?
-- @tparam string path
-- @treturn boolean|nil nil, and the reason
function page_file.check(path)
  local never = whole_file.irreplaceable(path)
  if never then return nil, never end
  if not uv.fs_stat(path) or is_page(path) then return true end
  return nil, "exists and is no report"
end

--- Writes it, whole or not at all.
-- @tparam string path
-- @tparam string content
-- @tparam[opt] boolean force over any file
-- @treturn boolean|nil nil, the reason, and true if a file that is no page is in the way
function page_file.write(path, content, force)
  local ok, why, exists = whole_file.write(path, content)
  if not exists then return ok, why end
  if not (force or is_page(path)) then return nil, "exists and is no report", true end
  return whole_file.write(path, content, true)
end

return page_file
