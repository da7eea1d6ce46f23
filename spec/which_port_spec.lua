-- The port of a run. What is found where none is named is in spec/ports and spec/app_spec.lua.
local core = require "dfota.core"
local rates = require "dfota.at.rates"
local which_port = require "dfota.which_port"

describe("The port of a run", function()
  local asked

  before_each(function() asked = {} end)

  local function context(options, more)
    local all = {
      options = options, request = {}, set = {}, kind = {}, report = { set_port = function() end },
      host = { list = function() return { { name = "/dev/only" } } end },
      ledger = { rate_on = function(_, name)
        asked[#asked + 1] = name
        return name == "/dev/known" and 9600 or nil, name == "/dev/failing" and core.error("ledger", "l") or nil
      end },
    }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end

  it("is the one that is named, or the only one there is", function()
    for _, case in ipairs { { "/dev/named", { port = "/dev/named" } }, { "/dev/only", {} } } do
      local run = context(case[2])
      which_port.choose(run)
      assert.same({ case[1], { case[1] } }, { run.options.port, run.port_names })
    end
  end)

  it("is asked first at the rate that its module was found at, or had last by any of its names", function()
    local names = { "/dev/other", "/dev/known", "/dev/more" }
    local run = context({ baud = "auto" }, { port_names = names })
    which_port.begin_with_last_rate(run)
    assert.same({ rates.beginning_with(9600), { "/dev/other", "/dev/known" } }, { run.request.bauds, asked })
    run = context({ baud = "auto" }, { port_names = names, found_at = 300 })
    which_port.begin_with_last_rate(run)
    assert.equal(300, run.request.bauds[1])
    run = context({ baud = 4800 }, { port_names = names, request = { bauds = { 4800 } } })
    which_port.begin_with_last_rate(run)
    assert.same({ 4800 }, run.request.bauds)
  end)

  it("is asked at the usual rates if the ledger does not tell, which is not waited for twice", function()
    local run = context({ baud = "auto" }, { port_names = { "/dev/failing", "/dev/known" } })
    which_port.begin_with_last_rate(run)
    assert.same({ rates.standard, { "/dev/failing" } }, { run.request.bauds, asked })
  end)

  it("is opened while its simulated module lives, and each time told to who listens", function()
    local alive, heard, noted = true, {}, {}
    local function listen() end
    local port = {
      tap = function(_, fn) heard[#heard + 1] = fn end, baud = function() return 9600 end, close = function() end,
      name = function() return "/dev/pts/9" end, other_user = function() return 7, "cat" end,
      is_pty = function() return false end,
    }
    local run = context({ port = "/dev/pts/9" }, {
      request = { bauds = { 9600 } }, simulator = { alive = function() return alive end },
      host = { open = function() return port end }, listeners = { tap = function() return listen end },
      report = { event = function(_, _, fields) noted[#noted + 1] = fields.text end },
    })
    local open = which_port.opener(run)
    assert.same({ port, port, 9600, { listen } }, { open(), run.port, run.line.rate, heard })
    assert.equal("/dev/pts/9: process 7 (cat) has this port open too: what it reads is lost here", noted[1])
    alive = false
    local none, err = open()
    assert.same({ nil, "pty_gone" }, { none, err.kind })
  end)
end)
