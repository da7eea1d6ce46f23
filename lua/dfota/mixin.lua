--- One class out of several files: each returns a table of methods.
-- @module dfota.mixin

--- Give a class the methods of another file. One that it has already is a mistake.
-- @tparam table class
-- @tparam table methods
local function mixin(class, methods)
  for name, method in pairs(methods) do
    assert(class[name] == nil, name)
    class[name] = method
  end
end

return mixin
