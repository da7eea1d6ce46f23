--- Finding the module on a line whose rate, echo and state are not known yet.
-- @module dfota.sync
local Echo = require "dfota.echo"
local core = require "dfota.core"
local urc = require "dfota.urc"

local Channel = {}

local AT_CHARACTERS = 15 -- AT, its echo and its answer, and a little more

-- What one line tells that came after AT.
local function take(self, found, echo, line, class)
  if class == "ok" or line == "0" then
    found.answered, found.numeric = true, line == "0"
  elseif self:take_echo(echo, line, class) then
    found.echo = true
  elseif urc.is_fota(line) then
    found.updating = true
  end
end

-- One AT, with whatever echo the module has. Returns what the answer tells.
local function probe(self, text, wait_s)
  self.owes = self.owes or text
  local sent, why = self.port:write(text .. "\r", self.write_s)
  if not sent then return nil, why end
  local deadline = self.port:now() + wait_s + self:transfer_s(AT_CHARACTERS)
  local found, echo = { echo = false }, Echo.new(text)
  repeat
    local kind, line, class = self:event(deadline)
    if not kind then
      self:give_up(echo)
      if line.kind ~= "timeout" then return nil, line end
      found.heard = found.heard or self.lexer:pending() ~= ""
      return found
    end
    found.heard = true
    take(self, found, echo, line, class)
  until found.answered or found.updating
  self:give_up(echo)
  return found
end

-- One AT whose answer is surely its own: where an earlier command owed one, that was let pass before.
local function ask_at(self, wait_s)
  local owed = self.owes
  local found, err = probe(self, "AT", wait_s)
  if not (found and found.answered) then return found, err end
  self.numeric = found.numeric or false
  if owed then
    local fenced, why = self:fence()
    if fenced then return ask_at(self, math.max(wait_s, self.fence_s)) end
    if why.kind == "timeout" then return { heard = true } end
    return nil, why
  end
  self.owes = false
  return found
end

-- What seems to have no echo is asked once more: the noise in front of the first echo may have been longer than
-- can be told from something else, and without the echo nothing would fence the replies.
local function ask_echo(self, wait_s)
  local found, err = ask_at(self, wait_s)
  if not (found and found.answered) or found.echo then return found, err end
  local again, lost = ask_at(self, wait_s)
  if not again then return nil, lost end
  return again.answered and again or found
end

local function at_this_rate(self, tries, wait_s, result)
  for _ = 1, tries do
    local found, err = ask_echo(self, wait_s)
    if not found then return nil, err end
    if found.answered then
      self.echo = found.echo
      result.answered, result.echo, result.numeric = true, found.echo, found.numeric
      return true
    elseif found.updating then
      result.updating = true
      return true
    end
    result.heard = result.heard or found.heard
  end
  return false
end

local function go_to(self, baud)
  if self.port:baud() == baud then return true end
  local set, err = self.port:set_baud(baud)
  if not set and err.kind ~= "unsupported" then return nil, err end
  self.lexer:reset()
  return true
end

-- Returns what was found at this rate, or nothing; nil, err when the port is lost.
local function look_at(self, baud, tries, wait_s, result)
  local set, why = go_to(self, baud)
  if not set then return nil, why end
  local found, err = at_this_rate(self, tries, wait_s, result)
  if found == nil then return nil, err end
  if not found then return nil end
  result.baud = self.port:baud()
  return result
end

--- Find the module: ask `AT` at each rate until it answers, or says that it is
-- updating itself. Several askings train a module in adaptive mode (TCPIP
-- "Recommended Process" note: up to 15 times AT at 500 ms). Where nothing is found the port is left at the first rate.
-- @tparam table opts `bauds` rates in the order to try (the present one if left out);
--   `answer_s` how long in all, but every rate has its turn; `wait_s` for one AT (the channel's `at_s`);
--   `tries` at one rate (3)
-- @treturn table|nil `answered`, `updating`, `baud`, `echo`, `numeric`
-- @treturn dfota.error kind `no_answer`, or the port's
-- @treturn boolean with `no_answer`: was anything heard at all?
function Channel:sync(opts)
  local bauds = opts.bauds or { self.port:baud() }
  local deadline = self.port:now() + opts.answer_s
  local result, every_rate_asked = {}, false
  for kind, text in self.lexer.next, self.lexer do
    if kind == "line" or kind == "truncated" then self:unsolicited(text) end
  end
  self.lexer:reset()
  repeat
    for _, baud in ipairs(bauds) do
      local found, err = look_at(self, baud, opts.tries or 3, opts.wait_s or self.at_s, result)
      if found or err then return found, err end
      if every_rate_asked and self.port:now() >= deadline then break end
    end
    every_rate_asked = true
  until self.port:now() >= deadline
  local back, lost = go_to(self, bauds[1])
  if not back then return nil, lost end
  if result.heard and #bauds > 1 then -- a module that updates itself speaks seldom, and elsewhere that is noise
    local found, err = look_at(self, bauds[1], 1, opts.answer_s, result)
    if found or err then return found, err end
  end
  return nil, core.error("no_answer", ("%s: no module answers at %s baud%s"):format(
    self.port:name(), table.concat(bauds, ", "),
    result.heard and ", though something is heard: check the baud rate and the wiring" or
    ": check power, wiring and the baud rate")), result.heard or false
end

return Channel
