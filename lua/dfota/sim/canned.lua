--- Answers that are laid down: a command that is named is answered by a given text, and does nothing.
local Canned = {}
Canned.__index = Canned

--- Reads the switch `reply`: `COMMAND:text;COMMAND*3:text`. COMMAND is what stands behind `AT` or `AT+`, with or
-- without its `?` or `=…`; `*3` answers so three times only.
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

--- The answer to a command, or nil where it answers by itself.
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
