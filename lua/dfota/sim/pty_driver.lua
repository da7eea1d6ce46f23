--- Drives a simulated module on a real pty, in real time: one wait per event, no polling.
local core = require "dfota.core"
local Fetch = require "dfota.sim.fetch"

local pty_driver = {}

local MAX_BACKLOG = 65536 -- bytes kept for a client that does not read; more are lost, as on a wire
local FETCH_STEP_S = 0.01 -- how often a running download is stepped

local function new_driver(m, pty)
  return { m = m, pty = pty, begin = pty:now() - m.t, out = "", first = 1 }
end

local function now(driver)
  return driver.pty:now() - driver.begin
end

-- The module's output is appended to what the pty has not accepted yet.
local function collect(driver)
  local fresh = driver.m:output()
  if fresh == "" then return end
  local waiting = driver.out:sub(driver.first)
  if #waiting > MAX_BACKLOG then return end
  driver.out, driver.first = waiting .. fresh, 1
end

-- A rate without a standard name (0) counts as the right one.
local function look_at_line(driver)
  if driver.m.spec.any_baud then return end
  local line = driver.pty:line()
  if line then driver.m:line(line.baud > 0 and line.baud or nil, line.rtscts) end
end

local function end_fetch(driver)
  driver.fetch:close()
  driver.fetch = nil
end

-- Steps the download; one that is no longer wanted (power, PDP context) is closed.
local function step_fetch(driver)
  local request = driver.m:take_request()
  if request then driver.fetch = Fetch.start(request) end
  if not driver.fetch then return end
  if driver.fetch.request ~= driver.m.request then return end_fetch(driver) end
  local news = driver.fetch:step()
  if not news then return end
  local wanted = driver.m:fetched(driver.fetch.request, news, now(driver))
  if news.body or news.code or not wanted then end_fetch(driver) end
end

local function time_to_wait(driver)
  local due = driver.m:next_time()
  local wait = due and math.max(0, due - now(driver))
  if driver.fetch then wait = math.min(wait or FETCH_STEP_S, FETCH_STEP_S) end
  return wait
end

-- A full throttled line accepts nothing: only time, or the client reading, helps.
local function wait_and_exchange(driver)
  local pty = driver.pty
  if driver.first > #driver.out then driver.out, driver.first = "", 1 end
  local out = driver.out ~= "" and driver.out or nil
  if driver.m:room() > 0 then
    return pty:exchange(out, driver.first, time_to_wait(driver))
  end
  if out then
    local sent, err = pty:write(out:sub(driver.first), time_to_wait(driver))
    if sent then return #out - driver.first + 1, "" end
    return nil, err
  end
  require("socket").sleep(time_to_wait(driver) or 0)
  return 0, ""
end

--- One round: advance the time, send what is due, wait for the next event.
-- @treturn ?boolean true, or nil and an error
local function round(driver)
  local m = driver.m
  look_at_line(driver)
  m:advance(now(driver))
  step_fetch(driver)
  collect(driver)
  local written, received = wait_and_exchange(driver)
  if not written then
    if received.kind == "timeout" then return true end
    return nil, received
  end
  driver.first = driver.first + written
  if received ~= "" then
    look_at_line(driver)
    m:input(received, now(driver))
  end
  return true
end

-- What was said last may still have to be written.
local function is_over(driver) return driver.m.over and driver.first > #driver.out end

--- Runs until a signal arrives (INT, TERM, HUP, QUIT), the module is over (a player at the end of its script) or
-- something fails.
-- @tparam Module m
-- @param pty from `core.pty()`
-- @treturn ?boolean true after a signal or when it is over, or nil and an error
-- @treturn ?boolean true: a signal arrived
function pty_driver.run(m, pty)
  local driver = new_driver(m, pty)
  core.catch_signals()
  local going, err
  repeat
    going, err = round(driver)
  until not going or is_over(driver)
  core.release_signals()
  if driver.fetch then driver.fetch:close() end
  if going then return true, false end
  if err.kind == "interrupted" then return true, true end
  return nil, err
end

return pty_driver
