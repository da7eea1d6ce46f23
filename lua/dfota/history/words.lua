--- What a ledger's outcomes and codes are called on a page for people who have not read the manual.
-- @module dfota.history.words
local codes = require "dfota.modem.codes"

local words = {}

-- Tone: good, plain, warn or bad.
local OUTCOMES = {
  updated = { "Updated", "good" },
  already_current = { "Already up to date", "good" },
  checked = { "Checked only", "plain" },
  not_started = { "Not started", "warn" },
  failed_on_source = { "Failed, old firmware runs", "bad" },
  wrong_revision = { "Unexpected revision", "bad" },
  unknown = { "Outcome unknown", "bad" },
}

local NO_END, NOT_TRIGGERED = { "End not recorded", "bad" }, { "Not triggered", "warn" }

--- What became of an update.
-- @tparam table row with `outcome` and `triggered`
-- @treturn string
-- @treturn string tone: good, plain, warn or bad
function words.outcome(row)
  local found = OUTCOMES[row.outcome]
  if found then return found[1], found[2] end
  if row.outcome then return tostring(row.outcome), "bad" end
  return table.unpack(row.triggered and NO_END or NOT_TRIGGERED)
end

--- What a module runs.
-- @tparam string|nil revision nil if it is not certain
-- @tparam string|nil last the one that was read last
-- @treturn string|nil nil if it was never read
function words.revision(revision, last)
  if revision or not last then return revision end
  return ("unknown (last seen %s)"):format(last)
end

--- What a code means.
-- @tparam integer|nil code 65xx, or of a command
-- @treturn string|nil nil if there was none
function words.code(code)
  if not code then return nil end
  return codes.meaning(code)
end

-- Whoever reads a page may have no tool. Of many updates there is not one IMEI.
local function to_watch(imei)
  return ("keep the module powered, and let whoever updated it ask what it runs now, with watch.lua%s, which completes "
    .. "the record: it is not to be updated again before"):format(imei and " --imei " .. imei or "")
end

local AGAIN = "it can be updated again; if that fails as well, check its power, its signal and its SIM"

local COMPARE = "compare both revisions with the package's: it may be the wrong package"

--- What to do about a failure.
-- @tparam table row with `outcome`, `code`, `triggered`, and `imei` where it is one module's
-- @treturn string|nil
function words.advice(row)
  local entry = row.code and codes.cme(row.code)
  if entry and entry.advice then return entry.advice end
  if row.outcome == "failed_on_source" and not row.code then return AGAIN end
  if row.outcome == "wrong_revision" then return COMPARE end
  local is_open = row.outcome == "unknown" or not row.outcome and row.triggered
  return is_open and to_watch(row.imei) or nil
end

return words
