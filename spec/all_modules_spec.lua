local all_modules = require "dfota.all_modules"
local core = require "dfota.core"

local function port(name, more)
  local made = { name = name, by_path = {}, by_id = {}, links = {} }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function module(name, more)
  local made = port(name, {
    state = "module", model = "MC65", revision = "A", imei = "861234567890127", family = "ours", dfota = true,
    baud = 9600,
  })
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

describe("Every module of this machine", function()
  it("is named by the socket it is plugged into, or by its adapter, or else as the kernel does", function()
    local devices, others = all_modules.of {
      module("/dev/ttyUSB0", { by_path = { "/p" }, by_id = { "/i" } }),
      module("/dev/ttyUSB1", { by_id = { "/i" }, imei = "1" }),
      module("/dev/ttyUSB2", { links = { "/l" }, imei = "2" }), module("/dev/ttyS0", { imei = "3" }),
    }
    local names = {}
    for i, device in ipairs(devices) do names[i] = device.port end
    assert.same({ { "/p", "/i", "/l", "/dev/ttyS0" }, {} }, { names, others })
    assert.same({ port = "/p", imei = "861234567890127", revision = "A", model = "MC65" }, devices[1])
  end)

  it("is told from what is none, and of each port the reason is told", function()
    local devices, others = all_modules.of {
      port("/dev/a", { state = "silent", message = "no module answers" }),
      port("/dev/b", { state = "busy", message = "in use by process 7 (minicom)", by_path = { "/p" } }),
      port("/dev/c", { state = "recorded", message = "not asked: an update was triggered here" }),
      module("/dev/d", { family = "other", model = "EC25" }), module("/dev/e", { family = "unknown", model = "X1" }),
      module("/dev/f", { dfota = false }), module("/dev/g", { imei = "861234567890135" }),
    }
    assert.equal(1, #devices)
    assert.same({
      "/dev/a has no part: no module answers", "/p has no part: in use by process 7 (minicom)",
      "/dev/c has no part: not asked: an update was triggered here; watch.lua sees it to its end",
      "/dev/d has no part: EC25, IMEI 861234567890127: is of another family than MC65, M65, M08-R",
      "/dev/e has no part: X1, IMEI 861234567890127: may be of another family than MC65, M65, M08-R: name it in a plan "
        .. "if it is to be updated",
      "/dev/f has no part: MC65, IMEI 861234567890127: does not support AT+QFOTADL",
    }, others)
    local nameless = module "/dev/h"
    nameless.imei = nil
    assert.same({ "/dev/h has no part: MC65, IMEI unknown: only a plan can name it" },
      select(2, all_modules.of { nameless }))
  end)

  it("has no part if two ports lead to it: two jobs would trigger it twice", function()
    local devices, others = all_modules.of {
      module("/dev/a", { by_path = { "/p1" } }), module("/dev/b"), module("/dev/c", { imei = "861234567890135" }),
    }
    assert.same({ 1, "/dev/c" }, { #devices, devices[1].port })
    assert.same({
      "/p1 has no part: MC65, IMEI 861234567890127: the same IMEI answers on /dev/b: name one of the two in a plan",
      "/dev/b has no part: MC65, IMEI 861234567890127: the same IMEI answers on /p1: name one of the two in a plan",
    }, others)
  end)

  describe("is asked for", function()
    local warned

    before_each(function() warned = {} end)

    local function find(list, answers, ledger)
      local host = { list = function() return list end, holder = function() end }
      return all_modules.find {
        host = host, settings = {}, warn = function(line) warned[#warned + 1] = line end,
        ledger = ledger or { open_on = function() end, rate_on = function() end },
        prober = function(requests, how)
          assert.is_true(how.deep) -- without it nobody asks for AT+QFOTADL
          return answers or {}, requests
        end,
      }
    end

    it("on each port", function()
      local answer = module()
      answer.name, answer.by_path, answer.by_id, answer.links = nil, nil, nil, nil
      local devices = assert(find({ { name = "/dev/none0" }, { name = "/dev/none1" } },
        { answer, { state = "silent", message = "no module answers" } }))
      assert.same({ 1, "/dev/none0" }, { #devices, devices[1].port })
      assert.same({ "/dev/none1 has no part: no module answers" }, warned)
    end)

    it("and if there is none, that is said", function()
      local none, err = find {}
      assert.same({ nil, "port_missing" }, { none, err.kind })
      none, err = find({ { name = "/dev/none0" } }, { { state = "silent", message = "no module answers" } })
      assert.same({ nil, "no_answer", "no module was found on 1 port" }, { none, err.kind, err.message })
      local two = { { name = "/dev/none0" }, { name = "/dev/none1" } }
      none, err = find(two, { { state = "busy" }, { state = "silent" } })
      assert.same({ nil, "no module was found on 2 ports; in use: 1 of them: wait for who uses them, or end that" },
        { none, err.message })
    end)

    it("only where the ports can be listed", function()
      local none, err = all_modules.find { host = { list = function() return nil, core.error("io", "no /sys") end } }
      assert.same({ nil, "io" }, { none, err.kind })
    end)

    it("only where the ledger tells which one may be updating itself", function()
      local trouble = core.error("ledger_locked", "locked")
      local none, err = find({ { name = "/dev/none0" } }, { module() }, {
        open_on = function() return nil, trouble end, rate_on = function() end,
      })
      assert.same({ nil, "ledger_locked" }, { none, err.kind })
    end)
  end)
end)
