--- Finds the module on a line whose baud rate, echo and state are not known yet.
-- @module dfota.at.sync
local Echo = require "dfota.at.echo"
local core = require "dfota.core"
local urc = require "dfota.at.urc"

local AT_CHARACTERS = 15 -- AT, its echo, its answer and some margin

-- Was the line received at the right rate? At any other, nearly every line contains non-text bytes.
local function is_text(line) return #line > 2 and not line:find("[^\32-\126]") end

-- What one line received after AT tells.
local function take(channel, found, echo, line, class, code)
  if class == "ok" or line == "0" then
    found.answered, found.numeric = true, line == "0"
  elseif channel:take_echo(echo, line, class, code) then
    found.echo = true
  elseif urc.is_fota(line) then
    found.updating = true
  end
end

-- One AT, whether or not the module echoes. Returns what the answer tells.
local function probe(channel, text, wait_s)
  local sent, why = channel:put(text)
  if not sent then return nil, why end
  local deadline = channel.port:now() + wait_s + channel:transfer_s(AT_CHARACTERS)
  local found, echo = { echo = false }, Echo.new(text)
  repeat
    local kind, line, class, code = channel:event(deadline)
    if not kind then
      channel:give_up(echo)
      if line.kind ~= "timeout" then return nil, line end
      found.heard = found.heard or channel:half_read() ~= ""
      return found
    end
    found.heard, found.text = true, found.text or is_text(line)
    take(channel, found, echo, line, class, code)
  until found.answered or found.updating
  channel:give_up(echo)
  return found
end

-- One AT whose answer is certainly its own: if an earlier command was pending, a fence comes first.
local function ask_at(channel, wait_s)
  local pending = channel:pending()
  local found, err = probe(channel, "AT", wait_s)
  if not (found and found.answered) then return found, err end
  channel:learn { numeric = found.numeric or false }
  if pending then
    local fenced, why = channel:fence()
    if fenced then return ask_at(channel, math.max(wait_s, channel.barrier.timeout_s)) end
    if why.kind == "timeout" then return { heard = true, text = true } end
    return nil, why
  end
  channel.barrier:clear()
  return found
end

-- A module that seems to have no echo is asked once more: noise may have hidden the first echo, and without the echo
-- nothing marks where a reply begins.
local function ask_echo(channel, wait_s)
  local found, err = ask_at(channel, wait_s)
  if not (found and found.answered) or found.echo then return found, err end
  local again, lost = ask_at(channel, wait_s)
  if not again then return nil, lost end
  return again.answered and again or found
end

-- Ask once for each wait. Returns true if a module was found, false if not; nil, err if the port is lost.
local function at_this_rate(channel, waits, result)
  for _, wait_s in ipairs(waits) do
    local found, err = ask_echo(channel, wait_s)
    if not found then return nil, err end
    if found.answered then
      channel:learn { echo = found.echo }
      result.answered, result.echo, result.numeric = true, found.echo, found.numeric
      return true
    elseif found.updating then
      result.updating = true
      return true
    end
    result.heard, result.text = result.heard or found.heard, result.text or found.text
  end
  return false
end

-- Returns what was found at this rate, or nothing; nil, err if the port is lost.
local function look_at(channel, baud, waits, result)
  local set, why = channel:set_baud(baud)
  if not set then return nil, why end
  result.text = false
  local found, err = at_this_rate(channel, waits, result)
  if found == nil then return nil, err end
  if not found then return nil end
  result.baud = channel.port:baud()
  return result
end

local SHORT = 1 / 3 -- of the wait for one AT: most modules answer within 50 ms

-- A short try at each rate, and longer ones at the first: a module in adaptive mode needs several ATs to learn the
-- rate. If text is received, ask once more: the module may be slow, or the previous rates left bytes in its input.
local function look_around(look, bauds, wait_s, result)
  local short_s = wait_s * SHORT
  for i, baud in ipairs(bauds) do
    local found, err = look(baud, i == 1 and { short_s, short_s, wait_s } or { short_s })
    if not (found or err) and i > 1 and result.text then found, err = look(baud, { wait_s }) end
    if found or err then return found, err end
  end
end

-- Cycle through the rates until the deadline; every rate is tried at least once.
local function go_round(look, channel, bauds, waits, deadline)
  local every_rate_asked = false
  repeat
    for _, baud in ipairs(bauds) do
      local found, err = look(baud, waits)
      if found or err then return found, err end
      if every_rate_asked and channel.port:now() >= deadline then return nil end
    end
    every_rate_asked = true
  until channel.port:now() >= deadline
end

-- Lines received before anything was asked are unsolicited.
local function take_what_is_there(channel)
  for kind, text, class, code in channel.next_event, channel do
    if kind == "line" or kind == "truncated" then channel:unsolicited(text, class, code) end
  end
  channel:reset()
end

local function no_answer(channel, bauds, heard)
  return core.error("no_answer", ("%s: no module answers at %s baud%s"):format(
    channel.port:name(), table.concat(bauds, ", "),
    heard and ", though something was received: check the baud rate and the wiring" or
    ": check power, wiring and the baud rate"))
end

local function search(channel, bauds, opts, result)
  local wait_s, several = opts.wait_s or channel.at_s, #bauds > 1
  local deadline = channel.port:now() + opts.timeout_s
  local function look(baud, waits)
    if opts.trying then opts.trying(baud) end
    return look_at(channel, baud, waits, result)
  end
  if several and not opts.tries then
    local found, err = look_around(look, bauds, wait_s, result)
    if found or err or opts.briefly then return found, err end
  end
  local waits = {}
  for i = 1, opts.tries or 3 do waits[i] = wait_s end
  local found, err = go_round(look, channel, bauds, waits, deadline)
  if found or err or not (result.heard and several) then return found, err end
  -- A module that is updating sends a line only now and then, which looks like noise at any other rate.
  return look(bauds[1], { opts.timeout_s })
end

--- Find the module: send `AT` at each rate until it answers, or reports that it is
-- updating. Repeated ATs train a module in adaptive mode (TCPIP
-- "Recommended Process" note: up to 15 times AT at 500 ms). If there are several rates, each gets a short try before
-- the longer ones. If nothing is found, the port is left at the first rate.
-- @param channel a `dfota.at.channel`
-- @tparam table opts `bauds` rates in the order to try (default: the current one);
--   `timeout_s` how long in all, but every rate is tried; `wait_s` for one AT (the channel's `at_s`);
--   `tries` at one rate (3), without the short tries; `briefly`: only the short tries;
--   `trying` function(baud), called before each rate is tried
-- @treturn table|nil `answered`, `updating`, `baud`, `echo`, `numeric`
-- @treturn dfota.error kind `no_answer`, or the port's
-- @treturn boolean with `no_answer`: was anything received at all?
local function sync(channel, opts)
  local bauds = opts.bauds or { channel.port:baud() }
  local result = {}
  take_what_is_there(channel)
  local found, err = search(channel, bauds, opts, result)
  if found or err then return found, err end
  local back, lost = channel:set_baud(bauds[1])
  if not back then return nil, lost end
  return nil, no_answer(channel, bauds, result.heard), result.heard or false
end

return sync
