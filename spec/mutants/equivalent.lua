-- Mutants that no user could tell from the program, each with the reason: they are passed over when mutants are drawn.
-- A row is the file, the line as it stands, what it would become, and why that is the same.
return {
  { "lua/dfota/cli.lua", 'return word:find("=", 1, true) ~= nil or Spec.parse(word) ~= nil',
    'return word:find("=", 0, true) ~= nil or Spec.parse(word) ~= nil', "string.find takes 0 for 1" },
  { "lua/dfota/echo.lua", "for _, from in ipairs(self.length > 0 and { self.length, 0 } or { 0 }) do",
    "for _, from in ipairs(self.length >= 0 and { self.length, 0 } or { 0 }) do", "0 is looked at twice" },
  { "lua/dfota/sim/serve.lua", 'if driver.first > #driver.out then driver.out, driver.first = "", 1 end',
    'if false then driver.out, driver.first = "", 1 end', "what is written already is only kept longer" },
  { "core/serial.c", "if (port->io.fd >= 0) {", "if (port->io.fd >= 1) {",
    "the standard handles are filled before a port is opened" },
  { "core/serial.c", "if (port->lock_fd >= 0) close(port->lock_fd);", "if (port->lock_fd >= 1) close(port->lock_fd);",
    "the standard handles are filled before a port is opened" },
}
