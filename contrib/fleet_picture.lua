-- Draws docs/fleet.svg, the live table of `make fleet-demo` as it was when it showed most, and docs/fleet-page.png, its
-- page, if Chromium is installed: lua5.4 contrib/fleet_picture.lua, or make fleet-picture.
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local core = require "dfota.core"
local html = require "dfota.history.html"
local uv = require "luv"

local COLUMNS, CHARACTER_PX, LINE_PX, EDGE_PX = 80, 8.4, 19, 14
local COLOURS = { ["31"] = "#ff8b8b", ["32"] = "#8fdca3", ["33"] = "#f0cf7a" }
local INK, BACK, SOFT = "#e4e9ef", "#11161c", "#8a96a3"

-- What the demo writes to a terminal.
local function recorded()
  local pty = assert(core.pty())
  local over, code = false, nil
  local command = ("exec contrib/fleet_demo.sh >%s 2>&1"):format(pty:name())
  assert(uv.spawn("/bin/sh", { args = { "-c", command } }, function(rc) over, code = true, rc end))
  local parts = {}
  while not over do
    parts[#parts + 1] = pty:read(0.2) or ""
    uv.run "nowait"
  end
  local rest = pty:read(0.2)
  while rest do
    parts[#parts + 1] = rest
    rest = pty:read(0.2)
  end
  assert(code == 0, "the demo failed: " .. table.concat(parts))
  return table.concat(parts)
end

-- The table as it was drawn each time, each a list of lines.
local function frames_of(output)
  local frames, from = {}, 1
  for frame, after in output:gmatch "([^\27]*.-)\27%[J()" do
    local lines = {}
    for line in frame:gmatch "([^\n]*)\27%[K" do
      lines[#lines + 1] = line:gsub("^.*\27%[%d+A\r", ""):gsub("^.*\r", "")
    end
    frames[#frames + 1], from = lines, after
  end
  assert(frames[1], "the demo drew no table: " .. output:sub(from))
  return frames
end

local WORTH = { failed = 120, waiting = 20, done = 20, upload = 10, update = 10, verify = 4 }

-- One that shows every kind of line, and many that move.
local function worth(lines)
  local text, sum = table.concat(lines, "\n"), 0
  for word, points in pairs(WORTH) do sum = sum + (text:find(" " .. word .. " ") and points or 0) end
  return sum + 15 * select(2, text:gsub("%[#", ""))
end

local function best_of(frames)
  local best, most
  for _, lines in ipairs(frames) do
    if not most or worth(lines) > most then best, most = lines, worth(lines) end
  end
  return best
end

local function svg_line(line, number)
  local colour, rest = line:match "^\27%[(%d+)m(.*)$"
  local words = (rest or line):gsub("\27%[[%d;]*%a", ""):gsub(" +$", "")
  return ('<text x="%d" y="%.1f" fill="%s">%s</text>'):format(EDGE_PX, EDGE_PX + (number - 0.25) * LINE_PX,
    COLOURS[colour] or INK, html.escaped(words))
end

local function svg_of(lines)
  local wide, high = math.ceil(COLUMNS * CHARACTER_PX) + 2 * EDGE_PX, (#lines + 1) * LINE_PX + 2 * EDGE_PX
  local parts = { ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" '
    .. 'aria-label="fleet.lua updates twelve modules">'):format(wide, high, wide, high),
    ("<style>text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}</style>"),
    ('<rect width="100%%" height="100%%" rx="8" fill="%s"/>'):format(BACK),
    ('<text x="%d" y="%.1f" fill="%s">$ fleet.lua --canary 2 plan.csv A2B.pack</text>'):format(EDGE_PX,
      EDGE_PX + 0.75 * LINE_PX, SOFT) }
  for number, line in ipairs(lines) do parts[#parts + 1] = svg_line(line, number + 1) end
  return table.concat(parts, "\n") .. "\n</svg>\n"
end

local function write(path, content)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(content))
  print(("%s, %d bytes"):format(path, #content))
end

local function photograph(page, path)
  if not os.execute "command -v chromium >/dev/null" then return print(path .. ": left as it is without chromium") end
  local root = uv.getuid() == 0 and "--no-sandbox" or ""
  assert(os.execute(("timeout 60 chromium --headless --disable-gpu --hide-scrollbars %s --window-size=1000,880 "
    .. "--screenshot=%s file://%s/%s >build/fleet/chromium.log 2>&1"):format(root, path, uv.cwd(), page)))
  print(("%s, %d bytes"):format(path, uv.fs_stat(path).size))
end

write("docs/fleet.svg", svg_of(best_of(frames_of(recorded()))))
photograph("build/fleet/page.html", "docs/fleet-page.png")
