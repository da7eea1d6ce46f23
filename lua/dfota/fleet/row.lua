--- One module of a fleet as a line of its table: as much as the terminal is wide enough for. Pure.
-- @module dfota.fleet.row

local text = require "dfota.base.text"

local row = {}

local NORMAL, WIDE, WIDEST = 60, 100, 110 -- columns: from here on IMEI, whole revisions, the model
local PORT, PHASE, CHANGE, RATE, LEFT = 14, 11, 25, 9, 6
local NEVER_CUT = 3 -- so many characters at the end of a revision

-- Cut or filled up to a width.
-- @tparam string words
-- @tparam integer width
-- @treturn string
function row.pad(words, width)
  local length = utf8.len(words) or #words
  if length > width then return words:sub(1, (utf8.offset(words, width + 1) or #words + 1) - 1) end
  return words .. (" "):rep(width - length)
end

local pad = row.pad

local function bar(percent, size)
  local full = percent and math.floor(percent * size / 100 + 0.5)
  return full and "[" .. ("#"):rep(full) .. ("-"):rep(size - full) .. "]" or ""
end

local function port_of(device, width)
  return pad(text.tail(text.printable(device.name or device.port:match "[^/]*$"), width), width)
end

local function change_of(device)
  if not device.revision and not device.to then return "" end
  return ("%s>%s"):format(text.printable(device.revision or "?"), device.to or "?")
end

local function common(a, b)
  local length = 0
  while length < #a and a:byte(length + 1) == b:byte(length + 1) do length = length + 1 end
  return length
end

-- What both revisions begin with says nothing of the change.
local function short_change_of(device)
  local from, to = device.revision and text.printable(device.revision), device.to
  if not from and not to then return "" end
  local cut = #(to or from) - NEVER_CUT
  if from and to then cut = math.min(common(from, to), #from - NEVER_CUT, cut) end
  local function short(revision)
    if not revision then return "?" end
    return cut > 1 and not revision:find "[^ -~]" and "~" .. revision:sub(cut + 1) or revision
  end
  return ("%s>%s"):format(short(from), short(to))
end

local function phase_of(device, checks)
  if checks and device.state == "done" then return "checked" end
  if device.state == "waiting" or device.state == "done" or not device.job then return device.state end
  return device.state == "watching" and "watch" or device.phase or "starting"
end

-- Short, and never cut within a number.
local function left_of(device)
  local left_s = device.eta_s
  if not left_s then return "" end
  if left_s < 60 then return text.duration(left_s) end
  return left_s < 1000 and ("%.0f s"):format(left_s) or text.duration(left_s):match "^%d+ %a+"
end

-- Which update of how many, and how fast.
local function rate_of(device)
  local hop = device.hop and device.hop.of > 1 and ("%d/%d "):format(device.hop.number, device.hop.of) or ""
  return hop .. (device.rate_bps and text.bytes(device.rate_bps // 10) .. "/s" or "")
end

local function message_of(device) return device.message and text.printable(device.message) or "" end

local function wide(device, width, checks)
  local cells = { port_of(device, PORT), pad(text.printable(device.imei or ""), 15), pad(change_of(device), CHANGE),
    pad(phase_of(device, checks), PHASE) }
  if width >= WIDEST then table.insert(cells, 3, pad(text.printable(device.model or ""), 7)) end
  local more = device.job and { pad(bar(device.percent, 10), 12), pad(left_of(device), LEFT), rate_of(device) }
    or { message_of(device) }
  return table.concat(table.move(more, 1, #more, #cells + 1, cells), " ")
end

-- What it said at its end has the room of what goes on before.
local function normal(device, _, checks)
  local cells = { port_of(device, PORT), pad(text.printable(device.imei or ""), 15),
    pad(phase_of(device, checks), PHASE) }
  local more = { message_of(device) }
  if device.job or more[1] == "" and device.state == "waiting" then
    more = { pad(bar(device.percent, 6), 8), pad(left_of(device), LEFT), pad(rate_of(device), RATE),
      short_change_of(device) }
  end
  return table.concat(table.move(more, 1, #more, #cells + 1, cells), " ")
end

local function compact(device, _, checks)
  local cells = { port_of(device, PORT - 1), pad(phase_of(device, checks), PHASE) }
  if device.job then table.move({ pad(bar(device.percent, 4), 6), left_of(device) }, 1, 2, #cells + 1, cells) end
  return table.concat(cells, " ")
end

--- @tparam table device with `state`, `port`, and what its job said
-- @tparam integer width columns
-- @tparam[opt] boolean checks it is a check
-- @treturn {string,...} one line, or on a narrow terminal a second one with what went wrong
function row.lines(device, width, checks)
  local layout = width >= WIDE and wide or width >= NORMAL and normal or compact
  local lines = { pad(layout(device, width, checks), width) }
  if layout == compact and device.state ~= "done" and not device.job and device.message then
    lines[2] = pad("  " .. message_of(device), width)
  end
  return lines
end

return row
