--- Names of files in a module, as they are put into a command.
-- @module dfota.base.file_name

local text = require "dfota.base.text"

local file_name = {}

local LONGEST = 80 -- bytes, on sibling modules (LTE and 3G FILE manuals); the GSM manual gives no limit

--- Can this name one file? A pattern would name more: AT+QFDEL="*" deletes them all.
-- @tparam string name
-- @treturn string|nil the name
-- @treturn ?string what is wrong, naming it
function file_name.check(name)
  local shown = text.brief(name)
  if name == "" then return nil, "the name of a file in the module is empty" end
  if name:find "[*?]" then return nil, ("'%s' is a pattern: name one file"):format(shown) end
  if name:find '[^ !#-~]' then
    return nil, ("'%s' cannot be sent to the module: a name has printable ASCII without quotes"):format(shown)
  end
  if #name > LONGEST then return nil, ("'%s' is longer than %d bytes"):format(shown, LONGEST) end
  return name
end

return file_name
