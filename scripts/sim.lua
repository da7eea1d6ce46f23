#!/usr/bin/env lua5.4
-- The simulated module: prints the name of its pty and behaves like an MC65 there until it is stopped.
local function sim(options, program) return require("dfota.sim.cli")(options, program) end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(sim, arg, {
  program = true,
  about = "A simulated Quectel MC65 on a pty. The first line it prints is the port to open.",
  options = {
    { "--spec", "Switches: name=value,name,… (see --list).", argname = "SPEC", complete = "switches" },
    { "--list", "Print the switches and exit.", flag = true },
    { "--seed", "Seed of everything random.", argname = "N", convert = math.tointeger },
    { "--http", "Where to download a URL from: nowhere, or the real server.", choices = { "simulated", "real" } },
    { "--link", "Throttle the line: a rate in bit/s, or 'baud' for the module's own.", argname = "BAUD",
      words = { "baud" } },
    { "-q --quiet", "Print only the port's name.", flag = true },
    { "--owned", "Exit when the parent process ends; its PID detects one that has already ended.", args = "?",
      argname = "PID", convert = math.tointeger },
    { "--make-package", "Write a simulated delta package that upgrades from A to B, and exit.", args = 3,
      argname = { "A", "B", "FILE" }, group = "Packages" },
    { "--size", "Size of that package in bytes.", argname = "N", convert = math.tointeger, group = "Packages" },
    { "--plus", "Whether it contains +++: avoid, any, or the offset of one.", argname = "WHERE", default = "avoid",
      words = { "avoid", "any" }, group = "Packages" },
  },
  done = "stopped, or the package was written",
  exit_codes = { 74, { 130, "interrupted while a package was written", "yes, safe" } },
  examples = {
    { "NAME", "a module that runs MC65FAR01A01, until Ctrl-C" },
    { "NAME --spec csq=5,fail=end:6508", "one with a weak signal, whose update fails" },
    { "NAME --make-package MC65FAR01A01 MC65FAR01A02 A2B.pack", "a package for it" },
  },
})
