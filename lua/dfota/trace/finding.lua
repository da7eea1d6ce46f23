--- One thing that is odd in a trace. Pure.
-- @module dfota.trace.finding

--- @tparam table item of `dfota.trace.conversation`, where it was seen
-- @tparam string what one word, for programs
-- @tparam string words for people
-- @tparam[opt] table more `code`, `advice`
-- @treturn table `t` (seconds since the trace began), `line` (in the file), `what`, `text`, and what more there is
return function(item, what, words, more)
  local found = { t = item.t, line = item.line, what = what, text = words }
  for key, value in pairs(more or {}) do found[key] = value end
  return found
end
