-- Mutants that no user could tell from the program, each with the reason: they are passed over when mutants are drawn.
-- A row is the file, the line as it stands, what it would become, and why that is the same.
local equivalent = {
  { "lua/dfota/cli.lua", 'return word:find("=", 1, true) ~= nil or Spec.parse(word) ~= nil',
    'return word:find("=", 0, true) ~= nil or Spec.parse(word) ~= nil', "string.find takes 0 for 1" },
  { "lua/dfota/echo.lua", "for _, from in ipairs(self.length > 0 and { self.length, 0 } or { 0 }) do",
    "for _, from in ipairs(self.length >= 0 and { self.length, 0 } or { 0 }) do", "0 is looked at twice" },
  { "lua/dfota/sim/serve.lua", 'if driver.first > #driver.out then driver.out, driver.first = "", 1 end',
    'if false then driver.out, driver.first = "", 1 end', "what is written already is only kept longer" },
  { "core/serial.c", "if (port->io.fd >= 0) port->driver->close(port);",
    "if (port->io.fd >= 1) port->driver->close(port);", "the standard handles are filled before a port is opened" },
  { "core/serial.c", "if (port->lock_fd >= 0) close(port->lock_fd);", "if (port->lock_fd >= 1) close(port->lock_fd);",
    "the standard handles are filled before a port is opened" },
  { "core/upload.c", "while (end + after < have && after < PLUS_RUN && bytes[end + after] == '+') after++;",
    "while (end + after < have && after <= PLUS_RUN && bytes[end + after] == '+') after++;",
    "three are a run already, and a fourth changes nothing" },
  { "core/upload.c", "errno = 0;", ";", "it is told only where a read failed, which sets it" },
  { "core/at_reply.c", "long long number = 0;", "long long number = 1;", "read only where digits were read into it" },
  { "core/at_reply.c", "if (length < 2 || !is_second_letter(line[1])) return AT_INFO;",
    "if (length < 2 && !is_second_letter(line[1])) return AT_INFO;",
    "a short cut: a line that differs there is compared with each final, and is none" },
  { "core/at_reply.c", "size_t limit = length > 0 && *text == '0' ? 9 : 18;",
    "size_t limit = length >= 0 && *text == '0' ? 9 : 18;", "no digits are no number, whatever the limit" },
  { "core/lua_table.c", "if (moved) box->used = box->used - before + after;",
    "if (1) box->used = box->used - before + after;", "an allocation that fails ends the sandbox" },
  { "core/lua_table.c", "box->state = NULL;", ";", "it is collected once, and closed nowhere else" },
  { "core/lua_table.c", "if (box->steps > 0 && cpu_clock() < box->deadline) return;",
    "if (box->steps > 0 && cpu_clock() <= box->deadline) return;", "a nanosecond" },
  { "core/serial_list.c", "char path[PATH_MAX], line[128], console[64];",
    "char path[PATH_MAX], line[128], console[63];", "no name in /proc/consoles is that long" },
  { "core/serial_list.c", "free(list->entries);", ";", "a leak, which make asan and make valgrind tell" },
  { "core/lua_signals.c",
    "return dfota_result(L, result == WAIT_READY || (result == WAIT_TIMEOUT && fd < 0), &failure);",
    "return dfota_result(L, result == WAIT_READY || (result == WAIT_TIMEOUT && fd <= 0), &failure);",
    "nobody waits for the standard input" },
  { "lua/dfota/ledger_store.lua", 'return tostring(reason):find("is locked", 1, true) ~= nil',
    'return tostring(reason):find("is locked", 1, false) ~= nil', "words without a sign that patterns know" },
  { "core/pty.c", "return pty->slave_fd >= 0 && make_raw(pty->slave_fd) == 0;",
    "return pty->slave_fd > 0 && make_raw(pty->slave_fd) == 0;",
    "the standard handles are filled before a pty is opened" },
  { "core/lua_table.c", "luaL_setmetatable(L, SANDBOX);", ";",
    "a leak where this program itself is out of memory; else the sandbox is closed at once" },
  { "lua/dfota/channel.lua", "self.listeners[fn] = true", "self.listeners[fn] = false", "only its key is read" },
  { "lua/dfota/ledger_book.lua", "local rows, err = list(self, where, 1)", "local rows, err = list(self, where, 2)",
    "the first of them is taken" },
  { "lua/dfota/follow.lua", "bauds = opts.bauds, imei = opts.imei, next_ask_s = 0, in_vain = 0,",
    "bauds = opts.bauds, imei = opts.imei, next_ask_s = 1, in_vain = 0,",
    "the clock counts from the host's boot, which was more than a second ago" },
}

-- What is the same wherever it stands: a pattern of the line as it stands, of which `%1` and `%2` are kept, and what it
-- would become.
equivalent.anywhere = {
  { "(:find%(.-), 1, true(%))", "%1, 0, true%2", "string.find takes 0 for 1" },
  { '(:find%("[%w _=:/]+"), 1, true(%))', "%1, 1, false%2", "words without a sign that patterns know" },
  { "(error%(core%.error%(.*%)), 0(%))$", "%1, 1%2", "a place is only put before what is text" },
}

return equivalent
