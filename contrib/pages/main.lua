-- `make man` and `make completions`: pages.lua FOLDER writes FOLDER/man and FOLDER/completions/{bash,zsh,fish} from the
-- option tables of the scripts. VERSION and, as seconds, SOURCE_DATE_EPOCH may be given in the environment.
package.path = "lua/?.lua;lua/?/init.lua;contrib/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local core = require "dfota.core"
local launcher = require "pages.launcher"
local man = require "pages.man"
local overview = require "pages.overview"
local scripts = require "pages.scripts"

local what, folder = arg[1], arg[2]
local lines = scripts.all "scripts"

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function write_man()
  local epoch = tonumber(os.getenv "SOURCE_DATE_EPOCH" or nil)
  local build = { version = os.getenv "VERSION" or core.version, date = os.date("!%Y-%m-%d", epoch) }
  for _, line in ipairs(lines) do
    write(("%s/dfota-%s.1"):format(folder, line.name), man.page(line, lines, build))
  end
  write(folder .. "/dfota.7", overview(lines, build))
end

local function write_completions()
  local more = { gates = scripts.gates { "scripts", "lua/dfota/update" } }
  for shell, name in pairs { bash = "dfota%s", zsh = "_dfota%s", fish = "dfota%s.fish" } do
    local made, path = require("pages." .. shell), ("%s/%s/%s"):format(folder, shell, name)
    for _, line in ipairs(lines) do write(path:format("-" .. line.name), made(line, more)) end
    write(path:format "", launcher[shell](lines))
  end
end

if what == "man" then write_man() else write_completions() end
