--- Canned answers: the named commands are answered with a given text and do nothing.
local Canned = {}
Canned.__index = Canned

--- Parses the switch `reply`: `COMMAND:text;COMMAND*3:text`. COMMAND is what follows `AT` or `AT+`, with or
-- without its `?` or `=…`; with `*3` only the first three are answered so.
-- @string text
-- @treturn Canned
function Canned.new(text)
  local self = setmetatable({ list = {} }, Canned)
  for item in text:gmatch("[^;]+") do
    local command, answer = item:match("^([^:]+):(.*)$")
    local name, times = command:match("^(.-)%*(%d+)$")
    table.insert(self.list, { command = (name or command):upper(), left = tonumber(times), text = answer })
  end
  return self
end

--- The canned answer to a command, or nil if it has none.
-- @string name of the command, for example `QISTAT`
-- @string written the command with what follows its name, for example `CREG?`
-- @treturn ?string
function Canned:take(name, written)
  for _, answer in ipairs(self.list) do
    local meant = answer.command == name or answer.command == written:upper()
    if meant and answer.left ~= 0 then
      answer.left = answer.left and answer.left - 1
      return answer.text
    end
  end
end

return Canned
