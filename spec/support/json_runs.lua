--- Runs that together produce every event, field and outcome of `--json`.
local folder = require "support.folder"
local json = require "dkjson"
local run = require "support.run"
local uv = require "luv"

local json_runs = {}

local URL = "http://updates.example/A2B.pack"
local APN = { "--apn", "internet" }

local function with(args, last)
  local all = table.move(args, 1, #args, 1, {})
  all[#all + 1] = last
  return all
end

-- Two packages in a folder, with manifests.
local function packages()
  local home, last = run.path "packages", "MC65FAR01A03"
  assert(uv.fs_mkdir(home, 448))
  for name, way in pairs { ["A2B.pack"] = { run.A, run.B }, ["B2C.pack"] = { run.B, last } } do
    folder.write(home .. "/" .. name, folder.read(run.package { from = way[1], to = way[2] }))
    folder.write(("%s/%s.json"):format(home, name), ('{"from":"%s","to":"%s"}'):format(way[1], way[2]))
  end
  return home, last
end

-- One row per run: switches of the module, arguments, other options.
local function plan(package, ledger)
  local known = { "--from", run.A, "--to", run.B }
  local home, last = packages()
  return {
    { {}, with(known, package), ledger = ledger },
    { {}, with({ "--run", "spring/1", "--central", "postgres://gw7@127.0.0.1:1/fleet" }, package) },
    { {}, with(with(APN, "--retries=0"), URL) },
    { { vbat_mv = 3000 }, { package } },
    { {}, { "--check", package } },
    { {}, { "--to", run.A, package } },
    { { fail = "end:6508" }, with(known, package) },
    { { result = "C", drip_s = 0.005 }, with(known, package) },
    { { power_cut = "update:40", power_back_s = "never" }, { "--baud=115200", package },
      set = { update_silence_s = 1, recover_s = 0, resync_timeout_s = 0.1 } },
    { {}, { "--yes", "--to", last, home } },
    { {}, {}, script = "info" },
    { {}, {}, script = "watch" },
  }
end

--- Runs them all.
-- @return list of events, each with `line`, its source text; list of the runs; rows of the ledger, likewise
function json_runs.play()
  local package, ledger = run.package { size = 20000 }, run.path "ledger.db"
  local events, runs = {}, {}
  local ends = {}
  for i, row in ipairs(plan(package, ledger)) do
    local module = run.module(row[1])
    -- Many at once are slow to answer.
    local set = row.set or {}
    set.at_s = 0.3
    local wait = run.begin(row.script or "update", module, row[2], { ledger = row.ledger, set = set })
    ends[i] = function()
      local done = wait()
      module:stop()
      return done
    end
  end
  for i, wait in ipairs(ends) do
    runs[i] = wait()
    table.move(json_runs.rows(runs[i].out), 1, #runs[i].events, #events + 1, events)
  end
  return events, runs, json_runs.rows(run.script("ledger", { "--json", "--ledger", ledger }).out)
end

--- Lines of JSON, decoded and as received.
function json_runs.rows(text)
  local rows = {}
  for line in text:gmatch "[^\n]+" do
    rows[#rows + 1] = { event = assert(json.decode(line, 1, json.null)), line = line }
  end
  return rows
end

json_runs.clean = run.clean

return json_runs
