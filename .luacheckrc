std = "lua54"
max_line_length = 110
cache = false
exclude_files = { "build" }
-- scripts/launch.lua points arg[0] at the script it starts.
files["scripts/launch.lua"].globals = { "arg" }
files["spec"].std = "lua54+busted"
files["*.rockspec"] = { std = "+rockspec" }
