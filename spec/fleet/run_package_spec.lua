local core = require "dfota.core"
local folder = require "support.folder"
local pins = require "dfota.fleet.pins"
local run_package = require "dfota.fleet.run_package"
local uv = require "luv"

describe("The package of a run", function()
  local dir, cleanup, opened, open_file
  before_each(function()
    dir, cleanup = folder.new()
    opened, open_file = {}, core.open_file
    core.open_file = function(path)
      opened[path:match "[^/]*$"] = (opened[path:match "[^/]*$"] or 0) + 1
      return open_file(path)
    end
  end)
  after_each(function()
    core.open_file = open_file
    cleanup()
  end)

  local SET = { max_package_bytes = 1000, require_signature = "off" }

  local function look(package, options, devices)
    local call = { package = package, devices = devices or { {} } }
    local ok, err = run_package.look(call, options or {}, SET)
    return ok and call, err
  end

  local function packages()
    for _, name in ipairs { "A2B", "B2C" } do
      local path = folder.write(("%s/%s.pack"):format(dir, name), "RDAOTA01" .. name)
      folder.write(path .. ".json", ('{"from":"%s","to":"%s"}'):format(name:sub(1, 1), name:sub(3)))
    end
    return dir
  end

  it("is read once, for what it is, for what it is to stay, and for the first start", function()
    local path = folder.write(dir .. "/A2B.pack", "RDAOTA01abc")
    local call = assert(look(path))
    assert.is_nil(pins.new(call):changed())
    assert.equal(1, opened["A2B.pack"])
    assert.same({ path, false, call.pins[1].hash }, { call.package, call.is_folder, call.marks[1].hash })
  end)

  it("and each of a folder, too", function()
    local call = assert(look(packages(), { to = "C" }))
    assert.is_nil(pins.new(call):changed())
    assert.same({ 1, 1, 4, true }, { opened["A2B.pack"], opened["B2C.pack"], #call.pins, call.is_folder })
    local hashes = {} -- by which the ledger knows on which modules one of them failed
    for _, mark in ipairs(call.marks) do hashes[mark.hash] = true end
    for _, pin in ipairs(call.pins) do
      assert.equal(pin.path:find "%.pack$" ~= nil or nil, hashes[pin.hash], pin.path)
    end
  end)

  it("is named by its own path, which holds from wherever the run goes on", function()
    local path = folder.write(dir .. "/A2B.pack", "RDAOTA01abc")
    assert(uv.fs_symlink("A2B.pack", dir .. "/newest.pack"))
    assert.equal(path, assert(look(dir .. "/newest.pack")).package)
  end)

  it("is not taken where it cannot be said what it is to stay", function()
    local take = pins.take
    finally(function() pins.take = take end)
    pins.take = function() return nil, core.error("package_missing", "gone") end
    local call, err = look(folder.write(dir .. "/A2B.pack", "RDAOTA01abc"))
    assert.same({ nil, "gone" }, { call or nil, err and err.message })
  end)

  it("is another at the first start, if it was exchanged while it was looked at", function()
    local path = folder.write(dir .. "/A2B.pack", "RDAOTA01abc")
    local selection = require "dfota.config.selection"
    local open = selection.open
    finally(function() selection.open = open end)
    selection.open = function(...)
      local found = table.pack(open(...))
      assert(uv.fs_rename(folder.write(dir .. "/new", "RDAOTA01xyz"), path))
      return table.unpack(found, 1, found.n)
    end
    assert.equal(path .. " has other content", pins.new(assert(look(path))):changed())
  end)

  it("must lead to every target", function()
    local call, err = look(packages(), { to = "C" }, { { to = "C" }, { to = "D" } })
    assert.same({ nil, "package", true }, { call or nil, err.kind, err.message:find "no package leads to D" ~= nil })
  end)

  it("at a URL has no file that could change", function()
    local call = assert(look("http://updates.example/a", { from = "A", to = "B" }))
    assert.same({ "http://updates.example/a", nil, "A", "B" }, { call.package, call.pins, call.from, call.to })
  end)
end)
