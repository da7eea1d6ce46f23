--- Advice as a command to paste: what `dfota.update.verdict` advises, with the port, the revisions and the options of
-- this call in it. Pure.
-- @module dfota.update.advice
local shell = require "dfota.base.shell"

local advice = {}

local function which_update(result, options)
  local imei = result.whose or options.imei
  local more = imei and { "--imei", imei } or {}
  if result.before then table.move({ "--from", result.before }, 1, 2, #more + 1, more) end
  if options.to then table.move({ "--to", options.to }, 1, 2, #more + 1, more) end
  return more
end

local GONE = "the simulated module has ended with this run"
local NO_MODULE = GONE .. ": there is nothing to follow"

-- Each: the words before, nil for those of the verdict, false for none; what the command does, nil if it is the same
-- call again; the commands.
local steps = {}

function steps.again(_, call, options) return nil, nil, call:again(nil, options.port) end

-- A chain: the plan is made anew from what the module runs.
function steps.go_on(_, call, options)
  if options.sim then return GONE end
  return false, "the same call goes on from there", call:again(nil, options.port)
end

-- The gate of that name refuses a package that failed on this module before.
function steps.attempts(_, call, options)
  if not options.package then return nil end
  return nil, "then the same package is tried once more with", call:again({ "--force", "attempts" }, options.port)
end

-- Each asks for what it needs, so that no PIN stands in the shell's history or in a list of processes.
local UNLOCK = {
  ["SIM PIN"] = [[printf "PIN: " && read -r pin && printf "AT+CPIN=\"%s\"\r" "$pin" >&3]],
  ["SIM PUK"] = [[printf "PUK: " && read -r puk && printf "new PIN: " && read -r pin &&]]
    .. [[ printf "AT+CPIN=\"%s\",\"%s\"\r" "$puk" "$pin" >&3]],
}

-- What no script of ours does, a shell can: type the PIN at the port's rate, and show the answer.
function steps.sim(result, call, options)
  local unlock = UNLOCK[result.value]
  if options.sim or not options.port then return nil end
  if not unlock then
    return "insert a SIM that works; a package in a file needs none", nil, call:again(nil, options.port)
  end
  return "a wrong PIN counts, and the third one blocks the SIM; a package in a file needs no SIM",
    "to unlock it, and then to go on", shell.line { "sh", "-c",
      ([[exec 3<>"$0" && stty "$1" raw -echo <&3 && %s && timeout 5 cat <&3]]):format(unlock), options.port,
      tostring(options.rate or 115200) },
    call:again(nil, options.port)
end

function steps.force(result, call, options)
  return nil, "to pass it all the same", call:again({ "--force", result.force }, options.port)
end

function steps.watch(result, call, options)
  if options.sim then return NO_MODULE end
  if not options.port then return nil end
  return "keep the module powered", "follow it", call:other("watch", options, which_update(result, options))
end

function steps.info(_, call, options)
  if options.sim or not options.port then return nil end
  return nil, "this shows what the module runs", call:other("info", options, {})
end

function steps.ports(result, call)
  local lines = {}
  for _, port in ipairs(result.ports) do lines[#lines + 1] = call:again({ "--port", port }) end
  return false, "name one of them", table.unpack(lines)
end

-- A simulated module is gone, and its files with it.
function steps.files(_, call, options)
  if options.sim or not options.port then return nil end
  return nil, "list them, and delete by name", call:other("files", options, { "list" }),
    call:other("files", options, { "delete", "NAME" })
end

-- For programs advice is one text.
local function joined(prose, lead, commands)
  local words = prose and prose or nil
  if lead or not prose:find "run it again$" then
    words = (words and words .. "; " or "") .. (lead or "run it again")
  end
  return words .. ": " .. table.concat(commands, "; ")
end

--- Complete the advice of a result, unless it is complete.
-- @tparam table result its fields, of which `step` names what to do next; gets `advice`, and for people its parts:
--   `prose` (false for none), `lead` (what the command does, nil if it is the same call again) and `commands`
-- @param call a `dfota.config.call`, nil if there was no command line
-- @tparam table options of the call, with the `port` that was used and the target `to`
function advice.complete(result, call, options)
  if result.ok or result.commands or not (result.step and call) then return end
  local found = table.pack(steps[result.step](result, call, options))
  local prose, lead = found[1], found[2]
  if prose == nil then prose = result.advice end
  local commands = table.move(found, 3, found.n, 1, {})
  if #commands == 0 then
    result.advice = prose or result.advice
    return
  end
  result.advice, result.prose, result.lead = joined(prose, lead, commands), prose, lead
  result.commands = commands
end

return advice
