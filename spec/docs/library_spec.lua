local Process = require "support.process"
local document = require "support.document"
local folder = require "support.folder"
local run = require "support.run"
local uv = require "luv"

local TEXT = document.read "docs/library.md"

local programs = {}
for _, block in ipairs(document.blocks(TEXT)) do programs[block.name] = block.content end

local function environment()
  local list = { "LUA_PATH_5_4=lua/?.lua;lua/?/init.lua;;", "LUA_CPATH_5_4=lua/?.so;;" }
  for name, value in pairs(uv.os_environ()) do
    if not name:find "^LUA_C?PATH" and name ~= "DFOTA_PORT" then list[#list + 1] = name .. "=" .. value end
  end
  return list
end

local ENVIRONMENT = environment()

local function start(name, args)
  local path = folder.write(run.path(name .. ".lua"), assert(programs[name], name))
  return Process.start(Process.lua, table.move(args, 1, #args, 2, { path }), { env = ENVIRONMENT })
end

local QUICK = {
  "--ledger=none", "--set=at_s=0.06", "--set=gap_s=0.002", "--set=verify_pause_s=0.02", "--set=reading_pause_s=0.01",
}

describe("docs/library.md", function()
  local module

  teardown(run.clean)
  before_each(function() module = run.module {} end)
  after_each(function() module:stop() end)

  local function updated(name, more)
    local args = { "--port", module.name, "--from", run.A, "--to", run.B, table.unpack(QUICK) }
    table.move(more or {}, 1, #(more or {}), #args + 1, args)
    args[#args + 1] = run.package()
    local program = start(name, args)
    local rc = program:wait()
    return program.out, rc, program.err
  end

  for name, what in pairs {
    blocking = "and the program waits for it", cqueues = "in a cqueues loop", luv = "in a luv loop",
  } do
    it("shows an update " .. what .. ", in a program that runs as it stands", function()
      local out, rc, err = updated(name)
      assert.same({ 0, true }, { rc, out:find("updated\tMC65FAR01A02\t", 1, true) ~= nil }, out .. err)
      assert.is_truthy(out:find "upload\t100\n")
    end)
  end

  for _, name in ipairs { "cqueues", "luv" } do
    it("lets other work go on meanwhile, and gives a refusal like a success: " .. name, function()
      local out, rc = updated(name, { "--set=min_supply_mv=5000" })
      assert.same({ 0, true }, { rc, out:find("not_started", 1, true) ~= nil }, out)
      assert.is_true(tonumber(out:match "other work was done (%d+) times") > 1)
    end)
  end

  it("shows a conversation whose waits are the loop's", function()
    local program = start("conversation", { module.name })
    assert.equal(0, program:wait(), program.err)
    assert.is_truthy(program.out:find("revision\tMC65FAR01A01\nsupply\t3900\n", 1, true), program.out)
    assert.is_true(tonumber(program.out:match "other work was done (%d+) times") > 1)
  end)

  it("shows a loop that receives unsolicited lines", function()
    module:stop()
    module = run.module { drip_s = 0.05 }
    local program = start("listener", { module.name })
    assert.equal(0, program:wait(), program.err)
    assert.is_truthy(program.out:find("the module says\t+CMTI: \"SM\",1\n", 1, true), program.out)
  end)

  it("lists every field that require \"dfota\" returns, and no other", function()
    local dfota, listed = require "dfota", {}
    for _, row in ipairs(document.rows(document.section(TEXT, "## What `require \"dfota\"` returns"))) do
      listed[row[1]:match "`(.-)`"] = true
      assert.is_true(#row[2] > 10, row[1])
    end
    for name in pairs(dfota) do assert.is_true(listed[name], name) end
    for name in pairs(listed) do assert.is_not_nil(dfota[name], name) end
  end)
end)
