--- All rows of whoever gives them page by page: a book, or the ledger whose worker has it.
-- @module dfota.ledger.pages

local pages = {}

-- The rest of what is being read.
local function all_rows(self, ok, err)
  local all = {}
  while ok do
    local rows
    rows, err = self:next_rows()
    if not rows then return nil, err end
    if not rows[1] then return all end
    table.move(rows, 1, #rows, #all + 1, all)
  end
  return nil, err
end

--- Updates, the newest first: the method `rows` of `dfota.ledger.book`.
-- @param self with `start_rows` and `next_rows`
-- @tparam[opt] table wanted
-- @treturn {table,...}|nil nil, err
function pages.rows(self, wanted) return all_rows(self, self:start_rows(wanted)) end

--- What each module was last seen to run: the method `modules` of `dfota.ledger.book`.
-- @param self with `start_modules` and `next_rows`
-- @tparam[opt] table wanted
-- @treturn {table,...}|nil nil, err
function pages.modules(self, wanted) return all_rows(self, self:start_modules(wanted)) end

return pages
