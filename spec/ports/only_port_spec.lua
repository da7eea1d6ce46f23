-- What a call without a port uses, of ports that exist only here. How it looks in a run is in spec/app_spec.lua.
local core = require "dfota.core"
local only_port = require "dfota.ports.only_port"

describe("The port of a call that names none", function()
  local told, answers, ledger_fails

  before_each(function() told, answers, ledger_fails = {}, {}, nil end)

  local report = {
    set_port = function(_, name) told[#told + 1] = "port " .. tostring(name) end,
    status = function(_, text) told[#told + 1] = "status " .. tostring(text) end,
    event = function(_, name, fields) told[#told + 1] = name .. " " .. (fields.text or tostring(fields.state)) end,
  }

  local function find(names, more)
    local listed = {}
    for i, name in ipairs(names) do listed[i] = { name = name } end
    local opts = {
      report = report, settings = {}, host = {
        list = function() return listed end, holder = function() return nil end,
        prober = function(requests, how)
          local list = {}
          for i, request in ipairs(requests) do
            list[i] = answers[request.name] or { state = "silent", message = "no module answers" }
            how.on_answer(i, list[i])
          end
          return not answers.err and list or nil, answers.err
        end,
      },
      ledger = {
        open_on = function() return nil, ledger_fails end, rate_on = function() return nil end,
      },
    }
    for name, value in pairs(more or {}) do opts[name] = value end
    return pcall(only_port, opts)
  end

  local MODULE = { state = "module", model = "MC65", revision = "R1", imei = "1", family = "ours", baud = 9600 }

  it("is the only one there is, which is not asked", function()
    assert.same({ true, "/dev/a" }, { find { "/dev/a" } })
    assert.same({}, told)
  end)

  it("is missing where there is none", function()
    local ok, err = find {}
    assert.same({ false, "usage", "no serial port was found: plug the adapter in, or name one with --port" },
      { ok, err.kind, err.message })
  end)

  it("is that of the only module, with its rate, and that is told", function()
    answers = { ["/dev/b"] = MODULE }
    assert.same({ true, "/dev/b", 9600 }, { find { "/dev/a", "/dev/b" } })
    assert.same({ "status asking 2 ports", "status asking 2 ports: 1 done", "status asking 2 ports: 2 done",
      "status nil", "note using /dev/b, the only one of 2 ports that leads to a module: MC65, revision R1, IMEI 1, "
        .. "at 9600 baud",
    }, told)
  end)

  it("cannot be told otherwise: every port is listed, and those that come into question are named", function()
    answers = { ["/dev/b"] = MODULE, ["/dev/c"] = MODULE }
    local ok, err = find { "/dev/a", "/dev/b", "/dev/c" }
    assert.same({ false, "usage", { "/dev/b", "/dev/c" }, "2 ports may lead to the module: name one with --port" },
      { ok, err.kind, err.ports, err.message })
    assert.same({ "port /dev/a", "facts silent", "port nil", "note /dev/a: no module answers", "port /dev/b",
      "facts module", "port nil", "note /dev/b: MC65, revision R1, IMEI 1, at 9600 baud",
    }, table.move(told, 6, 13, 1, {}))
    answers = {}
    ok, err = find { "/dev/a", "/dev/b" }
    assert.same({ false, { "/dev/a", "/dev/b" } }, { ok, err.ports })
  end)

  it("is not looked for if the ledger cannot tell where an update goes on, unless the run may do without", function()
    ledger_fails = core.error("ledger", "no ledger")
    local ok, err = find { "/dev/a", "/dev/b" }
    assert.same({ false, ledger_fails }, { ok, err })
    answers = { ["/dev/b"] = MODULE }
    assert.same({ true, "/dev/b", 9600 }, { find({ "/dev/a", "/dev/b" }, { lenient = true }) })
  end)

  it("is not looked for any further after a signal", function()
    answers = { err = core.error("interrupted", "signal") }
    local ok, err = find { "/dev/a", "/dev/b" }
    assert.same({ false, answers.err, "status nil" }, { ok, err, told[#told] })
  end)
end)
