--- What this machine can find out about a package on a web server before the module is sent there.
-- It may see less than the module (a server in the operator's own network) or more, so only what the server itself
-- says is counted against it.
-- @module dfota.update.preflight
local core = require "dfota.core"
local file_signs = require "dfota.config.file_signs"
local text = require "dfota.base.text"
local web = require "dfota.http.client"

local preflight = {}

local REASONS = {
  [401] = "asks for a password, which the module cannot give", [403] = "refuses it", [404] = "has no such file",
  [410] = "has no such file any more", [416] = "has an empty file there",
}

local function finding(ok, value, limit, message)
  return { ok = ok, value = value, limit = limit, message = message }
end

local function refused(url, status)
  local reason = REASONS[status] or status >= 500 and "has a fault of its own" or "does not give it"
  return finding(false, status, 200, ("%s: the server %s (HTTP %d): correct the URL or the server"):format(
    url, reason, status))
end

local function judge_content(url, answer, max_bytes)
  if answer.size == 0 then return finding(false, 0, 1, url .. ": the file there is empty") end
  if answer.size and answer.size > max_bytes then
    return finding(false, answer.size, max_bytes,
      ("%s: the file there has %d bytes, max_package_bytes allows %d"):format(url, answer.size, max_bytes))
  end
  local what = file_signs.name(answer.head)
  if what then return finding(false, what, "a package", ("%s: there is %s, not a package"):format(url, what)) end
  local found = finding(true, 200)
  if not file_signs.is_package(answer.head) then
    found.warning = ("%s: the file there %s"):format(url, file_signs.NOT_KNOWN)
  end
  return found
end

--- What a server's answer means for an update.
-- @tparam string url
-- @tparam table answer of `dfota.http.answer`
-- @tparam integer max_bytes largest package
-- @treturn table `ok` (nil: not known), `value`, `limit`, `message`: a gate's; and `warning`
function preflight.judge(url, answer, max_bytes)
  local status = answer.status
  if status == 200 or status == 206 then return judge_content(url, answer, max_bytes) end
  if status >= 300 and status < 400 then
    return finding(nil, status, 200,
      ("%s: the server redirects to %s; the module may not follow it: name that address instead"):format(
        url, text.brief(answer.location or "another place", 200)))
  end
  return refused(url, status)
end

--- Ask the web server for a package.
-- @tparam table package as `dfota.config.url` gives it
-- @tparam table settings `preflight_s` how long that may take; `max_package_bytes`
-- @tparam function wait as `dfota.core.wait`
-- @treturn table|nil as of `judge`; nil, err where a signal came; nil and why, in words, where this machine cannot
--   reach the server
function preflight.ask(package, settings, wait)
  local answer, err = web.first_bytes(package, settings.preflight_s, wait)
  if answer then return preflight.judge(package.url, answer, settings.max_package_bytes) end
  if core.is_error(err) then return nil, err end
  return nil, ("this machine cannot reach %s: %s; the module may see more than this machine"):format(package.url, err)
end

return preflight
