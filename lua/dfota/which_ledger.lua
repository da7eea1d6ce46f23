--- Which ledger a run has, and what people are told of it before the port is opened.
-- @module dfota.which_ledger
local ledger = require "dfota.ledger.ledger"
local place = require "dfota.ledger.place"

local which_ledger = {}

local function warn(context, text) context.report:event("note", { level = "warning", text = text }) end

-- Who only looks or follows goes on without it.
local function without_ledger(context, err)
  if not context.kind.lenient or err.kind == "interrupted" then error(err, 0) end
  warn(context, err.message .. "; going on without it")
  context.ledger_missing = err
  return ledger.none()
end

-- A trial is no update: it has a ledger only if one was chosen. The environment may name that of real modules.
local function tell_of_trial(context, book)
  local options = context.options
  if not (options.sim and options.from_environment.ledger) or options.check or book.is_none then return end
  context.report:event("note", { level = "info",
    text = ("this simulated update is recorded in the ledger %s, which DFOTA_LEDGER names (--ledger none: in none)")
      :format(book.name) })
end

--- Open it. What a run would write into is looked at by --check, too.
-- @tparam table context of `dfota.assembly`; its `ledger_missing` is set where a run goes on without it
-- @return the ledger; raises if there is none that the run can go on with
function which_ledger.open(context)
  local options, set = context.options, context.set
  local where = options.ledger or options.sim and "none" or nil
  local book, err = ledger.open(where, {
    readonly = options.check or context.kind.readonly, will_write = options.check and not context.kind.readonly,
    on_wait = function(line) warn(context, line) end,
    answer_s = set.ledger_s, busy_s = set.ledger_busy_s, last_s = set.ledger_last_s,
  })
  if not book then return without_ledger(context, err) end
  local warning = not options.from_environment.ledger and ledger.warning(where)
  if warning then warn(context, warning) end
  local absent = place.tell_absent(options, book)
  local level = context.kind.readonly and "warning" or "info" -- who only looks expects a ledger to be there
  if absent then context.report:event("note", { level = level, text = absent }) end
  tell_of_trial(context, book)
  return book
end

return which_ledger
