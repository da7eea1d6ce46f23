--- A file handle that keeps what is written, and can be made to fail.
local sink = {}
sink.__index = sink

function sink.new() return setmetatable({ parts = {} }, sink) end

function sink:write(...)
  if self.broken then return nil, self.broken end
  for i = 1, select("#", ...) do self.parts[#self.parts + 1] = (select(i, ...)) end
  return self
end

function sink:flush()
  if self.broken then return nil, self.broken end
  return self
end

function sink:text() return table.concat(self.parts) end

function sink:lines()
  local lines = {}
  for line in self:text():gmatch("[^\n]*\n") do lines[#lines + 1] = line:sub(1, -2) end
  return lines
end

return sink
