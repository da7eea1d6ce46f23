local folder = require "support.folder"
local tries = require "dfota.fleet.tries"
local uv = require "luv"

describe("The tries of a run", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function try(key, began, events, ended)
    folder.write(("%s/%s.pid"):format(dir, key), "1\n")
    assert(uv.fs_utime(("%s/%s.pid"):format(dir, key), began, began))
    folder.write(("%s/%s.json"):format(dir, key), events)
    assert(uv.fs_utime(("%s/%s.json"):format(dir, key), ended or began, ended or began))
  end

  it("are read from its folder: when each began and ended, its phases and its result", function()
    try("001-1", 1000, '{"t":0.5,"event":"phase","name":"prepare"}\n{"t":1,"event":"progress","percent":3}\n'
      .. '{"t":2,"event":"phase","name":"update"}\n{"t":9,"event":"result","rc":81,"code":6508}\n', 5000)
    local read = tries.read(dir, { key = "001-1", what = "update" })
    assert.same({ "update", 1000, 1009, 6508 }, { read.what, read.began, read.finished, read.result.code })
    assert.same({ { name = "prepare", at = 1000.5 }, { name = "update", at = 1002 } }, read.steps)
  end)

  it("that were killed ended with their last word", function()
    try("001-1", 1000, '{"t":0.5,"event":"phase","name":"prepare"}\n{"t":1,"event":"pha', 1060)
    local read = tries.read(dir, { key = "001-1", what = "update" })
    assert.same({ 1060, nil, 1 }, { read.finished, read.result, #read.steps })
  end)

  it("last no time if a clock was set in between, and none that was damaged breaks the rest", function()
    try("001-1", 9000, '{"t":1e300,"event":"phase","name":"x"}\nnull\n{"t":"1","event":"result"}\n[]\n\xFF\n', 100)
    local read = tries.read(dir, { key = "001-1", what = "watch" })
    assert.same({ 9000, 9000, {}, nil }, { read.began, read.finished, read.steps, read.result })
  end)

  it("of a port are about the module that was updated, whoever was found there later", function()
    local function said(imei) return ('{"t":1,"event":"identity","imei":"%s"}\n{"event":"urc"}\n'):format(imei) end
    try("001-1", 1000, said "1")
    try("001-2", 1000, said "2" .. '{"t":3,"event":"phase","name":"trigger"}\n{"t":4,"event":"iden')
    try("001-3-watch", 1000, said "3")
    local list = { { key = "001-1", what = "update" }, { key = "001-2", what = "update" },
      { key = "001-3-watch", what = "watch" } }
    assert.equal("2", tries.met(dir, list))
    assert.equal("1", tries.met(dir, { list[1], list[3] }))
    assert.is_nil(tries.met(dir, { list[3], { key = "001-4", what = "update" } }))
  end)

  it("are none if they never began", function()
    assert.is_nil(tries.read(dir, { key = "001-1", what = "update" }))
  end)

  it("are told by the number of the module", function()
    try("003-1", 1000, "")
    local listed = { [3] = { { key = "003-1", what = "update" }, { key = "003-2", what = "watch" } } }
    local all = tries.all { path = dir, tries = function() return listed end }
    assert.same({ 1, "update" }, { #all[3], all[3][1].what })
  end)

  it("tell when the last update was started, by whomever, and not when a module was watched", function()
    local listed = {
      [1] = { { key = "001-1", what = "update" }, { key = "001-2", what = "update" } },
      [3] = { { key = "003-1", what = "update" }, { key = "003-2-watch", what = "watch" } },
    }
    local run = { path = dir, tries = function() return listed end }
    assert.is_nil(tries.last_start(run))
    for key, began in pairs { ["001-1"] = 1000, ["001-2"] = 3000, ["003-1"] = 2000, ["003-2-watch"] = 4000 } do
      try(key, began, "")
    end
    assert.equal(3000, tries.last_start(run))
  end)
end)
