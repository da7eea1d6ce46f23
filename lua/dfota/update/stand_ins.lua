--- What stands in for some functions of Lua's own libraries while a script's code runs.
--
-- Standard output may be a stream of JSON, and has its bar on a terminal: what is written there becomes notes, a line
-- each. os.exit would end the run without its result.
-- @module dfota.update.stand_ins
local StandIns = {}
StandIns.__index = StandIns

local NO_EXIT = "os.exit would end the run without its result: return ends a flow, error(…) ends the run"

-- A stream of notes: a line is one as soon as it is whole. A run that was left in a coroutine which nobody resumes has
-- not put the real one back: then it is written to.
local function new_output(note, is_left)
  local output, real = { rest = "" }, io.stdout
  function output:write(...)
    if is_left() then return real:write(...) end
    self.rest = self.rest .. table.concat({ ... })
    self.rest = self.rest:gsub("([^\n]*)\n", function(line) note(line) return "" end)
    return self
  end
  function output:flush()
    if self.rest ~= "" then self:write "\n" end
    return self
  end
  function output.setvbuf() return true end
  function output.seek() return nil, "Illegal seek" end
  function output.close() return nil, "the run closes it" end
  return output
end

-- Two blanks where Lua's own has a tab, which a line of text would show as "\t".
local function printer(output)
  return function(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    output:write(table.concat(words, "  "), "\n")
  end
end

--- @tparam table opts `note` function(line); `refuse` function(message), which raises; `create`, `wrap`: those of
--   coroutine
-- @treturn StandIns
function StandIns.new(opts)
  local thread = coroutine.running()
  local function is_left() return coroutine.status(thread) == "suspended" end
  local output = new_output(opts.note, is_left)
  return setmetatable({
    output = output, kept = {}, is_left = is_left,
    list = {
      { _G, "print", printer(output) }, { io, "write", function(...) return output:write(...) end },
      { io, "stdout", output }, { os, "exit", function() opts.refuse(NO_EXIT) end },
      { coroutine, "create", opts.create }, { coroutine, "wrap", opts.wrap },
    },
  }, StandIns)
end

-- The same for functions.
local function unless_left(self, stand_in, kept)
  if type(stand_in) ~= "function" then return stand_in end
  return function(...) return (self.is_left() and kept or stand_in)(...) end
end

--- Put them in place. Past any metatable: globals may be kept from being replaced.
function StandIns:put_in()
  for i, one in ipairs(self.list) do
    local owner, name, stand_in = table.unpack(one)
    self.kept[i] = rawget(owner, name)
    rawset(owner, name, unless_left(self, stand_in, owner[name]))
  end
end

--- Take them out again.
function StandIns:take_out()
  for i, one in ipairs(self.list) do rawset(one[1], one[2], self.kept[i]) end
  self.output:flush()
end

return StandIns
