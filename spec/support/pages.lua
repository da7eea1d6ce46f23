--- The generators of man pages and completions, which are no part of what is installed.
package.path = "contrib/?.lua;" .. package.path
local command = require "dfota.config.command"
local scripts = require "pages.scripts"

local pages = {}

--- The commands of the tree.
pages.lines = scripts.all "scripts"

--- Gates to suggest, as `make completions` finds them.
pages.more = { gates = scripts.gates { "scripts", "lua/dfota/update" } }

--- A program with commands.
pages.with_commands = command.of {
  name = "kit", program = true, about = "Handles kits.",
  options = { { "--config", "A file.", argname = "FILE" } },
  commands = {
    { "make", "Makes a kit: it's \"new\".", arguments = { { "FILE", "Where to." } },
      options = { { "--how", "How [it] goes.", choices = { "slow", "fast" } } },
      examples = { { "NAME make a", "makes a" } } },
    { "list", "Lists kits.", arguments = { { "DIR", "Where.", args = "?" } } },
  },
}

--- All of them.
pages.all = table.move(pages.lines, 1, #pages.lines, 2, { pages.with_commands })

--- Every option of a command and its commands.
-- @return list
function pages.options(line)
  local all = table.move(line.options, 1, #line.options, 1, {})
  for _, sub in ipairs(line.commands) do table.move(sub.options, 1, #sub.options, #all + 1, all) end
  return all
end

return pages
