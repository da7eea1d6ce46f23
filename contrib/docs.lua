-- Makes what stands in docs/ and is known from the sources: `make docs`.
--
-- docs/settings.md out of the list of settings; in docs/json.md each example, out of a run that gives it.
-- With a folder as its argument it writes there and not to docs/, for the spec that compares.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local to = arg[1] or "docs"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function write(name, text)
  local file <close> = assert(io.open(to .. "/" .. name, "w"))
  assert(file:write(text))
end

write("settings.md", require "support.settings_page" ())
write("json.md", require "support.json_page".with_examples(read "docs/json.md"))
