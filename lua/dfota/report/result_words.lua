--- What people are told of a result: how it ended, and what to do. Where, and in which colour, `dfota.report.terminal`
-- decides.
-- @module dfota.report.result_words

local text = require "dfota.base.text"

local result_words = {}

--- A value for people, whatever the module sent.
-- @param v a value, or nil
-- @treturn string
function result_words.known(v) return v ~= nil and text.printable(v) or "unknown" end

local known = result_words.known

local OUTCOMES = {
  updated = "updated: %s -> %s",
  already_current = "nothing to do: already at %s",
  checked = "checked: %s, firmware unchanged",
  not_started = "not started",
  wrong_revision = "wrong revision: %s ran before, %s runs now",
  unknown = "outcome unknown",
}

local RETRY = {
  safe = "It is safe to run it again.",
  after_fix = "Run it again after fixing that.",
  never = "Do not run it again.",
}

-- In a chain the source of the update that failed is not what ran before the chain.
local function failed(fields)
  if fields.changed then
    return ("failed on the way: %s ran before, %s runs now"):format(known(fields.before), known(fields.after))
  end
  return ("failed; the module still runs %s"):format(known(fields.after or fields.before))
end

--- How it ended, in a few words.
-- @tparam table fields of the result
-- @treturn string
function result_words.headline(fields)
  if fields.on_the_way then return ("stopped on the way: %s ran before"):format(known(fields.before)) end
  if fields.outcome == "wrong_revision" and fields.after == fields.before then return "wrong revision" end
  if fields.found then return "not as it should be" end
  if fields.outcome == "failed_on_source" then return failed(fields) end
  local pattern = OUTCOMES[fields.outcome] or text.printable(fields.outcome)
  return (pattern:format(known(fields.before), known(fields.after)))
end

local GATE = 84 -- (contract: exit codes)

local function sentence(words) return words:gsub("^%l", string.upper):gsub("%.$", "") .. "." end

--- Does its message say all? A usage error is one line that says what to do; what has advice of its own, such as a
-- gate, needs it.
-- @tparam table fields of the result
-- @treturn boolean
function result_words.is_one_line(fields)
  return fields.outcome == "not_started" and fields.retry == "after_fix" and fields.rc ~= GATE
    and not fields.found and not fields.has_own_advice
end

--- What to do, in sentences; the last one leads to the commands, if there are any.
-- @tparam table fields of the result
-- @treturn string "" if there is nothing to do
function result_words.to_do(fields)
  local words, prose = {}, fields.prose
  if not fields.commands then prose = fields.advice end
  if prose then words[1] = sentence(text.printable(prose)) end
  local is_said = fields.says_all or prose == false or prose and prose:find "run it again%.?$"
  if not is_said then words[#words + 1] = RETRY[fields.retry] end
  if fields.lead then words[#words + 1] = sentence(text.printable(fields.lead)) end
  local all = table.concat(words, " ")
  return fields.commands and all:gsub("%.$", ":") or all
end

return result_words
