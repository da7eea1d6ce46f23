#!/usr/bin/lua5.4
-- Ansible module: updates the GSM modules of one gateway with dfota-fleet. WANT_JSON: it is given a file of arguments.
--
-- It is one file because Ansible copies one. The run is a process of its own: it outlives this one (Ctrl-C of the
-- playbook, a lost connection), and the next call with the same `run` waits for it and tells what became of it.
local json = require "dkjson"
local uv = require "luv"

local RUN = "^[%w][%w._:/+-]*$"
local MODE = tonumber("700", 8)

-- What goes to dfota-fleet as it is.
local PASSED = {
  "from", "to", "apn", "user", "baud", "config", "ledger", "jobs", "canary", "max_fail", "least", "window", "time_zone",
  "rate", "metrics",
}

local KNOWN = {}
for _, name in ipairs {
  "run", "modules", "package", "state", "again", "set", "force", "preflight", "password", "central", "command",
  table.unpack(PASSED),
} do KNOWN[name] = true end

-- Whatever is wrong with a call ends here: one line for people, no position in this file.
local function refuse(...) error({ msg = string.format(...) }, 0) end

-- A template gives text.
local function is_true(value) return value == true or value == "yes" or value == "true" or value == "True" end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- YAML may give one value where several may stand.
local function list_of(value)
  if value == nil then return {} end
  return type(value) == "table" and value or { value }
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read "a"
  file:close()
  return content
end

-- Whole on disk beside the one before, in whose place `put` brings it.
local function prepare(path, value)
  local fresh = path .. ".new"
  local fd, why = uv.fs_open(fresh, "w", tonumber("600", 8))
  local ok = fd
  if fd then
    ok, why = uv.fs_write(fd, json.encode(value), 0)
    if ok then ok, why = uv.fs_fsync(fd) end
    uv.fs_close(fd)
  end
  if not ok then refuse("%s cannot be written: %s", path, why) end
end

local function put(path)
  local ok, why = uv.fs_rename(path .. ".new", path)
  if not ok then refuse("%s cannot be written: %s", path, why) end
end

local function write(path, value)
  prepare(path, value)
  put(path)
end

local function arguments(path)
  local args = json.decode(path and read(path) or "", 1, nil, nil, nil)
  if type(args) ~= "table" then refuse "no arguments: this is a module for Ansible, which gives it a file of them" end
  if args.password then os.remove(path) end -- after Ctrl-C nobody else would
  for name in pairs(args) do
    if not KNOWN[name] and not name:find "^_ansible" then refuse("there is no argument %s", name) end
  end
  if type(args.run) ~= "string" or not args.run:find(RUN) then
    refuse "run: name the run with letters, digits and ._:/+-, such as 2026-12-a02: the same each time it is repeated"
  end
  args.state = args.state or "updated"
  if args.state ~= "updated" and args.state ~= "stopped" then
    refuse("state: updated or stopped, not %s", args.state)
  end
  if args.central and args.central:find "://[^/@]*:[^/@]*@" then
    refuse "central: leave the password out of the URL: its place is a pgpass file on the gateway"
  end
  return args
end

local function check_work(args)
  if type(args.modules) ~= "table" or #args.modules == 0 then
    refuse "modules: a list of the gateway's modules, each with a port"
  end
  if type(args.package) ~= "string" then refuse "package: a file on the gateway, or an http:// URL" end
end

-- Where runs are (docs/fleet.md), and beside them what this module was asked for and has told. A run names files.
local function places(run)
  local stem = run:gsub("/", "%%2F")
  local state, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if not (state and state:find "^/") then
    if not (home and home:find "^/") then refuse "HOME is not set on the gateway: nowhere to keep the run" end
    state = home .. "/.local/state"
  end
  local folder = state .. "/dfota/ansible"
  local path = ""
  for part in folder:gmatch "[^/]+" do
    path = path .. "/" .. part
    local ok, why, name = uv.fs_mkdir(path, MODE)
    if not ok and name ~= "EEXIST" then refuse("%s: %s", path, why) end
  end
  return {
    run = state .. "/dfota/runs/" .. stem, plan = ("%s/%s.plan.json"):format(folder, stem),
    memo = ("%s/%s.json"):format(folder, stem), said = folder .. "/said-XXXXXX",
  }
end

local function options_of(args)
  local words = {}
  local function add(name, value) table.move({ "--" .. name, tostring(value) }, 1, 2, #words + 1, words) end
  for _, name in ipairs(PASSED) do
    if args[name] ~= nil then add((name:gsub("_", "-")), args[name]) end
  end
  for _, name in ipairs(sorted_keys(args.set or {})) do
    local value = args.set[name]
    if type(value) == "boolean" then value = value and "on" or "off" end -- what YAML makes of these words
    add("set", name .. "=" .. tostring(value))
  end
  for _, gate in ipairs(list_of(args.force)) do add("force", gate) end
  if args.preflight ~= nil and not is_true(args.preflight) then words[#words + 1] = "--no-preflight" end
  return words
end

-- What a run was begun with, as text by name, so that another call under the same name is noticed.
local function asked_for(args, options)
  local modules = {}
  for i, module in ipairs(args.modules) do
    local fields = {}
    for _, name in ipairs(sorted_keys(module)) do fields[#fields + 1] = name .. "=" .. tostring(module[name]) end
    modules[i] = table.concat(fields, ",")
  end
  return { modules = table.concat(modules, ";"), package = args.package, options = table.concat(options, " ") }
end

local function check_same(run, memo, asked)
  if not memo then refuse("run %s was not begun by Ansible: name another run, or go on with it on the gateway", run) end
  for _, name in ipairs { "modules", "package", "options" } do
    if memo.asked[name] ~= asked[name] then
      refuse("run %s was begun with other %s (%s): name another run", run, name, memo.asked[name])
    end
  end
end

-- A file without a name: a run that outlives this process writes on, and nothing is left behind.
local function scratch(template)
  local fd, name = uv.fs_mkstemp(template)
  if not fd then refuse("%s: %s", template, name) end
  uv.fs_unlink(name)
  return fd
end

local function content_of(fd) return uv.fs_read(fd, uv.fs_fstat(fd).size, 0) or "" end

-- Passwords go through the environment: arguments are for everybody to read.
local function environment(args)
  local list, extra = {}, { DFOTA_PASSWORD = args.password, DFOTA_CENTRAL = args.central }
  for name, value in pairs(uv.os_environ()) do
    if extra[name] == nil then list[#list + 1] = name .. "=" .. value end
  end
  for name, value in pairs(extra) do list[#list + 1] = name .. "=" .. tostring(value) end
  return list
end

-- In a session of its own, so that nothing that ends this process ends the run.
local function fleet(args, places_, words)
  local command = list_of(args.command or "dfota-fleet")
  local out, err, code, signal = scratch(places_.said), scratch(places_.said), nil, nil
  local all = table.move(words, 1, #words, #command, table.move(command, 2, #command, 1, {}))
  local process, why = uv.spawn(command[1], {
    args = all, stdio = { nil, out, err }, env = environment(args), detached = true,
  }, function(c, s) code, signal = c, s end)
  if not process then
    refuse("%s cannot be started (%s): is the package dfota installed on this gateway?", command[1], why)
  end
  while not code do uv.run "once" end
  local said, complaint = content_of(out), content_of(err)
  return { rc = signal ~= 0 and 128 + signal or code, said = said, complaint = complaint:match "([^\n]+)\n*$" }
end

-- What the jobs said, by the number of the module in the plan.
local function hear(said)
  local heard = { by_number = {} }
  for line in said:gmatch "[^\n]+" do
    local event = json.decode(line)
    if type(event) == "table" and event.event == "fleet" then heard.fleet = event end
    local number = type(event) == "table" and event.device
    if number then
      local device = heard.by_number[number] or { results = {} }
      heard.by_number[number] = device
      if event.event == "identity" then
        device.first = device.first or event.revision
      elseif event.event == "result" then
        device.results[("%d-%d"):format(number, event.try)] = event
      end
    end
  end
  return heard
end

-- `said` is what the run says of it: the last of its tries alone may be one that was refused.
local function verdict(module, device, said, args)
  return {
    name = module.name or module.port, port = module.port, imei = said.imei or module.imei,
    from = said.before or device.first, to = said.after, target = module.to or args.to,
    outcome = said.outcome, code = said.code, rc = said.rc, retry = said.retry,
    message = said.message or "not begun", advice = said.advice,
  }
end

-- Where Ansible keeps the answer of a task with `async` until it has fetched it.
local function async_folder()
  local home = os.getenv "HOME" or "~"
  return (os.getenv "ANSIBLE_ASYNC_DIR" or "~/.ansible_async"):gsub("^~", function() return home end)
end

-- Answers to earlier calls for this run that nobody has fetched: their name → the changes that they tell.
local function unfetched(run)
  local folder, found = async_folder(), {}
  local scan = uv.fs_scandir(folder)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local answer = json.decode(read(folder .. "/" .. name) or "")
    local is_ours = type(answer) == "table" and answer.run == run and type(answer.changes) == "table"
    found[name] = is_ours and answer.changes or nil
  end
  return found
end

-- What those told was told to nobody. How often each change was told is counted: another call may have told it, too.
local function take_back(memo, lost)
  for name, changes in pairs(lost) do
    for _, key in ipairs(memo.lost[name] and {} or changes) do memo.told[key] = (memo.told[key] or 0) - 1 end
  end
  memo.lost = {}
  for name in pairs(lost) do memo.lost[name] = true end
end

-- The results of a module that say so, and that no earlier call has told.
local function add_changes(changes, device, told, checking)
  for _, key in ipairs(sorted_keys(device.results)) do
    local result = device.results[key]
    local is_change = result.changed == true or checking and result.outcome == "checked"
    if is_change and (told[key] or 0) < 1 then changes[#changes + 1] = key end
  end
end

local function summary(modules, run)
  local counts, order, bad = {}, {}, {}
  for _, module in ipairs(modules) do
    if not counts[module.outcome] then order[#order + 1] = module.outcome end
    counts[module.outcome] = (counts[module.outcome] or 0) + 1
    local who = module.name == module.port and "" or module.name .. ": " -- most messages name the port
    if module.rc ~= 0 then bad[#bad + 1] = who .. module.message end
  end
  for i, outcome in ipairs(order) do order[i] = ("%d %s"):format(counts[outcome], outcome) end
  local all = ("run %s: %s"):format(run, table.concat(order, ", "))
  return #bad == 0 and all or all .. "; " .. table.concat(bad, "; ")
end

-- What --diff shows: the revision of each module.
local function difference(modules, checking)
  local before, after = {}, {}
  for i, module in ipairs(modules) do
    local to = checking and module.outcome == "checked" and module.target or module.to or module.from
    before[i] = ("%s: %s\n"):format(module.name, module.from or "unknown")
    after[i] = ("%s: %s\n"):format(module.name, module.outcome == "unknown" and "unknown" or to or "unknown")
  end
  return { before = table.concat(before), after = table.concat(after) }
end

local function answer(args, ended, told)
  local heard, checking = hear(ended.said), args._ansible_check_mode
  if not heard.fleet then
    refuse("%s", ended.complaint or ("the run ended with %d and said nothing"):format(ended.rc))
  end
  if #(heard.fleet.modules or {}) ~= #args.modules then
    refuse "the dfota on this gateway is older than this collection: install the one of the same version"
  end
  local modules, facts, changes = {}, {}, {}
  for i, module in ipairs(args.modules) do
    local device = heard.by_number[i] or { results = {} }
    modules[i] = verdict(module, device, heard.fleet.modules[i], args)
    add_changes(changes, device, told, checking)
    facts[modules[i].name] = { imei = modules[i].imei, revision = modules[i].to, outcome = modules[i].outcome }
  end
  return {
    changed = #changes > 0, changes = #changes > 0 and changes or nil, failed = ended.rc ~= 0, rc = ended.rc,
    run = args.run, modules = modules,
    counts = heard.fleet.counts, stopped = heard.fleet.stopped, msg = summary(modules, args.run),
    diff = args._ansible_diff and difference(modules, checking) or nil,
    ansible_facts = { dfota_fleet = { run = args.run, modules = facts } },
  }
end

-- With a plan of its own, which is gone afterwards: the real run has not begun.
local function check(args, places_, words)
  local plan = places_.plan:gsub("plan%.json$", ("check.%d.json"):format(uv.os_getpid()))
  write(plan, args.modules)
  local ended = fleet(args, places_, table.move({ "--check", "--json", "--run", args.run, plan, args.package },
    1, 6, #words + 1, words))
  uv.fs_unlink(plan)
  return answer(args, ended, {})
end

-- Noted once it is told: a call that is killed before has told nothing. Others may have noted something meanwhile.
local function note(path, memo, lost, changes)
  local now = json.decode(read(path) or "") or memo
  take_back(now, lost)
  for _, key in ipairs(changes or {}) do now.told[key] = (now.told[key] or 0) + 1 end
  prepare(path, now)
  return function() put(path) end
end

local function update(args, places_)
  check_work(args)
  local words = options_of(args)
  local asked, content = asked_for(args, words), read(places_.memo)
  local memo, is_there = content and json.decode(content), uv.fs_stat(places_.run) ~= nil
  if is_there then check_same(args.run, memo, asked) end
  if args._ansible_check_mode then return check(args, places_, words) end
  if is_there then
    words = { "--json", "--wait", "--resume", args.run }
    if is_true(args.again) then table.move({ "--again", "failed" }, 1, 2, #words + 1, words) end
  else
    memo = { asked = asked, told = {}, lost = {} }
    write(places_.plan, args.modules)
    write(places_.memo, memo)
    table.move({ "--json", "--run", args.run, places_.plan, args.package }, 1, 5, #words + 1, words)
  end
  local lost = unfetched(args.run)
  take_back(memo, lost)
  local said = answer(args, fleet(args, places_, words), memo.told)
  return said, note(places_.memo, memo, lost, said.changes)
end

local function stop(args, places_)
  if not uv.fs_stat(places_.run) then
    return { changed = false, msg = ("run %s was not begun on this gateway"):format(args.run) }
  end
  if args._ansible_check_mode then return { changed = true, msg = ("run %s would be stopped"):format(args.run) } end
  local ended = fleet(args, places_, { "--json", "--wait", "--stop", args.run })
  local event = json.decode(ended.said)
  if ended.rc ~= 0 or not event then refuse("%s", ended.complaint or "it could not be stopped") end
  -- Jobs live on where their supervisor died.
  local was_running = event.supervisor ~= nil or (event.told or 0) + (event.followed or 0) > 0
  local what = was_running and "is stopped; what was triggered was followed to its end" or "was not being carried out"
  return { changed = was_running, msg = ("run %s %s"):format(args.run, what) }
end

local function main(path)
  local args = arguments(path)
  return (args.state == "stopped" and stop or update)(args, places(args.run))
end

local ok, said, note_it = pcall(main, ...)
if not ok then said = { failed = true, msg = type(said) == "table" and said.msg or tostring(said) } end
local is_told, why = io.write(json.encode(said), "\n")
if is_told then is_told, why = io.stdout:flush() end
if is_told and note_it then is_told, why = pcall(note_it) end
if not is_told then io.stderr:write(type(why) == "table" and why.msg or tostring(why), "\n") end
os.exit(said.failed and 1 or 0)
