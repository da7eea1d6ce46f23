--- Watches whether a client says what it said in the trace that is replayed to it. Pure.
--
-- A command that was never answered in the trace may come more or less often: how often a client asks a module that is
-- silent depends on its clock.
-- @module dfota.sim.follower

local Follower = {}
Follower.__index = Follower

-- Was a command answered at all, and did anything come before the next one? A reply has its end or an echo.
local function look(entry)
  local answered, content = not entry.command:find "^[Aa][Tt]", false
  for _, step in ipairs(entry.steps or {}) do
    answered = answered or step.echo or step.done or step.data
    content = content or not step.pause_s
  end
  entry.unanswered, entry.idle = not answered, not answered and not content
end

--- @tparam {table,...} entries of a script; `line` in the trace, where it is known. Each gets `unanswered`: no reply
--   came, and `idle`: nothing at all came before the next command
-- @tparam[opt] function tell called with each difference as it is found
-- @treturn Follower with `last`: the entry that answered last; `list`: the differences so far, as sentences
function Follower.new(entries, tell)
  local places = {}
  local left = 0
  for i, entry in ipairs(entries) do
    places[entry] = i
    look(entry)
    if not entry.idle then left = left + 1 end
  end
  return setmetatable({
    entries = entries, places = places, used = {}, at = 0, left = left, list = {}, tell = tell,
  }, Follower)
end

local function shown(command)
  local text = command:gsub("[^ -~]", function(c) return ("\\x%02X"):format(c:byte()) end)
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

-- What the client said next in the trace.
local function expected(self)
  for i = self.at + 1, #self.entries do
    local entry = self.entries[i]
    if not self.used[entry] and not entry.unanswered then
      local line = entry.line and (" (line %d)"):format(entry.line) or ""
      return "the trace goes on with " .. shown(entry.command) .. line
    end
  end
  return "the trace has ended"
end

--- Adds a difference.
-- @tparam number t seconds
-- @tparam string text
function Follower:differ(t, text)
  text = ("%.3f s: %s"):format(t, text)
  self.list[#self.list + 1] = text
  if self.tell then self.tell(text) end
end

--- The client said what the trace does not have: it is refused.
-- @tparam string command
-- @tparam number t seconds
function Follower:unknown(command, t)
  self:differ(t, ("%s is not in the trace, and is answered with ERROR; %s"):format(shown(command), expected(self)))
end

--- The client said something more often than in the trace.
-- @tparam table entry the last of this command
-- @tparam string command
-- @tparam integer times how often the trace has it
-- @tparam number t seconds
-- @treturn boolean whether it is answered as the last time
function Follower:again(entry, command, times, t)
  self.last = entry
  if entry.unanswered then return false end
  self:differ(t, ("%s came more often than the %d time%s in the trace, and is answered as the last time; %s"):format(
    shown(command), times, times == 1 and "" or "s", expected(self)))
  return true
end

--- The client said what an entry answers.
-- @tparam table entry
-- @tparam number t seconds
function Follower:take(entry, t)
  local place = self.places[entry]
  if not entry.idle and not self.used[entry] then self.left = self.left - 1 end
  self.used[entry], self.last = true, entry
  if place < self.at and not entry.unanswered then
    self:differ(t, shown(entry.command) .. " came later than in the trace")
  end
  self.at = math.max(self.at, place)
end

--- The client began an upload of another size than in the trace, and that is as good.
-- @tparam number t seconds
function Follower:take_upload(t)
  for _, entry in ipairs(self.entries) do
    if not self.used[entry] and entry.command:find "^AT%+QFUPL=" then return self:take(entry, t) end
  end
end

local function unasked(self)
  local list = {}
  for _, entry in ipairs(self.entries) do
    if not self.used[entry] and not entry.idle then list[#list + 1] = entry end
  end
  return list
end

--- Has every command of the trace been said? Those that nothing came after do not count.
-- @treturn boolean
function Follower:has_ended() return self.left == 0 end

--- What the trace goes on with that the client never said.
-- @treturn {string,...}
function Follower:unsaid()
  local list = {}
  for i, entry in ipairs(unasked(self)) do
    local line = entry.line and (" (line %d of the trace)"):format(entry.line) or ""
    list[i] = shown(entry.command) .. line .. " was never said"
  end
  return list
end

return Follower
