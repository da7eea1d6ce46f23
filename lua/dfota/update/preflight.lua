--- What this machine can find out about a package on a web server before the module downloads it.
-- It may reach less than the module does (a server inside the operator's network) or more, so only the server's own
-- answer can refuse the package.
-- @module dfota.update.preflight
local core = require "dfota.core"
local file_signs = require "dfota.config.file_signs"
local text = require "dfota.base.text"
local web = require "dfota.http.client"

local preflight = {}

local REASONS = {
  [401] = "asks for a password, which the module cannot send", [403] = "forbids access", [404] = "has no such file",
  [410] = "no longer has this file", [416] = "has an empty file there",
}

local function finding(ok, value, limit, message)
  return { ok = ok, value = value, limit = limit, message = message }
end

local function refused(url, status)
  local reason = REASONS[status] or status >= 500 and "reports an internal error" or "does not send the file"
  return finding(false, status, 200, ("%s: the server %s (HTTP %d): fix the URL or the server"):format(
    url, reason, status))
end

local function judge_size(url, answer, max_bytes, announced)
  if answer.size == 0 then return finding(false, 0, 1, url .. ": the file is empty") end
  if answer.size and answer.size > max_bytes then
    return finding(false, answer.size, max_bytes,
      ("%s: the file has %d bytes, max_package_bytes allows %d"):format(url, answer.size, max_bytes))
  end
  if answer.size and announced and answer.size ~= announced then
    return finding(false, answer.size, announced,
      ("%s: the file has %d bytes, its manifest says %d"):format(url, answer.size, announced))
  end
end

local function judge_content(url, answer, max_bytes, announced)
  local wrong = judge_size(url, answer, max_bytes, announced)
  if wrong then return wrong end
  local what = file_signs.name(answer.head)
  if what then return finding(false, what, "a package", ("%s: this is %s, not a package"):format(url, what)) end
  local found = finding(true, 200)
  if not file_signs.is_package(answer.head) then
    found.warning = ("%s: the file %s"):format(url, file_signs.NOT_KNOWN)
  end
  return found
end

--- What a server's answer means for an update.
-- @tparam string url
-- @tparam table answer of `dfota.http.answer`
-- @tparam integer max_bytes largest package
-- @tparam[opt] integer announced size according to the package's manifest
-- @treturn table the gate's `ok` (nil: unknown), `value`, `limit`, `message`; and `warning`
function preflight.judge(url, answer, max_bytes, announced)
  local status = answer.status
  if status == 200 or status == 206 then return judge_content(url, answer, max_bytes, announced) end
  if status >= 300 and status < 400 then
    return finding(nil, status, 200,
      ("%s: the server redirects to %s, which the module may not follow: use that URL instead"):format(
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
  if answer then
    return preflight.judge(package.url, answer, settings.max_package_bytes, package.announced_bytes)
  end
  if core.is_error(err) then return nil, err end
  return nil, ("this machine cannot reach %s: %s; the module may see more than this machine"):format(package.url, err)
end

return preflight
