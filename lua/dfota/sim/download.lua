--- The module fetches the package itself: HTTPSTART, DOWNLOADING, HTTPEND, +PDP DEACT, then the loader.
-- Source: DFOTA application note, chapters 3.1 and 4.1. With `http=simulated` nothing is really fetched.
local Loader = require "dfota.sim.loader"
local Package = require "dfota.sim.package"
local Talk = require "dfota.sim.talk"
local pdp_state = require "dfota.sim.pdp_state"
local qind = require "dfota.sim.qind"

local Download = {}

local function fail(m, code)
  m.downloading, m.request = false, nil
  qind.say(m, "httpend", code)
end

-- The context is given back before the update begins; that is no fault.
local function hand_over(m, order)
  m.downloading, m.request = false, nil
  qind.say(m, "httpend", 0)
  m:after(m.spec.deact_s, function()
    m.pdp.state = "PDP DEACT"
    if not require("dfota.sim.spec").set(m.spec.lost).deact then Talk.urc(m, "+PDP DEACT", "deact") end
    m:after(m.spec.deact_s, function() Loader.leave(m, order) end)
  end)
end

local function finish(m, judge, body)
  local order, code = judge(m, body)
  if not order then return fail(m, code) end
  hand_over(m, order)
end

local function say_percent(m, percent)
  qind.say(m, "downloading", percent)
  m:fault("download", percent)
end

local function simulated_package(m)
  local spec = m.spec
  local from = spec.http_from ~= "" and spec.http_from or m.revision
  return Package.make(from, spec.http_to, spec.http_size, 1, { model = spec.model })
end

local function failure(m)
  local code = m.spec.fail:match("^httpend:(%d+)$")
  return code and tonumber(code)
end

local function simulate(m, job, judge)
  local step = math.max(1, m.spec.download_step)
  local percent = m.spec.spelling == "example" and 0 or step
  local pause = m.spec.download_s * step / 100
  local function go_on()
    if m.downloading ~= job then return end
    if failure(m) and percent >= m.spec.fail_percent then return fail(m, failure(m)) end
    say_percent(m, percent)
    if m.downloading ~= job then return end
    if percent >= 100 then return m:after(0, function() finish(m, judge, simulated_package(m)) end) end
    percent = math.min(100, percent + step)
    m:after(pause, go_on)
  end
  go_on()
end

-- News from the driver: how far it is, what came, or why nothing did.
local function follow(m, judge)
  local said = -1
  local step = math.max(1, m.spec.download_step)
  return function(news)
    if news.code then return fail(m, news.code) end
    local percent = news.body and 100 or news.total and news.received * 100 // news.total or 0
    percent = percent - percent % step
    while said < percent and m.downloading do
      said = said < 0 and 0 or said + step
      say_percent(m, math.min(said, 100))
    end
    if news.body and m.downloading then finish(m, judge, news.body) end
  end
end

--- Begins a download.
-- @tparam Module m
-- @string url already checked
-- @func judge(m, bytes) → order | nil, code
function Download.start(m, url, judge)
  qind.say(m, "httpstart")
  if not pdp_state.active(m) then return fail(m, 6503) end
  local job = { lost = function() fail(m, 6503) end }
  m.downloading = job
  if m.spec.http == "simulated" then return simulate(m, job, judge) end
  if failure(m) then return fail(m, failure(m)) end
  m.request = { url = url, news = follow(m, judge) }
end

return Download
