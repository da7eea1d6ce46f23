local fleet_table = require "dfota.fleet.table"

local NONE = {
  waiting = 0, running = 0, triggered = 0, watching = 0, done = 0, failed = 0, unknown = 0, safe = 0, interrupted = 0,
}

local function counts(own)
  local all = {}
  for state, number in pairs(NONE) do all[state] = own[state] or number end
  return all
end

local JOB = {}

local function device(number, state, more)
  local one = { number = number, state = state, port = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1." .. number }
  for key, value in pairs(more or {}) do one[key] = value end
  return one
end

local function counted(devices)
  local own = {}
  for _, one in ipairs(devices) do own[one.state] = (own[one.state] or 0) + 1 end
  return counts(own)
end

local function lines(devices, width, height, about)
  local list = fleet_table.lines(devices, counted(devices), about or { elapsed_s = 60 }, width or 79, height or 23)
  local words = {}
  for i, line in ipairs(list) do words[i] = line[1]:gsub(" +$", "") end
  return words, list
end

describe("A fleet on one screen", function()
  it("has trouble on top, then what is going on, and last what is done", function()
    local states = {
      "done", "waiting", "interrupted", "safe", "running", "triggered", "watching", "failed", "unknown", "waiting",
    }
    local devices = {}
    for i, state in ipairs(states) do devices[i] = device(i, state) end
    local order = {}
    for i, line in ipairs((lines(devices))) do order[i] = line:match "1%.(%d+)" end
    assert.equal("9 8 7 6 5 4 3 2 10 1", table.concat(order, " "))
  end)

  it("has a line for each module: port, IMEI, phase, bar, time left, speed", function()
    local one = device(3, "running", {
      imei = "861234567890003", job = JOB, phase = "upload", percent = 32, eta_s = 12, rate_bps = 115200,
    })
    assert.equal("~4.0-usb-0:1.3 861234567890003 upload     [###-------] 12 s    11.5 kB/s", lines({ one })[1])
  end)

  it("says of a check that modules were checked", function()
    local words = lines({ device(1, "done") }, 79, 23, { elapsed_s = 5, checks = true })
    assert.truthy(words[1]:find " checked$")
    assert.equal("1 of 1 checked, 5.0 s", words[2])
  end)

  it("has a module's name from the plan, and what it said at its end", function()
    local one = device(1, "failed", { name = "bus 12", message = "6508: update failed", imei = "8" })
    local line = lines({ one }, 120)[1]
    assert.truthy(line:find "^bus 12 +8 +")
    assert.truthy(line:find "failed +6508: update failed$")
  end)

  it("has the revisions where there is room", function()
    local one = device(1, "running", { revision = "A1", to = "A2", job = JOB })
    assert.truthy(lines({ one }, 100)[1]:find("A1>A2", 1, true))
    assert.is_nil(lines({ one }, 99)[1]:find("A1>A2", 1, true))
  end)

  it("has the model where there is still more room, and of a chain which update it is at", function()
    local one = device(1, "running", { model = "M08-R", job = JOB, hop = { number = 2, of = 3 }, rate_bps = 115200 })
    assert.truthy(lines({ one }, 110)[1]:find(" M08-R ", 1, true))
    assert.is_nil(lines({ one }, 109)[1]:find("M08-R", 1, true))
    assert.truthy(lines({ one })[1]:find " 2/3 11.5 kB/s$")
    one.hop.of = 1
    assert.is_nil(lines({ one })[1]:find("2/1", 1, true))
  end)

  it("cuts a long name at its beginning, between characters", function()
    assert.equal("~" .. ("ä"):rep(13), lines({ device(1, "waiting", { name = ("ä"):rep(20) }) })[1]:match "^%S+")
    assert.equal(("ä"):rep(14), lines({ device(1, "waiting", { name = ("ä"):rep(14) }) })[1]:match "^%S+")
  end)

  it("never is wider or higher than the terminal, however many there are and whatever they say", function()
    local devices = {}
    for i = 1, 64 do
      devices[i] = device(i, i % 2 == 0 and "done" or "failed", { message = ("ä\27[2J"):rep(40), name = ("x"):rep(64) })
    end
    for _, size in ipairs { { 79, 23 }, { 40, 5 }, { 200, 60 }, { 10, 2 }, { 120, 100 } } do
      local _, list = lines(devices, size[1], size[2])
      assert.is_true(#list <= size[2])
      for _, line in ipairs(list) do
        assert.equal(size[1], utf8.len(line[1]))
        assert.is_nil(line[1]:find "%c")
      end
    end
  end)

  it("counts those that do not fit", function()
    local devices = {}
    for i = 1, 64 do devices[i] = device(i, i <= 30 and "running" or "waiting") end
    local words = lines(devices, 79, 23)
    assert.equal(23, #words)
    assert.equal("and 9 running, 34 waiting", words[22])
    assert.equal("0 of 64 done, 30 active, 34 waiting, 1 min 00 s", words[23])
  end)

  it("breaks its totals between words where they are too wide, and has a line less of modules for it", function()
    local devices = {}
    for i = 1, 64 do devices[i] = device(i, i <= 30 and "running" or "waiting") end
    local words = lines(devices, 39, 10, { elapsed_s = 60, left_s = 200 })
    assert.equal(10, #words)
    assert.same({
      "and 23 running, 34 waiting", "0 of 64 done, 30 active, 34 waiting,", "1 min 00 s, about 3 min 20 s left",
    }, table.move(words, 8, 10, 1, {}))
  end)

  it("is coloured by what needs to be looked at", function()
    local _, list = lines { device(1, "failed"), device(2, "done"), device(3, "waiting") }
    assert.same({ "bad", nil, "good" }, { list[1][2], list[2][2], list[3][2] })
  end)
end)

describe("The totals", function()
  it("name only what there is, with the time and what holds the run", function()
    assert.equal("0 of 0 done, 5.0 s", fleet_table.totals(counts {}, { elapsed_s = 5 }))
    assert.equal("3 of 12 done, 4 active, 1 failed, 1 unknown, 2 to try again, 1 waiting, 10 s, about 21 s left, "
      .. "stopped",
      fleet_table.totals(counts {
        done = 3, running = 1, triggered = 2, watching = 1, failed = 1, unknown = 1, safe = 1, interrupted = 1,
        waiting = 1,
      }, { elapsed_s = 10, left_s = 21, why = "stopped" }))
  end)
end)
