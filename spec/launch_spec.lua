-- scripts/launch.lua, which the installed commands start with their own path.
local Process = require "support.process"
local folder = require "support.folder"
local uv = require "luv"

local TELL = [[
local function tell(_, program)
  program:say("%s of " .. program.name .. ", typed " .. tostring(arg.launched))
end
return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(tell, arg, { program = true })
]]

describe("An installed command", function()
  local home, remove
  before_each(function()
    home, remove = folder.new()
    for _, name in ipairs { "scripts", "mine" } do assert(uv.fs_mkdir(home .. "/" .. name, 448)) end
    for _, name in ipairs { "launch", "start" } do
      folder.write(("%s/scripts/%s.lua"):format(home, name), folder.read(("scripts/%s.lua"):format(name)))
    end
    folder.write(home .. "/scripts/info.lua", TELL:format "the installed info")
  end)
  after_each(function() remove() end)

  local function run(command, ...)
    local tree = assert(uv.fs_realpath ".")
    local process = Process.start(Process.lua, { home .. "/scripts/launch.lua", "/usr/bin/" .. command, ... }, { env = {
      "PATH=" .. os.getenv "PATH", "HOME=" .. home, "DFOTA_CONFIG=" .. home .. "/mine",
      ("LUA_PATH_5_4=%s/lua/?.lua;%s/lua/?/init.lua;;"):format(tree, tree),
      ("LUA_CPATH_5_4=%s/lua/?.so;;"):format(tree),
    } })
    return { (process:wait()), process.out, process.err }
  end

  it("runs the installed script, which knows what was typed", function()
    assert.same({ 0, "the installed info of info, typed /usr/bin/dfota-info\n", "" }, run "dfota-info")
  end)

  it("runs the user's own copy instead, with the installed start.lua", function()
    folder.write(home .. "/mine/info.lua", TELL:format "my info")
    assert.same({ 0, "my info of info, typed /usr/bin/dfota-info\n", "" }, run "dfota-info")
  end)

  it("runs a script that is only the user's by name, and lets it load the installed ones", function()
    folder.write(home .. "/mine/site.lua", [[
      local scripts = debug.getinfo(1, "S").source:match "^@(.*/)" or ""
      local info = dofile(scripts .. "info.lua")
      local function site(options, program)
        program:say "my site"
        return info(options, program)
      end
      return dofile(scripts .. "start.lua")(site, arg, { program = true })]])
    local rc, out = table.unpack(run("dfota", "site"))
    assert.same({ 0, "my site\nthe installed info of site, typed /usr/bin/dfota-site\n" }, { rc, out })
  end)

  it("refuses a copy that does not parse or is no file, with its name: the installed one does not stand in", function()
    folder.write(home .. "/mine/info.lua", "local x =")
    local rc, out, err = table.unpack(run "dfota-info")
    assert.same({ 78, "" }, { rc, out })
    assert.is_truthy(err:find("dfota-info: " .. home .. "/mine/info.lua:1: ", 1, true), err)
    folder.write(home .. "/mine/info.lua", "error 'my mistake'")
    assert.same({ 78, "", ("dfota-info: %s/mine/info.lua:1: my mistake\n"):format(home) }, run "dfota-info")
    assert(uv.fs_unlink(home .. "/mine/info.lua"))
    assert(uv.fs_mkdir(home .. "/mine/info.lua", 448))
    assert.same({ 78, "", ("dfota-info: %s/mine/info.lua: is a directory\n"):format(home) }, run "dfota-info")
  end)

  it("names what is missing: the script's name, or a script of that name", function()
    assert.same({ 2, "", "dfota: give the name of a script, such as: dfota update --help (dfota-edit lists them)\n" },
      run "dfota")
    assert.same({ 2, "", "dfota-nosuch: there is no script nosuch: dfota-edit lists them\n" }, run("dfota", "nosuch"))
  end)
end)
