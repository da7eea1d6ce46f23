--- Advice as a command to paste: what `dfota.update.verdict` advises, with the port, the revisions and the options of
-- this call in it. Pure.
-- @module dfota.update.advice
local advice = {}

local function revisions(result, options)
  local more = {}
  if result.before then table.move({ "--from", result.before }, 1, 2, 1, more) end
  if options.to then table.move({ "--to", options.to }, 1, 2, #more + 1, more) end
  return more
end

local NO_MODULE = "the simulated module has ended with this run: there is nothing to follow"

-- Each: the words before the command, nil for those of the verdict; the command.
local steps = {}

function steps.again(_, call, options) return nil, call:again(nil, options.port) end

function steps.force(result, call, options) return nil, call:again({ "--force", result.force }, options.port) end

function steps.watch(result, call, options)
  if options.sim then return NO_MODULE end
  if not options.port then return nil end
  return "keep the module powered and follow it", call:other("watch", options, revisions(result, options))
end

function steps.info(_, call, options)
  if options.sim or not options.port then return nil end
  return "compare both revisions with the package's, which may be the wrong one; this shows what the module runs now",
    call:other("info", options, {})
end

function steps.ports(result, call)
  local lines = {}
  for _, port in ipairs(result.ports) do lines[#lines + 1] = call:again({ "--port", port }) end
  return nil, table.unpack(lines)
end

-- For programs advice is one text.
local function joined(prose, step, commands)
  local lead = step == "again" and not prose:find "run it again$" and "; run it again: " or ": "
  return prose .. lead .. table.concat(commands, "; ")
end

--- Complete the advice of a result.
-- @tparam table result its fields, of which `step` names what to do next; gets `advice`, and for people its two parts,
--   `prose` and `commands`
-- @param call a `dfota.config.call`, nil if there was no command line
-- @tparam table options of the call, with the `port` that was used and the target `to`
function advice.complete(result, call, options)
  if result.ok or not (result.step and call) then return end
  local found = table.pack(steps[result.step](result, call, options))
  local prose = found[1] or result.advice
  local commands = table.move(found, 2, found.n, 1, {})
  result.advice = prose
  if #commands > 0 then
    result.advice, result.prose, result.commands = joined(prose, result.step, commands), prose, commands
  end
end

return advice
