--- The prompt of a command that asks for a text, as AT+CMGS does, and the text sent in reply.
--
-- A prompt may come after its command timed out: then nothing sent later may be taken for the text.
-- So ESC is sent at once, and again before the next command.
-- @module dfota.at.prompt
local Prompt = {}
Prompt.__index = Prompt

local END_OF_TEXT, NO_TEXT = "\26", "\27" -- 3GPP TS 27.005, +CMGS: SUB sends the text, ESC aborts

--- @param lexer of `dfota.core`
-- @treturn Prompt
function Prompt.new(lexer)
  return setmetatable({ lexer = lexer, may_come = false }, Prompt)
end

--- A command as it is sent: after an ESC if an earlier prompt may still come.
-- @tparam string command
-- @tparam boolean alone no other command is pending any more, nor its prompt
-- @treturn string
function Prompt:line_of(command, alone)
  if alone then self.may_come = false end
  if self.may_come then return NO_TEXT .. command .. "\r" end
  return command .. "\r"
end

--- A command with a text was sent: expect its prompt.
function Prompt:expect() self.lexer:expect_prompt(true) end

--- The command was refused: no prompt will come.
function Prompt:forget() self.lexer:expect_prompt(false) end

--- The command was abandoned: its prompt may still come.
-- @treturn string what to write
function Prompt:give_up()
  self:forget()
  self.may_come = true
  return NO_TEXT
end

--- A text as it is sent at the prompt.
-- @tparam string text
-- @treturn string
function Prompt.given(text) return text .. END_OF_TEXT end

--- Is a line the echo of a text?
-- @tparam string line
-- @tparam string text
-- @treturn boolean
function Prompt.is_echo(line, text) return line == text or line == text .. END_OF_TEXT end

return Prompt
