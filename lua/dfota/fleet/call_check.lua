--- What is wrong with a fleet's call for every module of it, found before any is begun, by what checks it in
-- update.lua.
-- @module dfota.fleet.call_check

local apn = require "dfota.config.apn"
local core = require "dfota.core"
local credentials = require "dfota.config.credentials"
local page_file = require "dfota.history.page_file"

local call_check = {}

local function usage(why) return nil, core.error("usage", why) end

-- On a copy: the password stays in the environment, where each job finds it.
local function check_access_point(options, getenv)
  local own = { apn = options.apn, user = options.user }
  local ok, why = credentials.settle(own, getenv, { user = true })
  if not ok then return usage(why) end
  return apn.check(own.apn ~= "auto" and own.apn or nil, own.user, own.password)
end

--- @tparam table options parsed
-- @tparam function getenv
-- @treturn boolean|nil true; nil, err of kind `usage`
function call_check.check(options, getenv)
  if options.page then
    local ok, why = page_file.check(options.page)
    if not ok then return usage(("--page %s: %s"):format(options.page, why)) end
  end
  return check_access_point(options, getenv)
end

return call_check
