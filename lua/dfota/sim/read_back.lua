--- Data mode of QFDWL: a file out, at the pace of the line, and the ways it ends.
-- Source: GSM FILE AT Commands Manual V1.5: CONNECT, the bytes, the result line; "+++" ends it early.
local Options = require "dfota.sim.options"
local Transmitter = require "dfota.sim.transmitter"

local ReadBack = {}
ReadBack.__index = ReadBack

local BLOCK = 256 -- bytes sent at a time, invented

--- Begins data mode: CONNECT was sent.
-- @tparam Module m
-- @tparam string content of the file
-- @tparam function sum_text of m and bytes: the checksum as this module prints it
function ReadBack.begin(m, content, sum_text)
  local self = setmetatable({
    m = m, content = content, sum_text = sum_text, busy = m.busy, at = 0, tail = "",
    flips = Options.set(m.spec.read_flip), losses = Options.set(m.spec.read_lose),
  }, ReadBack)
  m.data, m.ignores_input = self, false
  self:go_on()
end

-- Line faults: single bytes are changed or lost.
function ReadBack:harm(chunk)
  if not (next(self.flips) or next(self.losses)) then return chunk end
  local bytes = {}
  for i = 1, #chunk do
    local at, byte = tostring(self.at + i - 1), chunk:sub(i, i)
    if self.flips[at] then byte = string.char(byte:byte() ~ 0x10) end
    if not self.losses[at] then bytes[#bytes + 1] = byte end
  end
  return table.concat(bytes)
end

function ReadBack:finish()
  local m, sent = self.m, self.content:sub(1, self.at)
  m.data = nil
  m:note("read-back", #sent)
  Transmitter.line(m, ("+QFDWL: %d,%s"):format(#sent, self.sum_text(m, sent)))
  if m.busy == self.busy then self.busy.done(m) end
end

-- Up to the place of a fault at most.
function ReadBack:next_chunk()
  local last = math.min(self.at + BLOCK, #self.content)
  local stop = self.m.faults:next_place("read", self.at)
  if stop then last = math.min(last, stop) end
  return self.content:sub(self.at + 1, last)
end

function ReadBack:go_on()
  local m = self.m
  if m.data ~= self then return end
  local chunk = self:next_chunk()
  if chunk == "" then return self:finish() end
  Transmitter.send(m, self:harm(chunk))
  self.at = self.at + #chunk
  m:fault("read", self.at)
  m:after(m.link.cps and #chunk / m.link.cps or 0, function() self:go_on() end)
end

--- Takes bytes from the host: only "+++" means something.
-- @string bytes
-- @treturn string those after it
function ReadBack:feed(bytes)
  local seen = self.tail .. bytes
  local _, last = seen:find("+++", 1, true)
  self.tail = seen:sub(-2)
  if not last then return "" end
  self:finish()
  return seen:sub(last + 1)
end

return ReadBack
