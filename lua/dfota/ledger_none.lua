--- What `--ledger none` gives: the functions of a ledger, and no memory.
-- @module dfota.ledger_none

local nothing = {}

local None = {}
None.__index = None
None.__name = "dfota.ledger"

function None.begin() return "none" end
function None.step() return true end
function None.triggered() return true end
function None.finish() return true end
function None.triggers() return 0 end
function None.open_on() return nil end
function None.rows() return {} end
function None.steps() return {} end
function None.close() end

None.__close = None.close

function None.__tostring() return "dfota.ledger (none)" end

--- A ledger that records nothing.
function nothing.new() return setmetatable({ name = "none" }, None) end

return nothing
