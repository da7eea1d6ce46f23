--- What the value of an option must look like: each function returns the value, or nil and what is wrong with it.
-- @module dfota.config.option_values

local text = require "dfota.base.text"

local option_values = {}

--- A whole number, in digits.
-- @tparam string value
-- @tparam integer least
-- @tparam integer most
function option_values.whole(value, least, most)
  local number = value:find("^%d+$") and math.tointeger(tonumber(value))
  if number and number >= least and number <= most then return number end
  return nil, ("'%s' is not a whole number from %d to %d"):format(text.brief(value), least, most)
end

--- How many at most: a number from 1 on, as Lua writes numbers.
-- @tparam string value
-- @tparam integer most
function option_values.limit(value, most)
  local number = math.tointeger(tonumber(value))
  if number and number >= 1 and number <= most then return number end
  return nil, ("'%s' is not a whole number from 1 to %d"):format(value, most)
end

--- How often a step is repeated: 0 to 1000.
function option_values.retries(value)
  local number = option_values.whole(value, 0, 1000)
  if number then return number end
  return nil, ("'%s' is not a valid number of retries"):format(text.brief(value))
end

--- A baud rate in bits per second, or auto.
function option_values.baud(value)
  if value == "auto" then return value end
  local number = option_values.whole(value, 75, 4000000)
  if number then return number end
  return nil, ("'%s' is not a baud rate: give a number such as 115200, or auto"):format(text.brief(value))
end

--- A revision as ATI reports it. A space may occur inside; at either end it is a quoting mistake.
function option_values.revision(value)
  if value:find("^[%w._/+-][%w._/+ -]*$") and not value:find(" $") and #value <= 64 then return value end
  return nil, ("'%s' is not a revision as ATI reports it"):format(text.brief(value))
end

--- An IMEI: 15 digits (3GPP TS 23.003). A spreadsheet makes 8.61235E+14 of them.
function option_values.imei(value)
  if value:find("^%d+$") and #value == 15 then return value end
  if value:find "^%d[.,]?%d*[eE]%+?%d+$" then
    return nil, ("'%s' is an IMEI that a spreadsheet has rounded: format its column as text and enter all 15 digits")
      :format(text.brief(value))
  end
  return nil, ("'%s' is not an IMEI: it has 15 digits"):format(text.brief(value))
end

--- The name of a campaign. It is stored in the ledger and appears in tables and queries.
function option_values.run(value)
  if value:find("^[%w][%w._:/+-]*$") and #value <= 64 then return value end
  return nil, ("'%s' cannot name a run: use up to 64 letters, digits and ._:/+-, and begin with a letter "
    .. "or digit"):format(text.brief(value))
end

--- The name of a gate, which may be a custom one: any name that a flow may use.
function option_values.gate(value)
  if value:find("^[%w_][%w_.-]*$") and #value <= 64 then return value end
  return nil, ("'%s' is not the name of a gate"):format(text.brief(value))
end

return option_values
