--- How a script was called, to be shown as something to type: the same call again, or one of another script.
-- @module dfota.config.call
local shell = require "dfota.base.shell"
local text = require "dfota.base.text"

local Call = {}
Call.__index = Call

local function is_in_path(folder, path)
  for part in (path or ""):gmatch "[^:]+" do
    if part:gsub("(.)/$", "%1") == folder then return true end
  end
  return false
end

-- The kernel gives the full path of a command that the shell has found in PATH.
local function of_installed(launched, path)
  local folder, name = launched:match "^(.*)/([^/]*)$"
  local prefix = (not folder or is_in_path(folder, path)) and "" or folder .. "/"
  return {
    own = { prefix .. (name or launched) },
    of = function(other) return { prefix .. "dfota-" .. other } end,
  }
end

local function of_tree(args, scripts)
  local lowest = 0
  while args[lowest - 1] do lowest = lowest - 1 end
  local interpreter = lowest < 0 and args[lowest] or "lua5.4"
  return {
    own = { interpreter, args[0] },
    of = function(other) return { interpreter, scripts .. "/" .. other .. ".lua" } end,
  }
end

-- A password is not shown, nor one in the address of a database.
local function shown_args(args)
  local shown = {}
  for i, word in ipairs(args) do
    if args[i - 1] == "--password" and i > 1 and not word:find "^@" then
      word = "@FILE"
    elseif word:find "^%-%-password=[^@]" then
      word = "--password=@FILE"
    end
    shown[i] = text.without_credentials(word)
  end
  return shown
end

--- @tparam table args as the interpreter passed them: those of the script from 1 on, its path at 0, the interpreter
--   below; `launched`: the path of the installed command, if it was one
-- @tparam string scripts folder of the scripts
-- @tparam[opt] string path the environment's PATH
-- @treturn Call|nil nil if the script was not started by a command line
function Call.new(args, scripts, path)
  if not args[0] then return nil end
  local program = args.launched and of_installed(args.launched, path) or of_tree(args, scripts)
  return setmetatable({ program = program, args = shown_args(args) }, Call)
end

local function appended(list, ...)
  for _, more in ipairs { ... } do table.move(more, 1, #more, #list + 1, list) end
  return list
end

-- Is an option among the arguments, under one of its names?
local function has(args, names)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    for _, name in ipairs(names) do
      local is_short = not name:find "^%-%-"
      if word == name or word:find(name .. "=", 1, true) == 1 or is_short and word:find(name, 1, true) == 1 then
        return true
      end
    end
  end
  return false
end

--- The same call again, with more options.
-- @tparam[opt] {string,...} more
-- @tparam[opt] string port the one that was used, which is named unless the call names it, or its --sim, itself
-- @treturn string|nil nil if it cannot be shown in one line
function Call:again(more, port)
  local named = port and not has(self.args, { "--port", "-p", "--sim" }) and { "--port", port } or {}
  return shell.line(appended({}, self.program.own, more or {}, named, self.args))
end

--- The same program with other arguments.
-- @tparam {string,...} args
-- @treturn string|nil nil if it cannot be shown in one line
function Call:with(args) return shell.line(appended({}, self.program.own, args)) end

-- Options that concern the port or the tool in every script.
local COMMON = { "baud", "config", "ledger" }

--- A call of another script, for the same port with the same settings.
-- @tparam string name such as "watch"
-- @tparam table options of this call, by name
-- @tparam {string,...} more options of that script
-- @treturn string|nil nil if it cannot be shown in one line
function Call:other(name, options, more)
  local words = appended(self.program.of(name), { "--port", options.port })
  for _, option in ipairs(COMMON) do
    local value = options[option]
    if value and value ~= "auto" then appended(words, { "--" .. option, text.without_credentials(tostring(value)) }) end
  end
  for _, assignment in ipairs(options.set or {}) do appended(words, { "--set", assignment }) end
  return shell.line(appended(words, more))
end

return Call
