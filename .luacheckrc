std = "lua54"
max_line_length = 120
cache = false
exclude_files = { "build" }
files["spec"].std = "lua54+busted"
-- It points arg[0] at the script it starts, and lends it a dofile.
files["scripts/launch.lua"].globals = { "arg", "dofile" }
-- A table: one row a line.
files["lua/dfota/sim/options_list.lua"].max_line_length = false
