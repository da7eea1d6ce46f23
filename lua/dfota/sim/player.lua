--- A module that answers from a script: a transcript, or a trace that is replayed. Bytes and time in, bytes and time
-- out, like the simulated module: it is driven by `dfota.sim.pty_driver` or `dfota.sim.virtual_port`.
--
-- A command is answered by the entry with its text: the first time by the first, the second time by the second, and
-- from then on by the last. Of entries for different numbers of reboots (`phase`) those of the latest that was reached
-- count. With the option `order=trace` the player also watches whether the client says what it said in the trace: see
-- `Player:differences`.
-- @module dfota.sim.player

local Echo = require "dfota.sim.player_echo"
local Follower = require "dfota.sim.follower"
local Steps = require "dfota.sim.steps"
local transcript = require "dfota.sim.transcript"

local Player = {}
Player.__index = Player

local REFUSAL = { { echo = true }, { say = "\r\nERROR\r\n" } }
local BLOCK = 1024 -- bytes between two acknowledgements (GSM FILE manual, QFUPL)
local LOOK_S = 0.2 -- how often to look whether the client has opened the port

local function key_of(entry) return entry.phase .. (entry.prefix and "*" or "|") .. entry.command end

-- Entries of the same command and phase answer one after the other.
local function groups_of(entries)
  local groups, exact, prefixes = {}, {}, {}
  for i, entry in ipairs(entries) do
    local key = key_of(entry)
    local group = groups[key]
    if not group then
      group = { order = i, next = 1 }
      groups[key] = group
      if entry.prefix then
        prefixes[#prefixes + 1] = group
      else
        exact[entry.command] = exact[entry.command] or {}
        table.insert(exact[entry.command], group)
      end
    end
    group[#group + 1], group.last = entry, i
  end
  return exact, prefixes
end

-- A package that is not the recorded one is a difference, unless any will do.
local function other_data(self, sha256, recorded, t)
  if not self.follower or self.opts.any_package then return end
  self.follower:differ(t, ("another package was uploaded: its SHA-256 is %s, not %s"):format(sha256, recorded))
end

--- @tparam table script of `dfota.sim.transcript` or `dfota.trace.script`
-- @tparam[opt] table opts `speed`: by which pauses are shorter (math.huge: none); `linger_s`: how long after the
--   script's end it is over; `patience_s`: how long after the client's last word it is over; `wait_s`: how
--   long after the beginning it is over where no client said a word; `any_package`: where other
--   data came than recorded, its own checksum is told; `tell` function(text), called with each difference
-- @treturn Player with `heard`, the commands that came; `over`: it is over
function Player.new(script, opts)
  opts = opts or {}
  local options = script.options
  local self = setmetatable({
    options = options, otherwise = script.otherwise, spec = { any_baud = false }, opts = opts,
    t = 0, phase = 0, echoes = true, typed = "", heard = {}, last_t = 0, boot = transcript.unescape(options.boot or ""),
    echo = Echo.new(options), link = { next_in = function() end },
    ordered = options.order == "trace",
  }, Player)
  self.latency_s = (tonumber(options.latency_ms) or 0) / 1000 / (opts.speed or 1)
  self.exact, self.prefixes = groups_of(script.entries)
  self.follower = self.ordered and Follower.new(script.entries, opts.tell) or nil
  self.steps = Steps.new(opts, function(...) return other_data(self, ...) end)
  return self
end

local function better(group, best, phase)
  local entry = group[1]
  if entry.phase > phase then return best end
  if not best or entry.phase > best[1].phase then return group end
  return entry.phase == best[1].phase and group.last > best.last and group or best
end

local function group_of(self, command)
  local best
  for _, group in ipairs(self.exact[command] or {}) do best = better(group, best, self.phase) end
  if best and self.ordered then return best end
  for _, group in ipairs(self.prefixes) do
    if command:sub(1, #group[1].command) == group[1].command then best = better(group, best, self.phase) end
  end
  return best
end

-- What is said of an upload that the script tells nothing special of (note, chapter 4.2).
local function upload_steps(self, command)
  local size, ack = command:match '^AT%+QFUPL="[^"]*",(%d+),%d+,(%d)$'
  if not size or self.ordered and not self.opts.any_package then return nil end
  size = math.tointeger(tonumber(size))
  local options = self.options
  local acks = ack == "1" and options.ack ~= "0" and options.ack ~= "off"
  local steps = { { say = transcript.unescape(options.connect or "\\r\\nCONNECT\\r\\n") }, { data = size } }
  if self.ordered then table.insert(steps, 1, { echo = true }) end
  for at = BLOCK, acks and size or 0, BLOCK do
    steps[#steps + 1] = { at = at }
    steps[#steps + 1] = { say = "A" }
  end
  steps[#steps + 1] = { at = size }
  steps[#steps + 1] = { result = transcript.unescape(options.qfupl or "\\r\\n+QFUPL: %d,%X\\r\\n\\r\\nOK\\r\\n") }
  return steps
end

-- Where any package will do, one of another size takes the place of the trace's next upload.
local function take_other_upload(self, command)
  local steps = upload_steps(self, command)
  if steps and self.follower then self.follower:take_upload(self.t) end
  return steps
end

-- The reply alone, without what came unasked after it.
local function reply_of(entry)
  local steps = {}
  for _, step in ipairs(entry.steps) do
    if step.done then break end
    steps[#steps + 1] = step
  end
  return steps
end

local function has_data(entry)
  for _, step in ipairs(entry.steps) do
    if step.data then return true end
  end
  return false
end

-- The steps that answer a command, and their entry.
local function answer(self, command)
  local group = group_of(self, command)
  if not group then
    local steps = take_other_upload(self, command)
    if not steps and self.follower then self.follower:unknown(command, self.t) end
    return steps or self.otherwise or self.ordered and REFUSAL or {}
  end
  local entry = group[group.next] or group[#group]
  local again = group.next > #group
  if not again then group.next = group.next + 1 end
  if self.follower then
    if again and not self.follower:again(entry, command, #group, self.t) then return {} end
    if not again then self.follower:take(entry, self.t) end
  end
  if not has_data(entry) then
    local steps = not self.ordered and upload_steps(self, command)
    if steps then return steps end
  end
  return again and self.ordered and reply_of(entry) or entry.steps, entry
end

-- An unanswered command is repeated until something comes: how often depends on the client's clock.
local function is_ping(self, command)
  local last = self.follower and self.follower.last
  return last and last.unanswered and last.command == command and self.steps:waits(last)
end

local function take_command(self, command)
  self.heard[#self.heard + 1] = command
  local start = math.max(self.t, self.steps.busy_until)
  local echo = self.echoes and self.echo:of(command)
  if echo then self.steps:say(echo, start) end
  local upper = command:upper()
  if upper == "ATE0" or upper == "ATE1" then self.echoes = upper == "ATE1" end
  if is_ping(self, command) then return end
  local steps, entry = answer(self, command)
  self.steps:begin { steps = steps, t = start + self.latency_s, command = command, entry = entry, free = self.ordered }
end

-- A text after the prompt ends with Ctrl-Z or ESC and is a command of that name; the escape sequence is one as well.
local function complete(typed)
  local text = typed:match "^\n?(.*)\r$"
  if text then return text end
  return typed:match "[\26\27]$" or typed == "+++" and typed or nil
end

local function take_typed(self, bytes)
  local first, rest = bytes:match "^([^\r\26\27]*[\r\26\27]?)(.*)$"
  self.typed = self.typed .. first
  local command = complete(self.typed)
  if command then
    self.typed = ""
    if command ~= "" then take_command(self, command) end
  end
  return rest
end

local function begin(self)
  if self.boot == "" then return end
  self.steps:say(self.boot, self.t)
  self.boot = ""
end

--- Bytes that the client sent.
function Player:input(bytes, t)
  self:advance(t)
  begin(self)
  self.begun, self.last_t = true, t
  while bytes ~= "" do
    bytes = self.steps:takes_data(bytes) and self.steps:take_data(bytes, t) or take_typed(self, bytes)
    self:advance(t)
  end
end

local function reboot(self)
  self.phase, self.echoes = self.phase + 1, true
end

-- Over: the script has come to its end, or the client has said nothing for long, or never came.
local function over_at(self)
  if not self.begun then return self.opts.wait_s end
  if self.steps:next_time() then return nil end
  local ended = self.follower and self.follower:has_ended()
  local wait = ended and self.opts.linger_s or self.opts.patience_s
  return wait and math.max(self.last_t, self.steps.said_t) + wait
end

--- Advances the time.
function Player:advance(t)
  self.t = math.max(self.t, t)
  self.steps:advance(self.t, function() reboot(self) end)
  local over = over_at(self)
  if over and self.t >= over then self.over = true end
end

--- The output since the last call.
function Player:output() return self.steps:output() end

--- When something happens next by itself; nil: never.
function Player:next_time()
  local due = math.min(self.steps:next_time() or math.huge, over_at(self) or math.huge)
  if not self.begun and self.boot ~= "" then due = math.min(due, self.t + LOOK_S) end
  return due < math.huge and due or nil
end

--- The client's line. Its first change shows that the port was opened, and what came unasked at first begins.
function Player:line(baud)
  if self.baud and self.baud ~= baud then begin(self) end
  self.baud = baud
end

--- What the client did that the trace has not.
-- @treturn {string,...} sentences; empty where the script has no order
function Player:differences() return self.follower and self.follower.list or {} end

--- What the trace has that the client never said.
-- @treturn {string,...} sentences; empty where the script has no order
function Player:unsaid() return self.follower and self.follower:unsaid() or {} end

-- Stand-ins for the simulated module's throttled line and HTTP download.
function Player.room() return math.huge end
function Player.take_request() end

return Player
