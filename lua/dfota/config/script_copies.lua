--- Making copies of scripts and tables for editing, and telling what became of them.
-- Beside each copy stays the installed file that it was made from, as NAME.lua.orig: it shows what was edited, and
-- whether an upgrade has brought a new one since.
-- @module dfota.config.script_copies

local core = require "dfota.core"
local directory = require "dfota.base.directory"
local own_scripts = require "dfota.config.own_scripts"
local regular_file = require "dfota.base.regular_file"
local settings_list = require "dfota.config.settings_list"
local text = require "dfota.base.text"
local uv = require "luv"
local whole_file = require "dfota.base.whole_file"
local wrap = require "dfota.base.wrap"

local script_copies = {}

local ORIGINAL = ".orig"
local MAX_BYTES = 1 << 20
local FOLDER_MODE = tonumber("755", 8)

local function fail(kind, path, reason)
  return nil, core.error(kind, ("%s: %s"):format(text.printable(path), reason))
end

-- Exclusive: nothing that is there is ever written to, and no link is followed.
local function create(path, content)
  local ok, why, exists = whole_file.write(path, content)
  if ok then return true end
  return fail("settings", path, exists and "file already exists" or why)
end

local COMMENT, COMMENT_COLUMNS = "  -- ", 95

local function comment(words)
  return COMMENT .. table.concat(wrap.lines(words, COMMENT_COLUMNS), "\n" .. COMMENT) .. "\n"
end

local function example(setting)
  local unit = setting.unit ~= "" and (" (%s)"):format(setting.unit) or ""
  local value = type(setting.default) == "string" and ("%q"):format(setting.default) or text.number(setting.default)
  return ("\n%s  -- %s = %s,\n"):format(comment(setting.doc .. unit), setting.name, value)
end

--- A file of settings in which nothing is set yet: every setting with its default, in a comment.
-- @treturn string Lua source
function script_copies.settings()
  local lines = { "-- Settings of dfota: take away the -- before the names of those that you change.\nreturn {\n" }
  for _, setting in ipairs(settings_list) do lines[#lines + 1] = example(setting) end
  return table.concat(lines) .. "}\n"
end

--- Makes a copy of an installed file for editing.
-- @tparam string source the content
-- @tparam string path of the copy: its folder is made, an existing file is not touched
-- @tparam[opt] boolean keep_original write the content beside the copy as well
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function script_copies.make(source, path, keep_original)
  local ok, err, which = directory.make(path:match "^(.*)/[^/]*$" or "", FOLDER_MODE)
  if not ok then return fail("settings", which, err) end
  ok, err = create(path, source)
  if not ok or not keep_original then return ok, err end
  uv.fs_unlink(path .. ORIGINAL) -- of a copy that is gone
  return create(path .. ORIGINAL, source)
end

local function content(path) return path and (regular_file.read(path, MAX_BYTES)) end

--- What there is of a script or table.
-- @tparam string name such as "update.lua"
-- @tparam string installed its installed path
-- @tparam[opt] table host as of `dfota.config.user_files.places`
-- @treturn table `path` of the copy that counts, if there is one; `edited` if it is not the installed one; `outdated`
--   the path of what it was made from, if the installed one has changed since; `wrong` why it cannot be used
function script_copies.state(name, installed, host)
  local path, wrong = own_scripts.find(name, host)
  if not path then return { wrong = wrong } end
  local shipped, original = content(installed), content(path .. ORIGINAL)
  return {
    path = path,
    edited = content(path) ~= shipped,
    outdated = shipped and original and original ~= shipped and path .. ORIGINAL or nil,
  }
end

return script_copies
