--- What every page of ours is: one file that needs nothing from anywhere else, and runs nothing.
-- @module dfota.history.document
local html = require "dfota.history.html"
local style = require "dfota.history.style"

local document = {}

local element, raw = html.element, html.raw

--- How every page begins, so that it can be told from files that are not ours.
document.MARK = "<!DOCTYPE html>\n<!-- a report made by dfota -->\n"

--- A whole number as "12,345".
-- @tparam integer n
-- @treturn string
function document.thousands(n)
  local digits = ("%d"):format(n)
  return (digits:reverse():gsub("(%d%d%d)(%d)", "%1,%2"):gsub("(%d%d%d)(%d)", "%1,%2"):reverse())
end

--- So many of something: "1 update", "1,200 updates".
-- @tparam integer n
-- @tparam string what
-- @treturn string
function document.counted(n, what) return ("%s %s%s"):format(document.thousands(n), what, n == 1 and "" or "s") end

--- A number to be seen at once.
-- @tparam integer number
-- @tparam string words of it
-- @treturn Element
function document.tile(number, words)
  return element("li", { class = "tile" }, element("b", nil, document.thousands(number)), element("span", nil, words))
end

--- A line that matters less.
-- @param ... as of `html.element`
-- @treturn Element
function document.soft(...) return element("p", { class = "soft" }, ...) end

local function head(title)
  return element("head", nil, element("meta", { charset = "utf-8" }),
    element("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    -- Nothing may be fetched or run, whatever a text of others might get past everything else.
    element("meta", { ["http-equiv"] = "Content-Security-Policy",
      content = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" }),
    element("title", nil, title), element("style", nil, raw(style.SHEET)))
end

--- The whole page.
-- @tparam string title
-- @param ... what its body holds: elements, or lists of them
-- @treturn string
function document.of(title, ...)
  local body = element("body", nil, ...)
  return document.MARK .. html.code(element("html", { lang = "en" }, head(title), body)) .. "\n"
end

return document
