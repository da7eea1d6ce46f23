-- Generates the parts of docs/ that come from the sources: `make docs`.
--
-- docs/settings.md from the list of settings; each example in docs/json.md from a run that produces it.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local json_page = require "support.json_page"
local json_runs = require "support.json_runs"
local settings_page = require "support.settings_page"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function examples()
  local lines, _, rows = json_runs.play()
  json_runs.clean()
  return table.move(rows, 1, #rows, #lines + 1, lines)
end

write("docs/settings.md", settings_page())
write("docs/json.md", json_page.with_examples(read "docs/json.md", examples()))
