-- Compares what a playbook of .ci/ansible says with what each module says of itself, and with each gateway's ledger:
-- lua5.4 .ci/ansible-verdicts.lua FOLDER check|updated|unchanged|stopped RESULTS
local json = require "dkjson"

local folder, what, path = arg[1], arg[2], arg[3]
local A, B, C = "MC65FAR01A01", "MC65FAR01A02", "MC65FAR01A03"

-- What must have become of the modules that are not like the others, and of those.
local EXPECTED = {
  check = { rest = { "checked", A }, ["13-1"] = { "not_started", "" } },
  updated = { rest = { "updated", B }, ["11-2"] = { "failed_on_source", A, 6508 }, ["13-1"] = { "not_started", "" } },
  stopped = { rest = { "not_started", B } },
}
EXPECTED.unchanged = EXPECTED.updated
for gateway = 3, 5 do EXPECTED.stopped[("%02d-1"):format(gateway)] = { "updated", C } end

local wrong = 0
local function check(ok, ...)
  if ok then return end
  wrong = wrong + 1
  print("wrong: " .. string.format(...))
end

local function read(name)
  local file = assert(io.open(name))
  local content = file:read "a"
  file:close()
  return content
end

local function truths()
  local truth = {}
  for imei, revision in read(folder .. "/truth"):gmatch "(%d+) (%w*)\n" do truth[imei] = revision end
  return truth
end

-- The last row of each module.
local function ledger_of(gateway)
  local rows = {}
  local file = ("%s/%s/state/dfota/ledger.db"):format(folder, gateway)
  local pipe = assert(io.popen(("lua5.4 scripts/ledger.lua --json --ledger '%s'"):format(file)))
  for line in pipe:lines() do
    local row = json.decode(line)
    if row and row.imei and (not rows[row.imei] or rows[row.imei].id < row.id) then rows[row.imei] = row end
  end
  pipe:close()
  return rows
end

-- The last result of each gateway, and how many tasks changed something.
local function results()
  local by_gateway, counts = {}, {}
  for line in read(path):gmatch "[^\n]+" do
    local word, host, result = line:match "^(%w+): %[(%w+)%].- => ({.*})$"
    if host then
      by_gateway[host] = assert(json.decode(result))
      by_gateway[host].is_failed = word == "fatal"
    end
    local counted, changed = line:match "^(%w+)%s+: ok=%d+%s+changed=(%d+)"
    if counted then counts[counted] = tonumber(changed) end
  end
  return by_gateway, counts
end

local function judge(module, truth, row)
  local name = module.name
  local expected = EXPECTED[what][name] or EXPECTED[what].rest
  local outcome, message = module.outcome, module.message
  check(outcome == expected[1], "%s: %s, and %s was expected (%s)", name, outcome, expected[1], message)
  check(truth == expected[2], "%s runs '%s', and '%s' was expected", name, truth, expected[2])
  check(module.code == expected[3], "%s: code %s", name, module.code)
  check(module.to == nil or module.to == truth, "%s: reported %s, and it runs %s", name, module.to, truth)
  if module.outcome == "updated" or module.outcome == "failed_on_source" then
    check(module.to == truth, "%s: reported %s", name, module.to)
    check(row and row.outcome == module.outcome, "%s: the ledger says %s", name, row and row.outcome)
  end
end

local truth, gateways, modules, changed = truths(), 0, 0, 0
local by_gateway, recap = results()
for gateway, result in pairs(by_gateway) do
  gateways = gateways + 1
  check(type(result.modules) == "table", "%s: no results: %s", gateway, result.msg)
  local rows = what ~= "check" and ledger_of(gateway) or {}
  local bad = false
  for _, module in ipairs(result.modules or {}) do
    modules = modules + 1
    bad = bad or module.rc ~= 0
    judge(module, truth[module.imei], rows[module.imei])
  end
  check(result.is_failed == bad, "%s: failed is %s", gateway, result.is_failed)
  if result.changed then changed = changed + 1 end
end

local wanted = what == "stopped" and 3 or 20
check(gateways == wanted and modules == 3 * wanted, "%d gateways, %d modules", gateways, modules)
if what == "unchanged" then
  check(changed == 0, "%d gateways changed", changed)
  for gateway, number in pairs(recap) do check(number == 0, "%s: changed=%d", gateway, number) end
end
print(("%s: %d gateways, %d modules compared with what they run, %d gateways changed, %d wrong"):format(
  what, gateways, modules, changed, wrong))
os.exit(wrong == 0)
