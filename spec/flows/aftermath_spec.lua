local Package = require "dfota.sim.package"
local folder = require "support.folder"
local kit = require "support.kit"

local A, B = "MC65FAR01A01", "MC65FAR01A02"

describe("After an update", function()
  local home, remove, package
  setup(function()
    home, remove = folder.new()
    package = folder.write(home .. "/A2B.pack", assert(Package.make(A, B, 3000)))
  end)
  teardown(function() remove() end)

  local function update(spec, more, prepare)
    local args = { package, table.unpack(more or {}) }
    local all = { revision = A, update_step = 50 }
    for name, value in pairs(spec or {}) do all[name] = value end
    return kit.play("update", args, all, prepare)
  end

  local LEFT = "fota.pack is still in the module (3000 bytes)"

  for _, profile in ipairs { "default", "rda" } do
    it("on profile " .. profile .. ", the settings are told as numbers, and those that are other than before in words",
      function()
        local done = update { profile = profile, cmee = 2, new_ipr = "9600", any_baud = true }
        local facts = done.events.facts
        assert.equal(0, done.rc)
        assert.same({ 115200, 9600, 2, 2, true, 0, 0 }, { facts.ipr_before, facts.ipr_after, facts.cmee_before,
          facts.cmee_after, facts.echo_after, facts.files_before, facts.files_after })
        assert.is_truthy(done.text:find("AT+IPR was 115200 and is 9600", 1, true))
      end)
  end

  it("nothing is said where nothing is other than before", function()
    local done = update()
    assert.equal(0, done.rc)
    assert.is_nil(done.text:find("than before the update", 1, true))
    assert.is_nil(done.text:find("fota.pack", 1, true))
  end)

  it("a package that is left is told, and deleted if remove_package says so", function()
    local done = update { pack_kept = true }
    assert.is_truthy(done.text:find(LEFT, 1, true))
    assert.is_truthy(done.m.files["fota.pack"])
    done = update({ pack_kept = true }, { "--set", "remove_package=on" })
    assert.equal(0, done.rc)
    assert.is_nil(done.m.files["fota.pack"])
  end)

  it("that failed, the package stays", function()
    local done = update({ fail = "end:6508" }, { "--set", "remove_package=on" })
    assert.same({ 81, "failed_on_source" }, { done.rc, done.result.outcome })
    assert.is_truthy(done.m.files["fota.pack"])
  end)

  -- The module falls silent or the user stops once the verdict is known.
  local function after_verify(action)
    return function(host)
      local fired
      local count = host.count
      host.open_first = host.open
      host.open = function(...)
        local port, err = host.open_first(...)
        if not port then return port, err end
        local write = port.write
        function port.write(self, bytes, ...)
          if bytes == "AT+IPR?;+IFC?;+CMEE?\r" and count(host, "AT+QFOTADL=1") == 1 and not fired then
            fired = true
            action(host, self)
          end
          return write(self, bytes, ...)
        end
        return port
      end
    end
  end

  it("a module that falls silent then changes no verdict, and is waited for no longer than after_s", function()
    local quick = update()
    local off = after_verify(function(host) host.m:power(false, host.clock.t) end)
    local done = update({}, { "--set", "after_s=2" }, off)
    assert.same({ 0, "updated" }, { done.rc, done.result.outcome })
    assert.is_truthy(done.text:find("after the verdict, which stands", 1, true))
    assert.is_true(done.result.duration_s <= quick.result.duration_s + 2.5)
  end)

  it("a signal ends the questions, and changes no verdict", function()
    local done = update({}, {}, after_verify(function(_, port) port.interrupted = true end))
    assert.same({ 0, "updated" }, { done.rc, done.result.outcome })
    assert.is_truthy(done.text:find("interrupted after the verdict, which stands", 1, true))
  end)

  it("nothing is asked with after_s=0", function()
    local done = update({}, { "--set", "after_s=0" })
    assert.equal(0, done.rc)
    assert.equal(0, done.host:count "AT+IPR?;+IFC?;+CMEE?")
    assert.is_nil(done.events.facts)
  end)
end)
