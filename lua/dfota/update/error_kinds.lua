--- The kinds of errors: one list, from which the table in docs/architecture.md is made.
-- `dfota.update.result` maps each kind to its exit code. A kind without an exit code never leaves the file that
-- raises it: it is converted to another kind there.
-- @module dfota.update.error_kinds

--- Each with its `name`, the layer that it comes `from`, and its `meaning`.
local kinds = {}

local function add(from, list)
  for i = 1, #list, 2 do kinds[#kinds + 1] = { name = list[i], from = from, meaning = list[i + 1] } end
end

add("core", {
  "port_missing", "there is no such port",
  "port_permission", "the port may not be opened by this user",
  "port_busy", "another program holds the port",
  "not_a_port", "a file of that name exists, but is not a serial port",
  "hangup", "the device is gone, for instance unplugged",
  "timeout", "nothing was received in time",
  "interrupted", "a signal was received",
  "io", "the operating system reports an I/O error",
  "unsupported", "the port does not support that, for instance a baud rate",
})

add("port", {
  "pty_gone", "the pseudo-terminal is gone for good: the program behind it has ended",
})

add("channel", {
  "refused", "a plain ERROR, or a reply without the value that was asked for",
  "cme", "`+CME ERROR` with a number or a text",
  "cms", "`+CMS ERROR` with a number or a text",
  "power", "the module reported a power-down",
  "reboot", "the module rebooted",
  "no_answer", "no module answers at any baud rate",
})

add("data mode", {
  "no_ack", "the module never acknowledged anything: becomes `upload`",
  "stalled", "the module stopped accepting or acknowledging data: becomes `upload`",
})

add("modem", {
  "upload", "the file did not arrive complete",
  "room", "the module's file system is full",
  "absent", "the module has no file of that name",
  "differs", "what was compared is not the same",
  "unable", "the module does not have the command that this needs",
  "network", "the module is not registered",
  "pdp", "the PDP context cannot be activated",
  "apn", "the network permanently refuses this APN, user or SIM",
})

add("before the port", {
  "usage", "the call is wrong",
  "settings", "a settings file or a table of the scripts is wrong",
  "package", "the package is not usable, or changed during the upload",
  "package_missing", "the package cannot be read",
  "url", "the URL cannot be used",
  "plan", "a fleet's plan is not usable",
  "plan_missing", "a fleet's plan cannot be read",
  "run", "a fleet's run cannot be written or read",
  "no_room", "no space is left on the disk for what a fleet's job says",
  "trace", "the file is no trace, or a damaged one",
  "trace_missing", "the trace cannot be read",
  "ledger", "the ledger cannot be read or written",
  "ledger_locked", "another program has locked the ledger",
  "central", "the central ledger cannot be reached now; nothing is lost",
  "central_refused", "the central ledger refuses this user, or is none",
})

add("update", {
  "gate", "a gate does not hold",
  "wear", "the module has reached its limit of updates",
})

return kinds
