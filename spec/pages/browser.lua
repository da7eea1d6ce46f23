--- A headless Chromium that measures pages.
local folder = require "support.folder"
local json = require "dkjson"
local uv = require "luv"

local browser = {}

-- Runs in a page around the pages that are measured, each in a frame of its width: a page itself has no script.
local SCRIPT = [[
function channel(c) { c /= 255; return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4); }
function luminance(c) { return 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]); }
function contrast(a, b) {
  var x = luminance(a), y = luminance(b);
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
function parse(color) { return (color.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number); }
function behind(view, node) {
  for (; node; node = node.parentElement) {
    var color = parse(view.getComputedStyle(node).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
}
function texts(document, visit) {
  var walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), node;
  while ((node = walker.nextNode())) if (node.data.trim()) visit(node, node.parentElement);
}
function measure(frame) {
  var document = frame.contentDocument, view = frame.contentWindow, root = document.documentElement;
  var found = { name: frame.name, width: view.innerWidth, scroll: root.scrollWidth, wide: [], faint: [], small: [],
    text: 0, bars: 0, dull: [], foreign: document.querySelectorAll(
      'script,link,img,iframe,object,embed,audio,video,form,a,base,[src],[href],[onclick],[onload],[onerror]').length,
    background: view.getComputedStyle(root).backgroundColor, articles: document.querySelectorAll('article').length };
  texts(document, function(node, parent) {
    var style = view.getComputedStyle(parent), range = document.createRange();
    range.selectNodeContents(node);
    var box = range.getBoundingClientRect();
    if (!box.width) return;
    found.text += 1;
    var words = node.data.trim().slice(0, 40);
    if (box.right > view.innerWidth + 0.5 || box.left < -0.5) found.wide.push(words);
    if (parseFloat(style.fontSize) < 12) found.small.push(words);
    if (contrast(parse(style.color), behind(view, parent)) < 4.5) found.faint.push(words);
  });
  document.querySelectorAll('.bar rect').forEach(function(rect) {
    found.bars += 1;
    if (rect.getBoundingClientRect().width <= 0) found.dull.push('no width');
    if (contrast(parse(view.getComputedStyle(rect).fill), behind(view, rect.parentElement)) < 3)
      found.dull.push(rect.getAttribute('class'));
  });
  return found;
}
window.onload = function() {
  var all = [];
  document.querySelectorAll('iframe').forEach(function(frame) { all.push(measure(frame)); });
  document.getElementById('found').textContent = encodeURIComponent(JSON.stringify(all));
};
]]

local function attribute(text) return (text:gsub("&", "&amp;"):gsub('"', "&quot;")) end

local function frames(pages, widths)
  local parts = {}
  for _, page in ipairs(pages) do
    for _, width in ipairs(widths) do
      parts[#parts + 1] = ('<iframe name="%s" style="border:0;width:%dpx;height:2000px" srcdoc="%s"></iframe>')
        :format(page.name, width, attribute(page.content))
    end
  end
  return table.concat(parts, "\n")
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- Chromium refuses its sandbox to root.
local function command(dir, options, url)
  local words = { "chromium", "--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" .. dir .. "/profile" }
  if uv.getuid() == 0 then words[#words + 1] = "--no-sandbox" end
  table.move(options, 1, #options, #words + 1, words)
  words[#words + 1] = url
  for i, word in ipairs(words) do words[i] = quoted(word) end
  return "timeout 240 " .. table.concat(words, " ") .. " 2>" .. quoted(dir .. "/log")
end

local function run(dir, options, url)
  local pipe = assert(io.popen(command(dir, options, url)))
  local out = pipe:read "a"
  local ok, _, code = pipe:close()
  return out, ok and 0 or code
end

local SCHEMES = { dark = "0", light = "1" } -- Blink's numbers

local function decoded(word)
  return (word:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- Measures pages.
-- @param dir a folder to work in
-- @param scheme "light" or "dark"
-- @param pages each `name` and `content`
-- @param widths in CSS pixels
-- @return list, one for each page at each width: see SCRIPT
function browser.measure(dir, scheme, pages, widths)
  local around = folder.write(("%s/%s.html"):format(dir, scheme),
    ('<!DOCTYPE html><html style="color-scheme:light dark"><meta charset="utf-8"><script>%s</script><body>%s'
      .. '<pre id="found"></pre></body></html>'):format(SCRIPT, frames(pages, widths)))
  local out = run(dir, { "--blink-settings=preferredColorScheme=" .. SCHEMES[scheme], "--window-size=1400,2000",
    "--dump-dom" }, "file://" .. around)
  local found = out:match '<pre id="found">([^<]+)</pre>'
  assert(found, "Chromium measured nothing: " .. folder.read(dir .. "/log"):sub(-2000))
  return json.decode(decoded(found))
end

--- Prints a page. Returns the number of sheets.
function browser.sheets(dir, content)
  local path, pdf = folder.write(dir .. "/paper.html", content), dir .. "/paper.pdf"
  run(dir, { "--no-pdf-header-footer", "--print-to-pdf=" .. pdf }, "file://" .. path)
  local _, count = folder.read(pdf):gsub("/Type%s*/Page[^s]", "")
  return count
end

return browser
