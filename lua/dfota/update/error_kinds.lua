--- The kinds of errors: one list, from which the table in docs/architecture.md is made.
-- What a kind means for the exit code stands in `dfota.update.verdict`. A kind without an exit code never leaves the
-- file that it is raised in: another one is made of it there.
-- @module dfota.update.error_kinds

--- Each with its `name`, the part of the house that it comes `from`, and its `meaning`.
local kinds = {}

local function add(from, list)
  for i = 1, #list, 2 do kinds[#kinds + 1] = { name = list[i], from = from, meaning = list[i + 1] } end
end

add("core", {
  "port_missing", "there is no such port",
  "port_permission", "the port may not be opened by this user",
  "port_busy", "another program holds the port",
  "not_a_port", "a file of that name is no serial port",
  "hangup", "the device is gone, unplugged for instance",
  "timeout", "nothing came in time",
  "interrupted", "a signal came",
  "io", "the operating system reports a failure of its own",
  "unsupported", "the port cannot do that, such as a baud rate it does not have",
})

add("port", {
  "pty_gone", "the pseudo-terminal is gone for good, and its program with it",
})

add("channel", {
  "refused", "a plain ERROR, or an answer without what was asked for",
  "cme", "`+CME ERROR` with a number or a text",
  "cms", "`+CMS ERROR` with a number or a text",
  "power", "the module said that its supply is going",
  "reboot", "the module rebooted",
  "no_answer", "no module answers, at any rate",
})

add("data mode", {
  "no_ack", "the module acknowledged nothing at all: becomes `upload`",
  "stalled", "the module takes or acknowledges nothing any more: becomes `upload`",
})

add("modem", {
  "upload", "the file did not arrive whole",
  "room", "the module's file system is full",
  "network", "the module is not registered",
  "pdp", "the PDP context cannot be activated",
  "apn", "the network refuses this APN, user or SIM for good",
})

add("before the port", {
  "usage", "the call is wrong",
  "settings", "a settings file or a table of the scripts is wrong",
  "package", "the package is not what it should be, or changed",
  "package_missing", "the package cannot be read",
  "url", "the URL cannot be used",
  "ledger", "the ledger cannot be read or written",
  "ledger_locked", "another program holds the ledger",
})

add("update", {
  "gate", "a gate does not hold",
  "wear", "the module was updated too often",
  "stranger", "behind a port that came back another module answers: no verdict is taken from it",
})

return kinds
