local Aftermath = require "dfota.update.aftermath"
local settings = require "dfota.config.settings"
local virtual = require "support.virtual"

describe("After the verdict", function()
  -- An aftermath of a simulated module that was asked before; what it tells; the module; its port.
  local function new(spec, set)
    local modem, m, port = virtual.modem(spec)
    local told, all = {}, assert(settings.load())
    for name, value in pairs(set or {}) do all[name] = value end
    local aftermath = Aftermath.new {
      modem = modem, channel = modem.channel, settings = all, now = function() return port:now() end,
      note = function(level, message) told[#told + 1] = level .. ": " .. message end,
      facts = function(facts) told.facts = facts end,
    }
    return aftermath, told, m, port
  end

  local UPDATED = { outcome = "updated", after = "B" }

  it("nothing is told of a module that is as it was, but the numbers", function()
    local aftermath, told = new()
    assert.equal(115200, aftermath:before().ipr)
    assert.is_true(aftermath:tell(UPDATED))
    assert.equal(0, #told)
    assert.same({ 1, 1 }, { told.facts.cmee_before, told.facts.cmee_after })
  end)

  it("other settings and files are told", function()
    local aftermath, told, m = new()
    aftermath:before()
    m.session.cmee, m.files["fota.idx"] = 2, "xx"
    aftermath:tell(UPDATED)
    assert.matches("^warning: other settings .*AT%+CMEE was 1 and is 2", told[1])
    assert.equal("warning: other files than before the update: fota.idx is new (2 bytes)", told[2])
  end)

  it("a package that is left is told, and deleted only if asked for", function()
    for mode, words in pairs {
      off = "still in the module (300 bytes)", on = "was deleted from the module (300 bytes)",
    } do
      local aftermath, told, m = new({}, { remove_package = mode })
      aftermath:before()
      m.files["fota.pack"] = ("x"):rep(300)
      assert.is_true(aftermath:tell(UPDATED))
      assert.is_truthy(told[1]:find(words, 1, true))
      assert.equal(mode == "on", m.files["fota.pack"] == nil)
    end
  end)

  it("the package of an update that failed stays: the loader may still need it", function()
    local aftermath, told, m = new({}, { remove_package = "on" })
    aftermath:before()
    m.files["fota.pack"] = "x"
    aftermath:tell { outcome = "failed_on_source", after = "A" }
    assert.same({ 0, "x" }, { #told, m.files["fota.pack"] })
  end)

  it("a module that cannot be asked, or was not asked before, is not asked", function()
    for _, case in ipairs {
      { { outcome = "unknown" }, true }, { { outcome = "updated", after = "B", left = true }, true },
      { { outcome = "failed_on_source", after = "A", refused = true }, true }, { UPDATED, false },
      { UPDATED, true, { after_s = 0 } },
    } do
      local aftermath, _, m = new({}, case[3])
      if case[2] then aftermath:before() end
      local count = #virtual.commands(m)
      assert.is_true(aftermath:tell(case[1]))
      assert.equal(count, #virtual.commands(m))
    end
  end)

  it("a silent module is given up within after_s", function()
    local aftermath, told, m, port = new({}, { after_s = 2 })
    aftermath:before()
    m:power(false, port:now())
    local since = port:now()
    local done, err = aftermath:tell(UPDATED)
    assert.same({ nil, "timeout", 0 }, { done, err.kind, #told })
    assert.is_true(port:now() - since < 2.5)
  end)

  it("a module for which after_s is over between two answers is asked no more, and this is told", function()
    local aftermath, told, m = new()
    aftermath:before()
    local t = 0
    aftermath.parts.now = function()
      t = t + 3
      return t
    end
    local count = #virtual.commands(m)
    assert.is_true(aftermath:tell(UPDATED))
    assert.equal("info: after_s was over before the module had told all of its settings and files", told[1])
    assert.equal(count + 3, #virtual.commands(m)) -- the settings in one line, and not the files
  end)

  it("a signal ends it", function()
    local aftermath, _, _, port = new { reply_s = 1 }
    aftermath:before()
    port.interrupted = true
    local done, err = aftermath:tell(UPDATED)
    assert.same({ nil, "interrupted" }, { done, err.kind })
  end)
end)
