-- Many gateways that ship their journals at once, against a bare COPY of the same rows in the same run.
--
-- A gateway here is what it is in the field: a process of its own with a journal and a role of its own, which connects,
-- is refused while the server's 100 connections are taken, and comes back. What is not as in the field: all of them and
-- the server share this machine, a Unix socket stands for the network, and the journals are in memory, for a thousand
-- gateways do not share one disk. The server's own disk is real.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local central = require "support.central"
local core = require "dfota.core"
local errand = require "dfota.central.errand"
local folder = require "support.folder"
local sample = require "support.sample_ledger"
local sqlite = require "luasql.sqlite3"
local uv = require "luv"

local GATEWAYS = tonumber(os.getenv "GATEWAYS") or 1000
local ROWS = tonumber(os.getenv "ROWS") or 20
local ROUNDS = 5 -- a gateway that gave up comes again with the next one, as its timer would let it

assert(core.catch_signals())
local dir, cleanup = folder.new(uv.fs_stat "/dev/shm" and "/dev/shm" or nil)

local function say(...) print((string.format(...))) end

local function execute(conn, sql)
  local done = assert(conn:execute(sql))
  if type(done) == "userdata" then done:close() end
end

-- One journal is made, the others are copies with ids of their own.
local function journals()
  local first, env = dir .. "/first.db", sqlite.sqlite3()
  sample.make(first, ROWS)
  local whole = assert(env:connect(first))
  execute(whole, "PRAGMA journal_mode = delete")
  whole:close()
  for i = 1, GATEWAYS do
    local path = ("%s/%d.db"):format(dir, i)
    assert(uv.fs_copyfile(first, path))
    local conn = assert(env:connect(path))
    for _, sql in ipairs { "PRAGMA synchronous = off", "UPDATE dfota_updates SET id = 'gw%d-' || id",
      "UPDATE dfota_steps SET update_id = 'gw%d-' || update_id" } do execute(conn, (sql:gsub("%%d", i))) end
    conn:close()
  end
  env:close()
end

local function roles(centre)
  centre:ask(nil, ([[DO $$ BEGIN FOR i IN 1..%d LOOP
    EXECUTE format('CREATE ROLE bench%%s LOGIN IN ROLE dfota_gateway', i); END LOOP; END $$]]):format(GATEWAYS))
end

local rounds = 0

-- All of them at once: the clock runs from when each process stands ready, for starting them costs a gateway nothing.
-- Returns the seconds, those that gave up, how often one was refused, and how many rows were shipped.
local function round(centre, numbers)
  local left, ready, gave_up, refused, shipped, why = #numbers, 0, {}, 0, 0, {}
  rounds = rounds + 1
  local gate = ("%s/gate%d"):format(dir, rounds)
  assert(os.execute("mkfifo " .. gate))
  for _, i in ipairs(numbers) do
    local sent = assert(errand.send("support.bench_gateway",
      { journal = ("%s/%d.db"):format(dir, i), url = centre:url("bench" .. i), gate = gate }))
    sent:follow({ total_s = 600, on_told = function(what)
      if what == "ready" then ready = ready + 1 end
      if what == "busy" then refused = refused + 1 end
    end }, function(count, err)
      left = left - 1
      shipped = shipped + (count or 0)
      if not err then return end
      gave_up[#gave_up + 1] = i
      why[err.message] = (why[err.message] or 0) + 1
    end)
  end
  while ready < left do uv.run "once" end
  local began, writer = core.now(), assert(io.open(gate, "w"))
  while left > 0 do uv.run "once" end
  writer:close()
  for message, count in pairs(why) do say("  %d: %s", count, message) end
  return core.now() - began, gave_up, refused, shipped
end

local function timed(fn)
  local began = core.now()
  local result = table.pack(fn())
  return core.now() - began, table.unpack(result, 1, result.n)
end

local function psql(centre, sql)
  local command = ("psql -qAt -v ON_ERROR_STOP=1 '%s' -c \"%s\""):format(centre:url(), sql)
  assert(os.execute(command), command)
end

local function main(centre)
  say("%d gateways with %d updates each, %d connections", GATEWAYS, ROWS, 100)
  journals()
  roles(centre)
  local numbers, seconds, refused, shipped = {}, 0, 0, 0
  for i = 1, GATEWAYS do numbers[i] = i end
  for number = 1, ROUNDS do
    local took, gave_up, so_often, count = round(centre, numbers)
    seconds, refused, shipped = seconds + took, refused + so_often, shipped + count
    say("round %d: %.1f s, %d gateways shipped, %d gave up for now", number, took, #numbers - #gave_up, #gave_up)
    numbers = gave_up
    if #numbers == 0 then break end
  end
  local want = GATEWAYS * ROWS
  local there = tonumber(centre:value(nil, "SELECT count(*) FROM dfota.updates"))
  local different = tonumber(centre:value(nil, "SELECT count(DISTINCT id) FROM dfota.updates"))
  say("lost %d, twice %d, refused for want of a connection %d times", want - different, there - different, refused)
  say("%-58s %8.0f rows/s", "shipped by processes at once", shipped / seconds)

  psql(centre, ("COPY dfota.updates TO '%s/rows'"):format(centre.server.dir))
  psql(centre, "CREATE TABLE bare (LIKE dfota.updates)")
  local columns = centre:value(nil, [[SELECT string_agg(column_name, ',' ORDER BY ordinal_position)
    FROM information_schema.columns
    WHERE table_schema = 'dfota' AND table_name = 'updates' AND is_generated = 'NEVER']])
  local copy_s = timed(function()
    psql(centre, ("COPY bare (%s) FROM '%s/rows'"):format(columns, centre.server.dir))
  end)
  say("%-58s %8.0f rows/s", "bare COPY: no index, no rule, one connection", there / copy_s)

  centre:clear()
  local one = dir .. "/one.db"
  sample.make(one, math.min(want, 20000))
  local alone_s = timed(function() return assert(require("dfota.central.push").ship(one, centre:url "gw1")) end)
  say("%-58s %8.0f rows/s", "one gateway alone, its journal whole", math.min(want, 20000) / alone_s)
  return want == different and there == different
end

local centre = central.start { connections = 100, durable = true }
local ok, good = pcall(main, centre)
centre:stop()
cleanup()
if not ok then error(good, 0) end
os.exit(good, true)
