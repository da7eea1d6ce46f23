--- Seeded random numbers: the same seed gives the same module, bytes and faults.
-- Its own generator (xorshift64*), so that other uses of `math.random` do not change a case.
local Random = {}
Random.__index = Random

--- Creates a generator.
-- @tparam[opt=1] integer seed any integer; equal seeds give equal sequences
-- @treturn Random
function Random.new(seed)
  local state = ((seed or 1) * 0x9E3779B97F4A7C15) ~ 0x2545F4914F6CDD1D
  if state == 0 then state = 1 end
  local self = setmetatable({ state = state }, Random)
  self:word()
  return self
end

--- Next 64 bits.
-- @treturn integer
function Random:word()
  local x = self.state
  x = x ~ (x >> 12)
  x = x ~ (x << 25)
  x = x ~ (x >> 27)
  self.state = x
  return x * 0x2545F4914F6CDD1D
end

--- A number from 0 up to, but not including, 1.
function Random:unit()
  return (self:word() >> 11) * 2.0 ^ -53
end

--- An integer from low to high, both included.
function Random:integer(low, high)
  return low + (self:word() >> 1) % (high - low + 1)
end

--- True with probability p (0 … 1). Draws nothing for p = 0, so that a switch that is off does not change the sequence.
function Random:chance(p)
  return p > 0 and self:unit() < p
end

--- n random bytes.
function Random:bytes(n)
  local words = {}
  for i = 1, (n + 7) // 8 do
    words[i] = string.pack("<i8", self:word())
  end
  return table.concat(words):sub(1, n)
end

return Random
