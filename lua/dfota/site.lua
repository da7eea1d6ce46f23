--- What a user or site has set for a run: settings, retries and access points, out of the files that count.
-- @module dfota.site
local core = require "dfota.core"
local retry = require "dfota.update.retry"
local settings = require "dfota.config.settings"
local table_file = require "dfota.config.table_file"
local user_files = require "dfota.config.user_files"

local Site = {}
Site.__index = Site

--- Finds the files.
-- @tparam table call `scripts` their folder; `getenv`; `config` and `set` as on the command line
-- @treturn Site|nil with `files`, name → path or false; nil, err of kind "settings"
function Site.new(call)
  local places, err = user_files.places { scripts = call.scripts, getenv = call.getenv }
  if not places then return nil, err end
  local files, wrong = user_files.all(places)
  if not files then return nil, wrong end
  return setmetatable({
    files = files, scripts = call.scripts, config = call.config, set = call.set, getenv = call.getenv,
  }, Site)
end

--- The settings of this call.
-- @treturn table|nil as of `settings.load`, and their origins; nil, err
function Site:settings()
  return settings.load { user = self.files["settings.lua"], config = self.config, set = self.set }
end

-- Its path is what the messages about it name.
local function load_table(self, name)
  local path = self.files[name] or self.scripts .. "/" .. name
  local result, reason, line = table_file.read(path)
  if result then return result end
  error(core.error("settings", ("%s: %s"):format(line and path .. ":" .. line or path, reason)), 0)
end

-- A step that the table does not name is told before anything is done.
local function check_steps(steps, path)
  local file = path and io.open(path)
  if not file then return end
  local source = file:read "a"
  file:close()
  retry.check_used(steps, source, path)
end

--- The table of retries; raises an err of kind "settings" if it is wrong, or lacks a step that a script names.
-- @tparam[opt] string script path of the script
-- @treturn table
function Site:retries(script)
  local steps = load_table(self, "retries.lua")
  retry.check(steps, self.files["retries.lua"])
  check_steps(steps, script)
  return steps
end

--- The table of access points; raises an err of kind "settings" if it is wrong.
-- @treturn table
function Site:apns()
  local own = load_table(self, "apns.lua")
  require("dfota.config.apn").check_table(own, self.files["apns.lua"])
  return own
end

--- What --settings shows.
-- @treturn[1] {string,...} lines for people
-- @treturn[1] table facts for programs
-- @treturn[2] nil
-- @treturn[2] err
function Site:list()
  local set, origins = self:settings()
  if not set then return nil, origins end
  local settings_text, facts = require "dfota.config.settings_text", settings.facts(set)
  facts.names = table.move({ "origins", "files" }, 1, 2, #facts.names + 1, { table.unpack(facts.names) })
  for name, value in pairs(settings_text.facts(origins, self)) do facts[name] = value end
  return settings_text.lines(set, origins, self), facts
end

return Site
