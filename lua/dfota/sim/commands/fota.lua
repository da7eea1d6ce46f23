--- AT+QFOTADL: what is checked before the module answers OK, and what happens then.
-- Source: DFOTA application note, chapters 3 and 5. When a bad package is refused is not known, hence switches.
local Download = require "dfota.sim.download"
local Bootloader = require "dfota.sim.bootloader"
local Package = require "dfota.sim.package"
local qind = require "dfota.sim.qind"

local MAX_URL = 255 -- note 3.1

local fota = {}

--- Judges a package.
-- @treturn ?table an order for the boot loader: {from=, to=, fail=code at END}
-- @treturn ?integer code with which it is refused at once
function fota.judge(m, bytes)
  if #bytes > m.spec.pack_max then return nil, 6502 end
  local package, bad = Package.read(bytes)
  bad = bad or m.spec.magic and bytes:sub(1, #Package.MAGIC) ~= Package.MAGIC
  local kind, code = m.spec.fail:match("^(%l+):(%d+)$")
  local fail = kind == "end" and tonumber(code) or nil
  if bad then
    if m.spec.bad_package == "command" then return nil, 6507 end
    return { from = m.revision, to = m.revision, fail = 6507, at_once = true }
  end
  if package.from ~= m.revision then
    if m.spec.wrong_source == "command" then return nil, 6507 end
    return { from = package.from, to = package.to, fail = 6508, at_once = true }
  end
  return { from = package.from, to = package.to, fail = fail }
end

-- The update begins as soon as the final result code is sent.
local function accept(m, go)
  m.accepted = m.accepted + 1
  m:note("accepted")
  if qind.ok_lost(m) then m.muted = true end
  m.busy.after = go
end

local function from_file(m)
  local content = m.files["fota.pack"]
  if not content then return "cme", 6506 end
  local order, code = fota.judge(m, content)
  if not order then return "cme", code end
  order.file = "fota.pack"
  accept(m, function() Bootloader.leave(m, order) end)
end

local function good_url(url)
  return #url <= MAX_URL and url:lower():find("^http://[%w%.%-]+") and not url:find("[%c%s]")
end

local function from_url(m, url)
  if not good_url(url) then return "cme", 6501 end
  accept(m, function() Download.start(m, url, fota.judge) end)
end

local function failing_command(m)
  local code = m.spec.fail:match("^command:(%d+)$")
  return code and tonumber(code)
end

local function write(m, args)
  if not m.spec.qfotadl then return "error" end
  m.triggers = m.triggers + 1
  m:note("trigger", args[1])
  if failing_command(m) then return "cme", failing_command(m) end
  if m.downloading then return "cme", 6500 end
  if args.n ~= 1 then return "cme", 6501 end
  if args.quoted[1] then return from_url(m, args[1]) end
  if args[1] == "1" then return from_file(m) end
  return "cme", 6501
end

return {
  ["+QFOTADL"] = {
    test = function(m) if not m.spec.qfotadl then return "error" end end,
    write = write,
    takes = { write = "trigger_s" },
  },
}
