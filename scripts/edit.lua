-- Your own copies of scripts and tables, which no upgrade replaces: lua scripts/edit.lua [NAME]
local here = (debug.getinfo(1, "S").source:match "^@(.*)/" or ".")

-- Not for editing: what starts and finds the others.
local OURS = { start = true, launch = true, edit = true }

-- Installed ones, and those that are only the user's.
local function all_names()
  local uv, seen, names = require "luv", { settings = true }, { "settings" }
  local places = require("dfota.config.user_files").places { scripts = here } or {}
  for _, place in ipairs(places) do
    local scan = uv.fs_scandir(place.path)
    for file in function() return scan and uv.fs_scandir_next(scan) end do
      local name = file:match "^([%w_]+)%.lua$"
      if name and not OURS[name] and not seen[name] then
        seen[name], names[#names + 1] = true, name
      end
    end
  end
  table.sort(names)
  return names
end

local function installed(name) return here .. "/" .. name .. ".lua" end

local function described(name, state)
  if state.wrong then return "cannot be used: " .. state.wrong end
  if not state.path then return name == "settings" and "none: the defaults" or "installed: " .. installed(name) end
  if name ~= "settings" and not state.edited then return "yours, as installed: " .. state.path end
  return "yours: " .. state.path
end

local function outdated(program, name, state)
  if not state.outdated then return end
  program:say(("%-10s the installed one has changed since; see what is new: diff %s %s"):format(
    "", state.outdated, installed(name)))
end

local function list(program)
  local copies = require "dfota.config.script_copies"
  for _, name in ipairs(all_names()) do
    local state = copies.state(name .. ".lua", installed(name))
    program:say(("%-10s %s"):format(name, described(name, state)))
    outdated(program, name, state)
  end
  return 0
end

local function unknown(name)
  local text, suggest = require "dfota.base.text", require "dfota.base.suggest"
  return require("dfota.core").error("usage", ("there is no script or table %s%s (dfota-edit lists them)"):format(
    text.brief(name), suggest.hint(name, all_names())))
end

local function source_of(name)
  local copies, files = require "dfota.config.script_copies", require "dfota.base.regular_file"
  if name == "settings" then return copies.settings() end
  if OURS[name] or not name:find "^[%w_]+$" then return nil, unknown(name) end
  local source, why, absent = files.read(installed(name), 1 << 20)
  if source then return source end
  return nil, absent and unknown(name) or require("dfota.core").error("settings", installed(name) .. ": " .. why)
end

local function make_copy(program, name, source)
  local folder, for_all = require("dfota.config.user_files").new_folder()
  if not folder then return nil, for_all end
  local path = ("%s/%s.lua"):format(folder, name)
  local made, wrong = require("dfota.config.script_copies").make(source, path, name ~= "settings")
  if not made then return nil, wrong end
  program:say(("%s: made%s; it counts from now on, and no upgrade replaces it"):format(path,
    for_all and ", for every user of this machine" or ""))
  return path
end

-- The path of the user's copy, which is made if there is none.
local function copy_of(program, name)
  local state = require("dfota.config.script_copies").state(name .. ".lua", installed(name))
  if state.wrong then return nil, require("dfota.core").error("settings", state.wrong) end
  if not state.path then
    local source, err = source_of(name)
    if not source then return nil, err end
    return make_copy(program, name, source)
  end
  program:say(state.path .. ": is yours already")
  outdated(program, name, state)
  return state.path
end

local function editor()
  local uv = require "luv"
  if uv.guess_handle(0) ~= "tty" or uv.guess_handle(1) ~= "tty" then return nil end
  for _, name in ipairs { "VISUAL", "EDITOR" } do
    local command = os.getenv(name)
    if command and command ~= "" then return command end
  end
end

-- As crontab and visudo do: opened, and looked at afterwards.
local function open(program, command, path)
  program.out:flush()
  os.execute(("%s '%s'"):format(command, path:gsub("'", "'\\''")))
  local good, why = loadfile(path, "t", {})
  if good then return 0 end
  return program:fail(require("dfota.core").error("settings", why))
end

local function edit(options, program)
  local name = options.name and options.name:gsub("%.lua$", "")
  if not name then return list(program) end
  local path, err = copy_of(program, name)
  if not path then return program:fail(err) end
  local command = editor()
  return command and open(program, command, path) or 0
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(edit, arg, {
  program = true,
  about = "Make your own copy of a script or table, which counts from then on and which no upgrade replaces.",
  arguments = { { "NAME", "The script or table: update, retries, apns, settings …; without it all are listed.",
    args = "?" } },
  exit_codes = { { 130, "interrupted", "yes, safe" } },
  examples = {
    { "NAME", "lists which script and table counts: the installed one or yours" },
    { "NAME update", "makes ~/.config/dfota/update.lua (as root /etc/dfota/update.lua, for every user) and opens it in "
      .. "$EDITOR" },
  },
})
