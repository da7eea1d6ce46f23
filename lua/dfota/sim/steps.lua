--- The answers of a player that are under way: what is said when, and the data that is waited for. Pure.
-- @module dfota.sim.steps

local core = require "dfota.core"

local Steps = {}
Steps.__index = Steps

--- @tparam table opts `speed` and `any_package`, see `dfota.sim.player`
-- @tparam[opt] function other_data called with two SHA-256, of what came and of what was recorded, and the time
-- @treturn Steps with `busy_until`: the time of the latest first word; `said_t`: of the last word
function Steps.new(opts, other_data)
  return setmetatable({
    speed = opts.speed or 1, any_package = opts.any_package, other_data = other_data, runs = {}, out = {}, count = 0,
    busy_until = 0, said_t = 0,
  }, Steps)
end

local function add(self, run)
  self.count = self.count + 1
  run.i, run.order = 1, self.count
  self.runs[#self.runs + 1] = run
end

--- Says something at a time.
function Steps:say(bytes, t) add(self, { steps = { { say = bytes } }, t = t }) end

-- The first word of an answer is not said before those of the commands before it.
local function first_word_t(self, run)
  local t = run.t
  for _, step in ipairs(run.steps) do
    if step.pause_s then t = t + step.pause_s / self.speed end
    if step.say or step.result or step.echo then return t end
  end
  return run.t
end

--- Begins an answer.
-- @tparam table run `steps`; `t`, when; `command`; `entry` that the steps are of; `free`: does not hold up others
function Steps:begin(run)
  if not run.free then self.busy_until = math.max(self.busy_until, first_word_t(self, run)) end
  add(self, run)
end

-- When the run's next step is due; nil while it waits for data, or has come to its end. Pauses are passed over.
local function due(self, run)
  while true do
    local step = run.steps[run.i]
    if not step then return nil end
    if step.pause_s then
      run.t = run.t + step.pause_s / self.speed
    elseif step.at then
      local data = self.data
      if data and data.got < step.at then return nil end
      run.t = math.max(run.t, data and data.t or 0)
    else
      return run.t
    end
    run.i = run.i + 1
  end
end

-- Of two at the same time the older comes first.
local function earliest(self)
  local best, best_t
  for _, run in ipairs(self.runs) do
    local t = due(self, run)
    if t and (not best or t < best_t or t == best_t and run.order < best.order) then best, best_t = run, t end
  end
  return best, best_t
end

local function sum16(data) return core.sum16(table.concat(data.parts)) end

-- Where other data came than was recorded, the module that is played would have told its checksum.
local function with_checksum(self, bytes)
  local data = self.data
  if not (self.any_package and data and data.differs) then return bytes end
  return (bytes:gsub("(%+QFUPL:%s*%d+%s*,%s*)%x+", function(head) return ("%s%X"):format(head, sum16(data)) end))
end

local function put(self, bytes, t)
  self.out[#self.out + 1], self.said_t = bytes, t
end

local doers = {}

-- Pieces of the echo of a command with secrets: rows of stars stand for the command from the first masked byte on, the
-- last one for the rest.
local function with_secrets(run, step)
  return (step.say:gsub("(%*+)(\r?\n?)", function(stars, ending)
    local from = run.masked or step.secret
    run.masked = from + #stars
    return run.command:sub(from, ending ~= "\r" and run.masked - 1 or -1) .. ending
  end))
end

function doers.say(self, step, run, t)
  local bytes = step.secret and with_secrets(run, step) or step.say
  put(self, with_checksum(self, bytes), t)
end

function doers.echo(self, _, run, t) put(self, run.command .. "\r", t) end

function doers.result(self, step, _, t)
  local values = { d = ("%d"):format(self.data.size), X = ("%X"):format(sum16(self.data)) }
  values.x = values.X:lower()
  put(self, (step.result:gsub("%%([dXx])", values)), t)
end

function doers.reboot(_, _, _, _, reboot) reboot() end
function doers.done() end

function doers.data(self, step)
  self.data = { size = step.data, open = step.open, sha256 = step.sha256, got = 0, t = 0, parts = {}, takes = true }
  if step.data == 0 and not step.open then self.data.takes = false end
end

local function act(self, run, t, reboot)
  local step = run.steps[run.i]
  run.i = run.i + 1
  for name, doer in pairs(doers) do
    if step[name] then return doer(self, step, run, t, reboot) end
  end
end

local function drop_ended(self)
  local kept = {}
  for _, run in ipairs(self.runs) do
    if run.i <= #run.steps then kept[#kept + 1] = run end
  end
  self.runs = kept
end

--- Does what is due.
-- @tparam number t seconds
-- @tparam function reboot called when the module reboots
function Steps:advance(t, reboot)
  while true do
    local run, when = earliest(self)
    if not run or when > t then break end
    act(self, run, when, reboot)
  end
  drop_ended(self)
end

--- When something is due next.
-- @treturn number|nil
function Steps:next_time()
  local _, t = earliest(self)
  return t
end

--- Is an entry still being answered?
-- @tparam table entry
-- @treturn boolean
function Steps:waits(entry)
  for _, run in ipairs(self.runs) do
    if run.entry == entry and run.i <= #run.steps then return true end
  end
  return false
end

-- An upload that was broken off in the trace takes more than its size, until there is a command or the escape sequence.
local function is_left(data, bytes)
  if bytes == "+++" then return true end
  return data.open and data.got >= data.size and bytes:find "^[Aa][Tt][^\r]*\r" ~= nil
end

--- Are these bytes data?
-- @tparam string bytes
-- @treturn boolean
function Steps:takes_data(bytes)
  local data = self.data
  if not (data and data.takes) then return false end
  if is_left(data, bytes) then data.takes = false end
  return data.takes
end

local function compare(self, data, t)
  if not data.sha256 then return end
  local sha256 = core.sha256():update(table.concat(data.parts):sub(1, data.size)):final()
    :gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  data.differs = sha256 ~= data.sha256:lower()
  if data.differs and self.other_data then self.other_data(sha256, data.sha256:lower(), t) end
end

--- Takes data.
-- @tparam string bytes
-- @tparam number t seconds
-- @treturn string what is no data
function Steps:take_data(bytes, t)
  local data = self.data
  local mine = data.open and bytes or bytes:sub(1, data.size - data.got)
  local had = data.got
  data.parts[#data.parts + 1] = mine
  data.got, data.t = data.got + #mine, t
  if had < data.size and data.got >= data.size then compare(self, data, t) end
  if data.got >= data.size and not data.open then data.takes = false end
  return bytes:sub(#mine + 1)
end

--- What was said since the last call.
-- @treturn string
function Steps:output()
  local out = table.concat(self.out)
  self.out = {}
  return out
end

return Steps
