local Job = require "dfota.update.job"
local core = require "dfota.core"
local flows_doc = require "support.flows_doc"
local folder = require "support.folder"
local gate = require "dfota.update.gate"
local virtual = require "support.virtual"
local words = require "dfota.update.words"

describe("The words of flows", function()
  local function job(request)
    local modem, _, port = virtual.modem()
    return words.of(Job.new {
      modem = modem, channel = modem.channel, settings = modem.set, request = request or {}, package = { size = 7 },
      report = { event = function() end }, try = function(_, fn) return fn() end,
    }), port
  end

  local function refused(fn)
    local ok, fault = pcall(fn)
    return not ok and fault.fault
  end

  it("are a job, its modem with its parts, its channel, the request and the settings", function()
    local own = job { from = "A", site = "north", own = { "site" } }
    assert.same({ "A", "north", 7, 3500, 3900 }, { own.request.from, own.request.site, own.package.size,
      own.settings.min_supply_mv, own.modem:supply_mv() })
    assert.is_true(own.modem.files:free() > 0)
    assert.equal("IP INITIAL", own.modem.pdp:state())
    assert.equal("OK", own.channel:command("AT").text)
    assert.equal(own.channel, own.modem.channel)
  end)

  it("are all there: what a job offers, and what scripts/ use", function()
    local own = job()
    for _, name in ipairs { "update", "info", "watch" } do
      for verb in folder.read("scripts/" .. name .. ".lua"):gmatch "job:([%w_]+)" do
        assert.equal("function", type(own[verb]), verb)
      end
    end
  end)

  it("move the modem lines, but write nothing to the port by themselves", function()
    local own, port = job()
    port.lines = function() return "moved" end
    assert.equal("moved", own.channel.port:lines { dtr = true })
    assert.is_truthy(refused(function() return own.channel.port:write "AT" end))
    assert.is_truthy(refused(function() return own.channel:put "AT" end))
  end)

  it("do not move them under --check", function()
    local own, port = job { check = true }
    port.lines = function() error "moved" end
    assert.is_truthy(refused(function() own.channel.port:lines { dtr = true } end):find("changes nothing", 1, true))
    assert.equal(115200, own.channel.port:baud())
  end)

  it("do not move them once the module was triggered", function()
    local modem = virtual.modem()
    local run = Job.new {
      modem = modem, channel = modem.channel, settings = modem.set, report = { event = function() end },
      try = function(_, fn) return fn() end,
    }
    local held = words.of(run).channel.port
    assert.is_true(held:lines { dtr = true })
    run.entry:commit()
    assert.is_truthy(refused(function() held:lines { dtr = false } end):find("is left alone", 1, true))
  end)

  it("are offered by name, and each is one that its object has", function()
    local modem = virtual.modem()
    local objects = {
      ["job"] = Job, ["job.modem"] = modem, ["job.modem.files"] = modem.files, ["job.modem.pdp"] = modem.pdp,
      ["job.modem.session"] = modem.session, ["job.channel"] = modem.channel, ["job.channel.port"] = modem.channel.port,
    }
    for owner, names in pairs(words.METHODS) do
      for _, name in ipairs(names) do assert.equal("function", type(objects[owner][name]), owner .. ":" .. name) end
    end
  end)

  it("are all in docs/flows.md, and nothing else is", function()
    local offered = {}
    for _, list in ipairs { words.METHODS, words.VALUES } do
      for owner, names in pairs(list) do
        offered[owner] = {}
        for _, name in ipairs(names) do offered[owner][name] = true end
      end
    end
    local told = flows_doc.words()
    assert.same({ NAME = true }, told["job.settings"]) -- --settings lists them
    told["job.settings"] = nil
    assert.same(offered, told)
  end)

  it("have a gate, and docs/flows.md lists every field of it", function()
    local paragraph = folder.read("docs/flows.md"):match "\nA gate: (.-)\n\n"
    local told = {}
    for name in paragraph:gmatch "`([%l_]+)[^`]*`" do told[name] = true end
    local fields = {}
    for _, field in ipairs(gate.FIELDS) do fields[field] = true end
    told["false"] = nil
    assert.same(fields, told)
  end)

  it("know the names of a package and of every setting", function()
    local own = job()
    assert.is_truthy(refused(function() return own.package.sise end):find("did you mean size?", 1, true))
    assert.is_truthy(refused(function() return own.settings.boot end):find("did you mean boot_s?", 1, true))
    assert.is_truthy(refused(function() own.settings.boot_s = 5 end):find("use --set or --config", 1, true))
  end)

  it("say what took the place of words that are gone", function()
    local own = job()
    for _, word in ipairs { "commit", "begin", "verdict", "want", "set", "try" } do
      assert.is_truthy(refused(function() return own[word] end):find("is not available to flows", 1, true), word)
    end
    assert.is_truthy(refused(function() return own.channel.event end):find("job.channel:listen(…)", 1, true))
    assert.is_truthy(refused(function() return own.modem.files.discard_upload end):find("internal to dfota", 1, true))
  end)

  it("end the flow if a signal interrupts a method of the module, whatever it does with the result", function()
    local own, port = job()
    port.read = function() return nil, core.error("interrupted", "a signal came") end
    local ok, err = pcall(function() return own.modem:pause(1) end)
    assert.same({ false, "interrupted" }, { ok, err.kind })
    ok, err = pcall(function() return own.modem:supply_mv() end)
    assert.same({ false, "interrupted" }, { ok, err.kind })
  end)
end)
