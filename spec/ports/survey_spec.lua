local core = require "dfota.core"
local rates = require "dfota.at.rates"
local survey = require "dfota.ports.survey"

describe("A survey of ports", function()
  local asked, rows, last_rates, answers, trouble, rate_calls

  before_each(function() asked, rows, last_rates, answers, trouble, rate_calls = {}, {}, {}, {}, nil, 0 end)

  local ledger = {
    open_on = function(_, name)
      if trouble then return nil, trouble end
      return rows[name]
    end,
    rate_on = function(_, name)
      rate_calls = rate_calls + 1
      return last_rates[name], last_rates.err
    end,
  }

  local function prober(requests, opts)
    asked = requests
    if answers.err then return nil, answers.err end
    local list = {}
    for i, request in ipairs(requests) do
      list[i] = answers[request.name] or { state = "silent" }
      opts.on_answer(i, list[i])
    end
    return list
  end

  local function run(ports, more)
    local opts = { ledger = ledger, settings = {}, prober = prober, on_trouble = function(err) error(err, 0) end }
    for name, value in pairs(more or {}) do opts[name] = value end
    return survey(ports, opts)
  end

  local function names_asked()
    local list = {}
    for i, request in ipairs(asked) do list[i] = request.name end
    return list
  end

  it("adds to each port what answers there", function()
    local ports = { { name = "a" }, { name = "b" } }
    answers = { a = { state = "module", imei = "1", baud = 300 } }
    local told = {}
    assert.is_true(run(ports, { on_answer = function(n, count) told[#told + 1] = n .. "/" .. count end }))
    assert.same({ { name = "a", state = "module", imei = "1", baud = 300 }, { name = "b", state = "silent" } }, ports)
    assert.same({ "1/2", "2/2" }, told)
  end)

  it("does not ask one that is held, one that is none, or a Bluetooth port unless named", function()
    local ports = {
      { name = "held", holder_pid = 7, holder_name = "minicom" }, { name = "gone", state = "missing", message = "m" },
      { name = "rfcomm0", transport = "bluetooth" }, { name = "rfcomm1", transport = "bluetooth", given = "rfcomm1" },
    }
    assert(run(ports))
    assert.same({ "rfcomm1" }, names_asked())
    assert.same({ "busy", "missing", "not_asked", "silent" },
      { ports[1].state, ports[2].state, ports[3].state, ports[4].state })
    assert.equal("in use by process 7 (minicom)", ports[1].message)
  end)

  it("does not ask one where an update has no recorded end, by whichever name the ledger knows it", function()
    for _, name in ipairs { "/dev/ttyUSB0", "/dev/dfota-x", "/dev/serial/by-id/i", "/dev/serial/by-path/p", "/l" } do
      rows = { [name] = { imei = "861234567890127" } }
      local port = { name = "/dev/ttyUSB0", links = { "/dev/dfota-x" }, by_id = { "/dev/serial/by-id/i" },
        by_path = { "/dev/serial/by-path/p" }, given = "/l" }
      assert(run { port })
      assert.same({ "recorded", "861234567890127", {} }, { port.state, port.imei, asked }, name)
    end
  end)

  it("ends if the ledger cannot tell that, unless it need not", function()
    trouble = core.error("ledger", "no ledger")
    local ok, err = pcall(run, { { name = "a" } })
    assert.same({ false, trouble }, { ok, err })
    assert.is_true(run({ { name = "a" } }, { on_trouble = function() end }))
    assert.same({ "a" }, names_asked())
  end)

  it("tries the rate first that the module there had last, and a given one alone", function()
    last_rates = { ["/dev/serial/by-id/i"] = 9600 }
    local function bauds(more)
      assert(run({ { name = "a", by_id = { "/dev/serial/by-id/i" } }, { name = "b" } }, more))
      return asked[1].bauds, asked[2].bauds
    end
    assert.same({ rates.beginning_with(9600), rates.standard }, { bauds() })
    assert.same({ { 4800 }, { 4800 } }, { bauds { baud = 4800 } })
  end)

  it("does without the last rates of a ledger that fails to tell one", function()
    last_rates = { err = core.error("ledger", "no answer") }
    assert(run { { name = "a" }, { name = "b" }, { name = "c" } })
    assert.same({ rates.standard, 1 }, { asked[3].bauds, rate_calls })
  end)

  it("ends with the signal that ended it", function()
    answers = { err = core.error("interrupted", "signal") }
    assert.same({ nil, answers.err }, { run { { name = "a" } } })
  end)
end)
