--- The option sim, whose value may be left out: argparse knows no such option before an argument, so it is taken out.
-- @module dfota.config.sim_option

local url = require "dfota.config.url"
local uv = require "luv"

local sim_option = {}

local function exists(path) return uv.fs_stat(path) ~= nil end

-- What follows is a SPEC only if it cannot be the package.
local function is_spec(word, is_switches)
  if not word or word:find("^%-") or url.is_url(word) or exists(word) then return false end
  return word:find("=", 1, true) ~= nil or is_switches(word)
end

--- Takes it out of the arguments.
-- @tparam {string,...} args
-- @tparam function is_switches of a word: does it name switches of the simulated module?
-- @treturn {string,...} the other arguments
-- @treturn string|nil SPEC, "" if none was given; nil without --sim
function sim_option.take(args, is_switches)
  local rest, sim = {}, nil
  local i = 1
  while i <= #args do
    local word = args[i]
    if word == "--" then
      table.move(args, i, #args, #rest + 1, rest)
      break
    elseif word == "--sim" then
      sim = ""
      if is_spec(args[i + 1], is_switches) then
        i = i + 1
        sim = args[i]
      end
    elseif word:find("^%-%-sim=") then
      sim = word:sub(7)
    else
      rest[#rest + 1] = word
    end
    i = i + 1
  end
  return rest, sim
end

return sim_option
