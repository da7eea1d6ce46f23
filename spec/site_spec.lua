local Site = require "dfota.site"
local core = require "dfota.core"
local folder = require "support.folder"

describe("What a site has set", function()
  local dir, cleanup, env

  before_each(function()
    dir, cleanup = folder.new()
    env = { DFOTA_CONFIG = dir }
  end)
  after_each(function() cleanup() end)

  local function site(call)
    call = call or {}
    call.scripts, call.getenv = "scripts", function(name) return env[name] end
    return Site.new(call)
  end

  local function put(name, content) return folder.write(dir .. "/" .. name, content) end

  it("are settings: its file, then that of the call, then --set", function()
    put("settings.lua", "return { boot_s = 7, min_csq = 3 }")
    local config = put("c.lua", "return { min_csq = 4 }")
    local set, origins = assert(site { config = config, set = { "query_s=9" } }):settings()
    assert.same({ 7, 4, 9 }, { set.boot_s, set.min_csq, set.query_s })
    assert.same({ dir .. "/settings.lua", config, "--set", "default" },
      { origins.boot_s, origins.min_csq, origins.query_s, origins.at_s })
  end)

  it("are tables: its own, or those beside the scripts", function()
    local own = assert(site())
    assert.equal(3, own:retries().query.times)
    assert.equal("CMNET", own:apns()["46000"].apn)
    put("retries.lua", "return { query = { times = 9 } }")
    put("apns.lua", "return { ['26201'] = { apn = 'mine' } }")
    own = assert(site())
    assert.equal(9, own:retries().query.times)
    assert.same({ ["26201"] = { apn = "mine" } }, own:apns())
  end)

  local function refused(what, fn)
    local ok, err = pcall(fn, assert(site()))
    assert.is_false(ok)
    assert.is_true(core.is_error(err), tostring(err))
    assert.same({ "settings", true }, { err.kind, err.message:find(what, 1, true) ~= nil }, err.message)
  end

  it("is refused by path and line where it is wrong", function()
    put("retries.lua", "return {\n")
    refused(dir .. "/retries.lua:2: ", Site.retries)
    put("retries.lua", "return { query = { times = 0 } }")
    refused(dir .. "/retries.lua: query.times", Site.retries)
    put("apns.lua", "return { x = {} }")
    refused(dir .. "/apns.lua: x: ", Site.apns)
    put("retries.lua", "return {}")
    local script = put("mine.lua", "\njob:retry('sned', f)")
    refused(script .. ":2: the step sned has no row in retries.lua", function(own) own:retries(script) end)
  end)

  it("is refused where a place cannot be used", function()
    env.DFOTA_CONFIG = dir .. "/none"
    local own, err = site()
    assert.same({ nil, "settings" }, { own, err.kind })
  end)

  it("is listed for people and for programs", function()
    local lines, facts = assert(site { set = { "min_csq=3" } }):list()
    assert.is_truthy(table.concat(lines, "\n"):find("* min_csq ", 1, true))
    assert.same({ 3, { min_csq = "--set" }, "scripts/apns.lua" }, { facts.min_csq, facts.origins, facts.files.apns })
    assert.same({ "origins", "files" }, { table.unpack(facts.names, #facts.names - 1) })
    assert.same({ nil, "usage" }, { (site { set = { "x=3" } }):list(),
      select(2, (site { set = { "x=3" } }):list()).kind })
  end)
end)
