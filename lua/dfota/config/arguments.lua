--- A look at a script's arguments before they are parsed.
-- @module dfota.config.arguments

local arguments = {}

--- Is a flag among them? So that an error in the others is reported in the requested form.
-- @tparam {string,...} args
-- @tparam string flag such as "--json"
-- @treturn boolean
function arguments.has(args, flag)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    if word == flag then return true end
  end
  return false
end

return arguments
