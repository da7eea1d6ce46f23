local html = require "dfota.history.html"
local lanes = require "dfota.fleet.lanes"

local function device(...)
  local tries = {}
  for i, of in ipairs { ... } do
    tries[i] = { what = "update", began = of[1], finished = of[2], steps = of[3] or {}, result = { rc = of[4] or 0 } }
  end
  return { title = "x", tries = tries }
end

-- Class, place and width of each rectangle.
local function rects(devices)
  local list, code = {}, html.code((lanes.draw(devices, 9)))
  for class, wide, x in code:gmatch '<rect class="([%w-]+)" height="20" width="(.-)" x="(.-)"' do
    list[#list + 1] = ("%s %s+%s"):format(class, x, wide)
  end
  return list
end

describe("The lines of who ran when", function()
  it("are on one scale, from the first begin to the last end", function()
    assert.same({ 100, 300 }, { lanes.span { device({ 200, 300 }), device({ 100, 150 }), device() } })
    assert.same({ "p-other 0.0+250.0", "p-other 500.0+500.0" }, rects { device({ 200, 300 }), device({ 100, 150 }) })
  end)

  it("have each try's phases, one that follows itself once, and the program's start with the first", function()
    assert.same({ "p-prepare 0.0+200.0", "p-upload 200.0+300.0", "p-verify 500.0+500.0" }, rects {
      device({ 0, 100, { { name = "prepare", at = 5 }, { name = "upload", at = 20 }, { name = "upload", at = 30 },
        { name = "verify", at = 50 } } }),
    })
  end)

  it("show what took no time, within the picture, and mark what did not end well", function()
    assert.same({ "p-other 0.0+1000.0", "end-bad 997.0+3.0", "p-other 997.0+3.0" },
      rects { device({ 0, 100, {}, 81 }), device({ 100, 100 }) })
    assert.same({ "p-other 0.0+3.0" }, rects { device({ 7, 7 }) })
  end)

  it("have the end of a long name, which tells sockets apart", function()
    local long = device({ 0, 1 })
    long.title = "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.12:1.0-port0"
    assert.truthy(html.code((lanes.draw({ long }, 9))):find('<span class="who">~usb-0:1.12:1.0-port0</span>', 1, true))
  end)

  it("are none where nothing ran", function()
    assert.same({ nil, 0 }, { lanes.draw({ device() }, 9) })
  end)
end)
