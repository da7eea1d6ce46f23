--- What the end of one update means where there are several: the hops of a chain, or one that an earlier run had begun.
-- @module dfota.update.hops
local result = require "dfota.update.result"
local tables = require "dfota.base.tables"
local verdict = require "dfota.update.verdict"

local hops = {}

--- The hops of a chain that are done, in words.
-- @tparam integer number how many
-- @tparam integer of how many there are
-- @treturn string
function hops.done_words(number, of)
  return (number == 1 and "hop 1 of %d is done" or "hops 1 to %d of %d are done"):format(
    table.unpack(number == 1 and { of } or { number, of }))
end

-- What was done before is on record, and the plan is made anew from what the module runs.
local function go_on(fields)
  fields.retry, fields.advice, fields.step = "safe", "the same call goes on from there", "go_on"
  fields.prose, fields.lead, fields.commands = nil, nil, nil
  return fields
end

-- The same where there is nothing better to do first.
local function goes_on(fields)
  return result.only_says_again(fields) and go_on(fields) or fields
end

--- An update that was begun before this run has ended, and this call's own was not begun.
-- @tparam table own verdict of that update, by its own target
-- @tparam string to target of this call
-- @treturn table the fields of a result; `of_record`, what is to be recorded of that update
function hops.of_other(own, to)
  return go_on(result.of(82, {
    outcome = "wrong_revision", changed = own.changed, before = own.before, after = own.after, of_record = own,
    message = ("the update that was under way has ended as it should: the module runs %s; the one to %s was not begun")
      :format(own.after, to),
  }))
end

--- What the end of one hop means for the whole chain: the same exit code, told of the chain.
-- @tparam table fields of the hop's result
-- @tparam table hop `number`, `of`, `from`, `to`; `start`, the revision that ran before the chain
-- @treturn table the fields of a result
function hops.in_chain(fields, hop)
  local whole = tables.with(fields)
  if hop.of == 1 then return whole end
  whole.before = hop.start
  if fields.after then whole.changed = fields.after ~= hop.start end
  whole.message = ("hop %d of %d, %s -> %s: %s"):format(hop.number, hop.of, hop.from, hop.to, fields.message)
  if hop.number == 1 or fields.outcome == "not_started" then return whole end -- what is done, `on_the_way` says
  whole.message = ("%s; %s"):format(hops.done_words(hop.number - 1, hop.of), whole.message)
  return goes_on(whole)
end

--- What ended before its trigger, although the module has been changed since the run began: by the hops before, or by
-- an update that was followed. Not 130, which promises that nothing was changed: an update has ended, and the revision
-- is not the target.
-- @tparam table fields of a result
-- @tparam table|nil done `before` (nil if unknown) and `after` revision, `words` what was done; nil if nothing was
-- @treturn table the fields of a result
function hops.on_the_way(fields, done)
  if fields.outcome ~= "not_started" or not done or done.before == done.after then return fields end
  local whole = goes_on(tables.with(fields, { outcome = "wrong_revision", on_the_way = true, after = done.after,
    message = ("%s: the module runs %s; %s"):format(done.words, done.after, fields.message) }))
  whole.before, whole.changed = done.before, done.before and true or nil
  if whole.rc == 130 then whole.rc = 82 end
  return whole
end

--- All hops of a chain are done.
-- @tparam table fields of the last hop's result
-- @tparam table hop as of `in_chain`
-- @treturn table the fields of a result
function hops.of_chain(fields, hop)
  if hop.of == 1 then return hops.in_chain(fields, hop) end
  return result.of(0, { outcome = "updated", changed = true, before = hop.start, after = hop.to,
    recorded = fields.recorded, message = ("the module now runs %s, after %d updates"):format(hop.to, hop.of) })
end

--- A chain was interrupted after a hop that ended well: nothing of the next one was begun.
-- @tparam table hop that was done, as of `in_chain`
-- @treturn table the fields of a result, for `on_the_way`
function hops.between(hop)
  return verdict.not_confirmed("interrupted", hop.to, ("interrupted before hop %d"):format(hop.number + 1))
end

return hops
