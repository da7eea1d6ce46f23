--- The end of a fleet's run: what its jobs could not record is, and people who were not there get a page.
-- @module dfota.fleet.closing

local core = require "dfota.core"
local ending = require "dfota.fleet.ending"
local late_records = require "dfota.fleet.late_records"
local page = require "dfota.fleet.page"
local page_file = require "dfota.history.page_file"
local tries = require "dfota.fleet.tries"
local view = require "dfota.fleet.view"

local closing = {}

local function gather_tries(how, run)
  local all = tries.all(how.folder)
  for _, device in ipairs(run.devices) do device.tries = all[device.number] or {} end
end

-- What jobs saw and could not record. Whatever keeps it from being recorded now is left to whoever goes on.
local function record_late(how, run)
  if how.options.check or how.call.ledger == "none" or not late_records.are_there(run.devices) then return end
  local book <close>, err = how.open_ledger()
  local count
  if book then count, err = late_records.settle(run.devices, book, how.id) end
  if err then return how.program:warn(("the ends that are not on record stay so for now: %s"):format(err)) end
  if count.recorded > 0 then
    how.program:warn(("put on record now, as the ledger failed before: %d"):format(count.recorded))
  end
  if count.lost > 0 then
    how.program:warn(("not on record: %d, of whose beginning the ledger knows nothing (was it removed, or another put "
      .. "in its place?); the run's page has them"):format(count.lost))
  end
end

local function last_words(how, run)
  return {
    id = how.id, devices = run.devices, counts = run.scheduler:counts(), page = run.page, checks = how.options.check,
    typed = function(...) return how.program:typed(...) end,
  }
end

local function page_of(how, run, rc)
  local id = how.options.check and how.options.run or not how.options.check and how.id or nil
  return page.of {
    id = id, rc = rc, why = view.why_stopped(run.scheduler), package = how.call.package, from = how.call.from,
    to = how.call.to, devices = run.devices, folder = how.folder.path, version = core.version,
    made = os.date "%Y-%m-%d %H:%M", zone = os.date "UTC%z", checks = how.options.check,
    ways = ending.ways(last_words(how, run)),
  }
end

--- Gathers what each try of the run was, and records what has to be.
-- @tparam table how as of `dfota.fleet.console`
-- @tparam Supervisor run
function closing.settle(how, run)
  gather_tries(how, run)
  record_late(how, run)
end

--- Writes the run for people who were not there. Whatever keeps it from being made changes nothing of what became of
-- the run. A check leaves nothing that nobody asked for.
-- @tparam table how as of `dfota.fleet.console`
-- @tparam Supervisor run settled; its `page` is set to where it is
-- @tparam integer rc the run's exit code
function closing.write_page(how, run, rc)
  if how.options.check and not how.options.page then return end
  local made, content = pcall(page_of, how, run, rc)
  if not made then return how.program:warn(("the page cannot be made: %s"):format(content)) end
  local path = how.options.page or how.folder.path .. "/page.html"
  local ok, why = page_file.write(path, content)
  if ok then run.page = path else how.program:warn(("page %s cannot be written: %s"):format(path, why)) end
end

--- The last lines.
-- @tparam table how as of `dfota.fleet.console`
-- @tparam Supervisor run settled
-- @treturn {string,...} as of `dfota.fleet.ending`, with its labels
function closing.lines(how, run) return ending.lines(last_words(how, run)) end

return closing
