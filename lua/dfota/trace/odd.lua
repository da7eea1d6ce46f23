--- What is odd in a trace: what an engineer would look for first. Pure.
-- @module dfota.trace.odd

local codes = require "dfota.modem.codes"
local finding_of = require "dfota.trace.finding"
local in_order = require "dfota.trace.in_order"
local phases = require "dfota.trace.phases"
local stumbles = require "dfota.trace.stumbles"
local text = require "dfota.base.text"
local trace = require "dfota.at.trace"
local urc = require "dfota.at.urc"

local SLOW_S = 5 -- nearly all replies of these modules come within 300 ms (AT manuals: maximum response times)
local REPEATED = 3 -- the same line so often in a row

local function finding(list, ...)
  local found = finding_of(...)
  list[#list + 1] = found
  return found
end

local function shown(s) return text.brief(s, 60) end

-- Byte by byte: some of it may look like UTF-8.
local function noise(bytes) return text.cut(trace.escape(bytes), 60) end

local function told_rate(list, item)
  finding(list, item, "rate", ("from here on at %d baud"):format(item.baud))
end

-- Ten ATs into the void are one finding, at one rate or at many: rates at which nobody answered are told with them.
local function unanswered(list, item, state)
  local last = state.unanswered
  local new_rate = state.new_rate and 1 or 0
  state.new_rate = nil
  if last and last.command == item.text and state.previous == last.item then
    last.count, last.item, last.rates = last.count + 1, item, last.rates + new_rate
  else
    last = { command = item.text, count = 1, item = item, rates = new_rate }
    last.found, state.unanswered = finding(list, item, "unanswered", ""), last
  end
  local rates = last.rates > 0 and (", at %s"):format(text.count(last.rates, "other rate")) or ""
  local times = last.count > 1 and (", %d times until %.3f s"):format(last.count, item.t) or ""
  last.found.text = ("%s was not answered%s%s"):format(shown(item.text), times, rates)
end

-- The rate is told once something came at it.
local function settle_rate(list, state)
  local item = state.rate
  if not item then return end
  if state.baud and state.baud ~= item.baud then told_rate(list, item) end
  state.baud, state.rate, state.new_rate = item.baud, nil, nil
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
  settle_rate(list, state)
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
  settle_rate(list, state)
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
  rate = function(_, item, state)
    local now = state.rate and state.rate.baud or state.baud
    state.baud = state.baud or item.baud
    if now and now ~= item.baud then state.rate, state.new_rate = item, true end
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

-- A silence that an update stood still in is told with the update.
local function silences(list, entries, longest_s, told)
  local last
  for _, entry in ipairs(entries) do
    if entry.direction then
      if last and entry.t - last.t >= longest_s and not told[last.t] then
        finding(list, last, "silence", ("nothing for %s, until %.3f s"):format(
        text.duration(entry.t - last.t), entry.t))
      end
      last = entry
    end
  end
end

local function standstills(list, found)
  local told = {}
  for _, one in ipairs(found) do
    list[#list + 1] = one
    if one.what == "standstill" then told[one.t] = true end
  end
  return told
end

-- However many there are, they have one cause as a rule: a file that something went over.
local function damage(list, damaged)
  if #damaged == 0 then return end
  local words = #damaged == 1 and "a line of the file is damaged"
    or ("%d lines of the file are damaged, the last is line %d, this the first"):format(
      #damaged, damaged[#damaged].line)
  finding(list, damaged[1], "damaged", words)
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam table about its second result
-- @tparam {table,...} entries of `dfota.trace.reader`
-- @tparam {table,...} damaged its second result
-- @tparam ?table cut its third result
-- @tparam[opt=10] number silence_s how long a silence is told
-- @treturn {table,...} findings as of `dfota.trace.finding`, by time; with `code` where the module gave one, and
--   `advice` where there is some
return function(items, about, entries, damaged, cut, silence_s)
  local list, state = {}, { triggers = 0 }
  silence_s = silence_s or phases.SILENCE_S
  for _, item in ipairs(items) do
    local look = looks[item.kind]
    if look then look(list, item, state, about) end
    garbage(list, item)
    if item.kind ~= "rate" then state.previous = item end
  end
  if state.new_rate then told_rate(list, state.rate) end
  silences(list, entries, silence_s, standstills(list, stumbles(items, about.duration_s, silence_s)))
  damage(list, damaged)
  if cut then finding(list, cut, "cut", "the trace was cut off here, or its run was killed: it has no exit code") end
  return in_order(list)
end
