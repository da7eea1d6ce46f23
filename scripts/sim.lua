#!/usr/bin/env lua5.4
-- The simulated module: prints the name of its pty and behaves like an MC65 there until it is stopped.
local function sim(args) return require("dfota.sim.cli")(args, io.stdout, io.stderr) end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(sim, arg, { program = true })
