--- No ledger, for `none`: the same functions, but nothing is stored.
-- @module dfota.ledger.null

local nothing = {}

local None = {}
None.__index = None
None.__name = "dfota.ledger.ledger"

-- Nothing is stored, so it does not count as "recorded".
None.is_none = true

function None.begin() return "none" end
function None.triggered() return true end
function None.finish() return true end
function None.conclude() return true end
function None.record() return true end
function None.triggers() return 0 end
function None.open_on() return nil end
function None.failed_with() return nil end
function None.updated_with() return nil end
function None.start_rows() return true end
function None.start_modules() return true end
function None.next_rows() return {} end
function None.totals() return { groups = {}, modules = 0 } end
function None.next_lines() return "" end
function None.rows() return {} end
function None.steps() return {} end
function None.rate_on() return nil end
function None.modules() return {} end
function None.close() end

None.__close = None.close

function None.__tostring() return "dfota.ledger (none)" end

--- A ledger that records nothing.
function nothing.new() return setmetatable({ name = "none" }, None) end

return nothing
