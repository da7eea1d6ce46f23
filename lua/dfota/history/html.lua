--- HTML, element by element: every text is made safe to show and escaped, so that nothing that a module, a file or a
-- ledger said can become part of the page.
-- @module dfota.history.html
local text = require "dfota.base.text"

local html = {}

local Element = {}
Element.__index = Element

local NAMED = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text for an element or an attribute's value.
-- @param value anything; converted by tostring
-- @treturn string
function html.escaped(value) return (text.printable(value):gsub("[&<>\"']", NAMED)) end

local VOID = { meta = true, rect = true, br = true }

-- Sorted, so that the same page is the same bytes.
local function attributes(of)
  local names = {}
  for name in pairs(of) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = (' %s="%s"'):format(name, html.escaped(of[name])) end
  return table.concat(parts)
end

local function add(parts, child)
  if child == nil or child == false then return end
  if type(child) == "table" and getmetatable(child) ~= Element then
    for i = 1, child.n or #child do add(parts, child[i]) end
  else
    parts[#parts + 1] = getmetatable(child) == Element and child.code or html.escaped(child)
  end
end

--- One element.
-- @tparam string name
-- @tparam[opt] table of its attributes by name
-- @param ... its children: elements, lists of them, or texts; nil and false are left out
-- @treturn Element
function html.element(name, of, ...)
  local parts = { "<", name, attributes(of or {}), ">" }
  if not VOID[name] then
    add(parts, table.pack(...))
    parts[#parts + 1] = "</" .. name .. ">"
  elseif name == "rect" then
    parts[#parts] = "/>"
  end
  return setmetatable({ code = table.concat(parts) }, Element)
end

--- Code of our own, which is not escaped.
-- @tparam string code
-- @treturn Element
function html.raw(code) return setmetatable({ code = code }, Element) end

--- The code of an element.
-- @tparam Element element
-- @treturn string
function html.code(element) return element.code end

return html
