--- What is odd in a trace: what an engineer would look for first. Pure.
--
-- Each finding has `t` (seconds since the trace began), `line` (in the file), `what` (one word, for programs) and
-- `text` (for people); with `code` where the module gave one, and `advice` where there is some.
-- @module dfota.trace.odd

local codes = require "dfota.modem.codes"
local in_order = require "dfota.trace.in_order"
local phases = require "dfota.trace.phases"
local text = require "dfota.base.text"
local trace = require "dfota.at.trace"
local urc = require "dfota.at.urc"

local SILENCE_S = 10 -- default: longer than any pause of an update that goes well but for its reboot
local SLOW_S = 5 -- nearly all replies of these modules come within 300 ms (AT manuals: maximum response times)
local REPEATED = 3 -- the same line so often in a row

local function finding(list, item, what, words, more)
  local found = { t = item.t, line = item.line, what = what, text = words }
  for key, value in pairs(more or {}) do found[key] = value end
  list[#list + 1] = found
  return found
end

local function shown(s) return text.brief(s, 60) end

-- Byte by byte: some of it may look like UTF-8.
local function noise(bytes) return text.cut(trace.escape(bytes), 60) end

-- Ten ATs into the void are one finding.
local function unanswered(list, item, state)
  local last = state.unanswered
  if last and last.command == item.text and state.previous == last.item then
    last.count, last.item = last.count + 1, item
    last.found.text = ("%s was not answered, %d times until %.3f s"):format(shown(item.text), last.count, item.t)
  else
    local found = finding(list, item, "unanswered", ("%s was not answered"):format(shown(item.text)))
    state.unanswered = { command = item.text, count = 1, item = item, found = found }
  end
end

local function without_final(list, item)
  finding(list, item, "incomplete", ("the reply to %s has no final result code"):format(shown(item.text)))
end

-- A reply that ends without one by its nature (TCPIP application note): the address alone.
local function needs_final(item) return not item.text:upper():find "^AT%+QILOCIP" end

local ERRORS = { error = true, cme = true, cms = true, no_response = true, no_carrier = true, busy = true }

local function refused(list, item)
  local words, advice = "ERROR", nil
  if item.final == "cme" then words, advice = codes.describe(item.code) end
  if item.final == "cms" then words = ("CMS error %s"):format(item.code) end
  local last = item.reply[#item.reply]
  if item.final ~= "cme" and item.final ~= "cms" and last then words = last.text end
  finding(list, item, "error", ("%s: %s"):format(shown(item.text), text.printable(words)),
    { code = item.code, advice = advice })
end

local function echo_oddities(list, item, about)
  if item.echo == "damaged" then
    finding(list, item, "echo", ("the echo of %s was damaged"):format(shown(item.text)))
  elseif not item.echo and about.echoes and item.done_t then
    finding(list, item, "echo", ("%s was answered without an echo"):format(shown(item.text)))
  end
end

local function slow(list, item)
  local took = item.done_t - item.t
  if took < SLOW_S or item.final == "connect" or item.text:upper():find "^AT%+QFUPL" then return end
  finding(list, item, "slow", ("the reply to %s took %s"):format(shown(item.text), text.duration(took)))
end

local function triggered(list, item, state)
  if not item.text:upper():find "^AT%+QFOTADL=[^?]" then return end
  state.triggers = state.triggers + 1
  if state.triggers > 1 then
    finding(list, item, "trigger", ("the update was triggered again: number %d in this run"):format(state.triggers))
  end
end

local function command(list, item, state, about)
  triggered(list, item, state)
  echo_oddities(list, item, about)
  if not item.done_t then return unanswered(list, item, state) end
  if item.late then
    finding(list, item, "late", ("the reply to %s came late, at %.3f s, after the next command was sent"):format(
      shown(item.text), item.done_t))
  end
  if ERRORS[item.final] then refused(list, item) end
  if not item.final and needs_final(item) then without_final(list, item) end
  slow(list, item)
end

local function fota_failure(list, item)
  local stage, value = phases.stage(item.text)
  if stage ~= "END" and stage ~= "HTTPEND" then return end
  local code = math.tointeger(tonumber(value))
  if code == 0 then return end
  local words, advice = codes.describe(code or value or "no code")
  finding(list, item, "error", ("%s: %s"):format(stage, text.printable(words)), { code = code, advice = advice })
end

local function repeated(list, item, state)
  local last = state.repeated
  if not (last and last.text == item.text) then
    state.repeated = { text = item.text, count = 1, item = item }
    return
  end
  last.count = last.count + 1
  if last.count == REPEATED then last.found = finding(list, last.item, "repeated", "") end
  if last.found then
    last.found.text = ("%s came %d times in a row, until %.3f s"):format(shown(item.text), last.count, item.t)
  end
end

local function unsolicited(list, item, state)
  fota_failure(list, item)
  repeated(list, item, state)
  if urc.is_boot_start(item.text) then finding(list, item, "boot", "the module booted") end
  if urc.is_power(item.text) then finding(list, item, "power", "the module reported " .. shown(item.text)) end
  if item.class == "cme" and not phases.stage(item.text) then
    local words, advice = codes.describe(item.code)
    finding(list, item, "error", "an error that answers nothing: " .. text.printable(words),
      { code = item.code, advice = advice })
  end
end

local function data(list, item)
  if not item.declared or item.size == item.declared then return end
  finding(list, item, "upload", ("%d of %d bytes were uploaded"):format(item.size, item.declared))
end

local looks = {
  command = command, unsolicited = unsolicited, data = data,
  noise = function(list, item) finding(list, item, "garbage", ("%d bytes without a line end: %s"):format(
    #item.bytes, noise(item.bytes))) end,
  rate = function(list, item, state)
    if state.baud and state.baud ~= item.baud then
      finding(list, item, "rate", ("from here on at %d baud"):format(item.baud))
    end
    state.baud = item.baud
  end,
  note = function(list, item)
    if item.text:find "^the trace ends here" then finding(list, item, "cut", "the trace was cut off here") end
  end,
}

-- A line with bytes that are no text: noise, or another baud rate.
local function garbage(list, item)
  local lines = item.kind == "command" and item.reply or item.kind == "unsolicited" and { item } or {}
  for _, line in ipairs(lines) do
    if line.text:find "[^\t\32-\126]" then
      finding(list, { t = line.t, line = item.line }, "garbage", "bytes that are no text: " .. noise(line.text))
    end
  end
end

local function silences(list, entries, longest_s)
  local last
  for _, entry in ipairs(entries) do
    if entry.direction then
      if last and entry.t - last.t >= longest_s then
        finding(list, last, "silence", ("nothing for %s, until %.3f s"):format(
        text.duration(entry.t - last.t), entry.t))
      end
      last = entry
    end
  end
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam table about its second result
-- @tparam {table,...} entries of `dfota.trace.reader`
-- @tparam {integer,...} damaged its second result
-- @tparam[opt=10] number silence_s how long a silence is told
-- @treturn {table,...} findings, by time
return function(items, about, entries, damaged, silence_s)
  local list, state = {}, { triggers = 0 }
  for _, item in ipairs(items) do
    local look = looks[item.kind]
    if look then look(list, item, state, about) end
    garbage(list, item)
    state.previous = item
  end
  silences(list, entries, silence_s or SILENCE_S)
  for _, line in ipairs(damaged) do
    finding(list, { t = 0, line = line }, "damaged", "a line of the file is damaged")
  end
  return in_order(list)
end
