--- What an errand may meet: it answers, talks, hangs, or dies.
local core = require "dfota.core"

local task = {}

function task.run(what, tell)
  if what.dies then os.exit(3) end
  for i = 1, what.says or 0 do tell("said", i) end
  if what.hangs then core.wait(60) end
  if what.faults then error "no such thing" end
  if what.fails then return nil, core.error("central", what.fails) end
  return { answer = what.asked }
end

return task
