local document = require "support.document"
local error_table = require "support.error_table"
local json = require "dkjson"
local json_page = require "support.json_page"
local json_runs = require "support.json_runs"
local kinds = require "dfota.update.error_kinds"
local verdict = require "dfota.update.verdict"

local TEXT = document.read "docs/json.md"

local TYPES = {
  string = function(v) return type(v) == "string" end,
  boolean = function(v) return type(v) == "boolean" end,
  integer = function(v) return math.type(v) == "integer" end,
  number = function(v) return math.type(v) ~= nil end,
  array = function(v) return type(v) == "table" and (next(v) == nil or v[1] ~= nil) end,
  object = function(v) return type(v) == "table" and v[1] == nil end,
}

-- name → types, may it be null, may it be absent; in `order` the names.
local function fields_of(section)
  local fields, order = {}, {}
  for i, row in ipairs(document.rows(section)) do
    local name, types = row[1]:match "^`(.-)`$", {}
    for word in row[2]:gmatch "%l+" do types[#types + 1] = TYPES[word] end
    fields[name] = { types = types, null = row[3]:find "null" ~= nil, absent = row[3]:find "absent" ~= nil }
    order[i] = name
  end
  return fields, order
end

local common, first = fields_of(document.section(TEXT, "## Every event"))
local events, orders = {}, {}
for name in TEXT:gmatch "\n### (%l+)\n" do
  events[name], orders[name] = fields_of(document.section(TEXT, "### " .. name))
end
local ledger, ledger_order = fields_of(document.section(TEXT, "## Rows of the ledger"))

local function is_of(field, value)
  if value == json.null then return field.null end
  for _, is in ipairs(field.types) do
    if is(value) then return true end
  end
  return false
end

-- Its keys are just those, each of its type, and all that must be there.
local function check(object, known, what)
  for key, value in pairs(object) do
    assert(known[key], what .. " has " .. key .. ", which is not documented")
    assert(is_of(known[key], value), ("%s: %s is %s"):format(what, key, json.encode(value)))
  end
  for key, field in pairs(known) do
    assert(field.absent or object[key] ~= nil, what .. " lacks " .. key)
  end
end

local function known_of(event)
  local known = {}
  for key, field in pairs(common) do known[key] = field end
  for key, field in pairs(assert(events[event.event], "no event " .. tostring(event.event))) do known[key] = field end
  return known
end

-- The outermost keys, as they stand in the text; what is nested is cut out first.
local function keys_in_order(line)
  local keys = {}
  local flat = line:sub(2, -2):gsub("%b[]", "[]"):gsub("%b{}", "{}")
  for key in ("," .. flat):gmatch ',"([%l_]+)":' do keys[#keys + 1] = key end
  return keys
end

describe("docs/json.md", function()
  local lines, runs, rows

  setup(function() lines, runs, rows = json_runs.play() end)
  teardown(json_runs.clean)

  it("lists each field of each event that a run gives, with its type and when it is null", function()
    for _, each in ipairs(lines) do check(each.event, known_of(each.event), each.event.event) end
  end)

  it("lists no event and no field that no run gives", function()
    local seen = {}
    for _, each in ipairs(lines) do
      for key in pairs(each.event) do seen[each.event.event .. "." .. key] = true end
    end
    for name, fields in pairs(events) do
      for key in pairs(fields) do assert(seen[name .. "." .. key], name .. "." .. key) end
    end
  end)

  it("names each reported phase and gate", function()
    for _, each in ipairs(lines) do
      local event = each.event
      if event.event == "phase" or event.event == "gate" then
        local section = document.section(TEXT, "### " .. event.event)
        assert.is_truthy(section:find("`" .. event.name .. "`", 1, true), event.name)
      end
    end
  end)

  it("has every outcome, with the exit codes and the words about running again that come with it", function()
    local codes, seen, retries = {}, {}, {}
    for _, row in ipairs(document.rows(document.section(TEXT, "## Outcomes"))) do
      codes[row[1]:match "`(.-)`"] = " " .. row[2]:gsub(",", " ") .. " "
    end
    local section = document.section(TEXT, "## May it be run again?")
    for rc, words in section:gmatch "\n| (%d+) | ([^|]+) |" do retries[rc] = words end
    local function agrees(result)
      assert.is_truthy(codes[result.outcome]:find((" %d "):format(result.rc), 1, true), result.outcome .. result.rc)
      assert.is_truthy(retries[tostring(result.rc)]:find("`" .. result.retry .. "`", 1, true), result.rc)
    end
    for _, done in ipairs(runs) do
      assert.equal(done.rc, done.result.rc)
      agrees(done.result)
      seen[done.result.outcome] = true
    end
    for _, kind in ipairs(kinds) do
      if error_table.exit_code(kind.name) then
        agrees(verdict.of_error({ kind = kind.name, message = "x" }, {}))
        agrees(verdict.of_error({ kind = kind.name, message = "x" }, { phase = "upload" }))
      end
    end
    agrees(verdict.of_fault("x", {}))
    agrees(verdict.of_fault("x", { triggered = true }))
    for outcome in pairs(codes) do assert.is_true(seen[outcome], outcome) end
  end)

  it("has the exit codes of the contract, and no others", function()
    local source = document.section(document.read "README.md", "## Exit codes")
    local section, count = document.section(TEXT, "## May it be run again?"), 0
    for rc in source:gmatch "\n| (%d+) |" do
      assert.is_truthy(section:find("\n| " .. rc .. " |", 1, true), rc)
      count = count + 1
    end
    assert.equal(count, select(2, section:gsub("\n| %d+ |", "")))
  end)

  it("lists each field of a row of the ledger", function()
    assert.is_truthy(rows[1], runs[1].err)
    for _, each in ipairs(rows) do check(each.event, ledger, "a row of the ledger") end
  end)

  it("shows an example of each, as a run gives it", function()
    local shown = {}
    for _, block in ipairs(document.blocks(TEXT)) do
      local object = assert(json.decode(block.content, 1, json.null), block.name)
      assert.is_true(json_page.fits(object, block.name), block.name)
      if object.event then
        check(object, known_of(object), block.name)
        local order = table.move(orders[object.event], 1, #orders[object.event], #first + 1, { table.unpack(first) })
        local at = 0
        for _, key in ipairs(keys_in_order(block.content)) do
          repeat at = at + 1 until order[at] == key or at > #order
          assert(at <= #order, block.name .. ": " .. key .. " is not in the order of the table")
        end
      else
        check(object, ledger, block.name)
        assert.same(ledger_order, keys_in_order(block.content))
      end
      shown[object.event or "ledger"] = true
      if object.outcome then shown[object.outcome] = true end
    end
    for name in pairs(events) do assert.is_true(shown[name], name) end
    for _, row in ipairs(document.rows(document.section(TEXT, "## Outcomes"))) do
      assert.is_true(shown[row[1]:match "`(.-)`"], row[1])
    end
  end)

  it("has the same examples after every run, but for what says something else", function()
    local all = table.move(rows, 1, #rows, #lines + 1, { table.unpack(lines) })
    assert.equal(TEXT, json_page.with_examples(TEXT, all))
    local older = TEXT:gsub("the module now runs MC65FAR01A02", "it is up to date")
    assert.is_true(older ~= TEXT)
    local again = json_page.with_examples(older, all)
    assert.is_nil(again:match '"message":"it is up to date"')
    assert.equal(#document.blocks(TEXT), #document.blocks(again))
    for i, block in ipairs(document.blocks(again)) do
      assert.equal(document.blocks(TEXT)[i].name, block.name)
    end
  end)
end)
