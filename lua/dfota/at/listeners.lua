--- Several who listen to one line, a trace and a transcript, as one.
-- @module dfota.at.listeners

local listeners = {}

local Listeners = {}
Listeners.__index = Listeners

--- Joins them.
-- @tparam {table,...} list each with `tap`, `begin_data`, `expect_data` and `end_data`
-- @treturn table|nil with the same methods, the one itself if there is only one; nil if nobody listens
function listeners.join(list)
  if #list < 2 then return list[1] end
  return setmetatable({ list = list }, Listeners)
end

--- The function to give to `port:tap`.
-- @treturn function of direction, bytes and time
function Listeners:tap()
  local taps = {}
  for i, one in ipairs(self.list) do taps[i] = one:tap() end
  return function(...)
    for _, tap in ipairs(taps) do tap(...) end
  end
end

--- What is sent is a package from here on.
function Listeners:begin_data()
  for _, one in ipairs(self.list) do one:begin_data() end
end

--- After the next CONNECT the module sends a file.
-- @tparam integer size in bytes
function Listeners:expect_data(size)
  for _, one in ipairs(self.list) do one:expect_data(size) end
end

--- What is sent are commands again.
function Listeners:end_data()
  for _, one in ipairs(self.list) do one:end_data() end
end

return listeners
