--- The exit codes: one list, from which help and man pages are made. Scripts and programs rely on it.
-- `dfota.update.verdict` and `dfota.update.result` decide which one a run has.
-- @module dfota.base.exit_codes

--- `list` has each of them, in order.
local exit_codes = { list = {} }

local rows = {
  { 0, "updated and verified, or already at the target", nil },
  { 1, "a fault in this program", "report it" },
  { 2, "usage", "after fixing the call" },
  { 65, "package, manifest or URL is not usable, or the package changed while it was uploaded", "after fixing it" },
  { 66, "package file is missing or unreadable", "after fixing it" },
  { 69, "the module does not answer", "after looking at wiring, power, baud" },
  { 74, "the port is missing, busy, or was lost before the trigger", "after fixing it" },
  { 75, "no network, PDP context, download or upload, or the ledger is locked by others; the source firmware still "
    .. "runs", "yes, safe" },
  { 77, "no permission on the port", "after fixing it" },
  { 78, "settings, a table, a script file or the ledger is wrong", "after fixing it" },
  { 80, "outcome unknown: the update was triggered and its end was not seen", "no: watch.lua" },
  { 81, "the module refused or failed the update (65xx) and runs its source firmware", "after reading the code" },
  { 82, "the update ended, and the revision is not the target", "after reading both" },
  { 83, "the wear limit is reached", "no" },
  { 84, "a gate refused: revision, supply, signal, SIM, room, server, …", "after fixing it, or --force GATE" },
  { 130, "interrupted before the trigger; nothing was changed", "yes, safe" },
}

local by_code = {}

for i, row in ipairs(rows) do
  local entry = { code = row[1], meaning = row[2], again = row[3] }
  exit_codes.list[i], by_code[entry.code] = entry, entry
end

--- One of them.
-- @tparam integer code
-- @treturn table|nil `code`, `meaning`, and `again`: whether and when to run it again, nil after a success
function exit_codes.of(code) return by_code[code] end

return exit_codes
