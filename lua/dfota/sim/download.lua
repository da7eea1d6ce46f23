--- The module downloads the package itself: HTTPSTART, DOWNLOADING, HTTPEND, +PDP DEACT, then the boot loader.
-- Source: DFOTA application note, chapters 3.1 and 4.1. With `http=simulated` nothing is really downloaded.
local Bootloader = require "dfota.sim.bootloader"
local Package = require "dfota.sim.package"
local Transmitter = require "dfota.sim.transmitter"
local pdp_state = require "dfota.sim.pdp_state"
local qind = require "dfota.sim.qind"

local Download = {}

local function fail(m, code)
  m.downloading, m.request = false, nil
  qind.say(m, "httpend", code)
end

-- The context is deactivated before the update begins; that is normal.
local function hand_over(m, order)
  m.downloading, m.request = false, nil
  qind.say(m, "httpend", 0)
  m:after(m.spec.deact_s, function()
    m.pdp.state = "PDP DEACT"
    if not require("dfota.sim.options").set(m.spec.lost).deact then Transmitter.urc(m, "+PDP DEACT", "deact") end
    m:after(m.spec.deact_s, function() Bootloader.leave(m, order) end)
  end)
end

-- `unsure`: the length of the body was not announced, so a damaged one counts as a connection that broke off.
local function finish(m, judge, body, unsure)
  local order, code = judge(m, body)
  if unsure and (code or order.fail) == 6507 then return fail(m, 6503) end
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

-- The percentages of DOWNLOADING, and the time between two of them.
local function percents(spec)
  local list, step = {}, math.max(1, spec.download_step)
  for percent in spec.download_percents:gmatch("%d+") do list[#list + 1] = tonumber(percent) end
  if list[1] then return list, spec.download_s / #list end
  for percent = spec.spelling == "example" and 0 or step, 99, step do list[#list + 1] = percent end
  list[#list + 1] = 100
  return list, spec.download_s * step / 100
end

local function simulate(m, job, judge)
  local list, pause = percents(m.spec)
  local index = 0
  local function go_on()
    if m.downloading ~= job then return end
    index = index + 1
    local percent = list[index]
    if failure(m) and (percent or 100) >= m.spec.fail_percent then return fail(m, failure(m)) end
    if not percent then return finish(m, judge, simulated_package(m)) end
    say_percent(m, percent)
    if m.downloading == job then m:after(index < #list and pause or 0, go_on) end
  end
  go_on()
end

-- News from the driver: progress, the body, or why it failed.
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
    if news.body and m.downloading then finish(m, judge, news.body, news.unsure) end
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
  m.request = { url = url, limit = m.spec.pack_max, news = follow(m, judge) }
end

return Download
