--- A small terminal: what is on the screen after the escape sequences that we use, also when it is resized in between.
--
--     local screen = Screen.new(80, { folds = true })
--     screen:write "upload   [####------]\r"
--     screen:resize(40)
--     assert.same({ … }, screen:lines())
--
-- Terminals differ when they become narrower: most fold lines that no longer fit into several rows and move the cursor
-- along (`folds`), xterm and the Linux console cut them off.
local Screen = {}
Screen.__index = Screen

--- @param columns
-- @param[opt] options `folds`
function Screen.new(columns, options)
  return setmetatable({
    columns = columns, folds = options and options.folds, rows = { {} }, row = 1, column = 0,
  }, Screen)
end

local function down(self, folded)
  self.row = self.row + 1
  self.rows[self.row] = self.rows[self.row] or {}
  self.rows[self.row].folded = folded
end

local function put(self, character)
  if self.column == self.columns then
    self.column = 0
    down(self, true)
  end
  self.column = self.column + 1
  local row = self.rows[self.row]
  for i = #row + 1, self.column - 1 do row[i] = " " end
  row[self.column] = character
end

-- From the cursor to the end of its row; then all rows below.
local function erase(self, below)
  local row = self.rows[self.row]
  for i = #row, self.column + 1, -1 do row[i] = nil end
  if below then
    for i = #self.rows, self.row + 1, -1 do self.rows[i] = nil end
  end
end

local CONTROLS = {
  ["\r"] = function(self) self.column = 0 end,
  ["\n"] = function(self) self.column = 0 down(self) end, -- the tty writes CR LF
  ["\27[J"] = function(self) erase(self, true) end,
  ["\27[K"] = function(self) erase(self, false) end,
}

-- The next control sequence or character, and where the text goes on.
local function next_piece(text, from)
  local piece = text:match("^\27%[[%d;]*%a", from) or text:match(utf8.charpattern, from)
  return piece, from + #piece
end

--- Output arrives. A control sequence that we do not use is an error; colours are ignored.
function Screen:write(text)
  local at = 1
  while at <= #text do
    local piece
    piece, at = next_piece(text, at)
    if CONTROLS[piece] then
      CONTROLS[piece](self)
    elseif not piece:find "^\27%[[%d;]*m$" then
      assert(not piece:find "^[%z\1-\31]", ("an unknown control sequence: %q"):format(piece))
      put(self, piece)
    end
  end
end

-- Rows that were folded are one again.
local function whole_lines(self)
  local lines, row_of, column_of = {}, nil, nil
  for i, row in ipairs(self.rows) do
    if not (row.folded and #lines > 0) then lines[#lines + 1] = {} end
    local line = lines[#lines]
    if i == self.row then row_of, column_of = #lines, #line + self.column end
    table.move(row, 1, #row, #line + 1, line)
  end
  return lines, row_of, column_of
end

local function fold(self)
  local lines, line_of, column_of = whole_lines(self)
  self.rows = {}
  for i, line in ipairs(lines) do
    local first = #self.rows + 1
    for from = 1, math.max(#line, 1), self.columns do
      local row = table.move(line, from, math.min(from + self.columns - 1, #line), 1, {})
      row.folded = from > 1
      self.rows[#self.rows + 1] = row
    end
    if i == line_of then self.row, self.column = first + column_of // self.columns, column_of % self.columns end
  end
end

local function cut(self)
  for _, row in ipairs(self.rows) do
    for i = #row, self.columns + 1, -1 do row[i] = nil end
  end
  self.column = math.min(self.column, self.columns)
end

--- The window gets another width.
function Screen:resize(columns)
  self.columns = columns
  if self.folds then fold(self) else cut(self) end
end

--- What is on the screen.
-- @return its rows, without blanks at their ends
function Screen:lines()
  local lines = {}
  for i, row in ipairs(self.rows) do lines[i] = table.concat(row):gsub(" +$", "") end
  while lines[#lines] == "" do lines[#lines] = nil end
  return lines
end

return Screen
