--- What a trace is about: the module that it shows, and how much there is of it. Pure.
-- @module dfota.trace.summary

local identity = require "dfota.modem.identity"

local function texts(item)
  local list = {}
  for i, line in ipairs(item.reply) do list[i] = line.text end
  return list
end

local function from_ati(item, about)
  if item.text:upper() ~= "ATI" then return end
  local lines = texts(item)
  about.model = about.model or identity.model(lines)
  local revision = identity.labelled_revision(lines)
  about.before, about.after = about.before or revision, revision or about.after
end

local function from_gsn(item, about)
  if about.imei or not item.text:upper():find "^AT%+C?GSN$" then return end
  for _, line in ipairs(texts(item)) do about.imei = about.imei or identity.imei(line) end
end

local function count(items, kind)
  local n = 0
  for _, item in ipairs(items) do
    if item.kind == kind then n = n + 1 end
  end
  return n
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam number duration_s the time of the last byte
-- @treturn table `model`, `imei`, `before` and `after` (the first and the last revision that ATI showed; nil where the
--   trace does not show them), `commands` and `unsolicited` (how many), `duration_s`
return function(items, duration_s)
  local about = {
    commands = count(items, "command"), unsolicited = count(items, "unsolicited"), duration_s = duration_s,
  }
  for _, item in ipairs(items) do
    if item.kind == "command" then
      from_ati(item, about)
      from_gsn(item, about)
    end
  end
  return about
end
