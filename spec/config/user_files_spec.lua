local folder = require "support.folder"
local user_files = require "dfota.config.user_files"
local uv = require "luv"

describe("The files of the user", function()
  local dir, cleanup, env

  before_each(function()
    dir, cleanup = folder.new()
    for name in ("own home home/.config home/.config/dfota xdg xdg/dfota etc scripts"):gmatch "%S+" do
      assert(uv.fs_mkdir(dir .. "/" .. name, tonumber("700", 8)))
    end
    env = { HOME = dir .. "/home" }
  end)
  after_each(function() cleanup() end)

  local function put(place) return folder.write(("%s/%s/settings.lua"):format(dir, place), "return {}") end

  local function places()
    return user_files.places {
      getenv = function(name) return env[name] end, system = dir .. "/etc", scripts = dir .. "/scripts",
    }
  end

  local function found(name)
    local list, err = places()
    if not list then return nil, err end
    return user_files.find(list, name or "settings.lua")
  end

  it("are found beside the scripts, in /etc, in the user's folder, and first where DFOTA_CONFIG says", function()
    assert.is_false(found())
    env.DFOTA_CONFIG = dir .. "/own"
    for _, place in ipairs { "scripts", "etc", "home/.config/dfota", "own" } do
      local path = put(place)
      assert.equal(path, (found()))
    end
  end)

  it("are looked for one by one: another place may have the next", function()
    local path = put "home/.config/dfota"
    folder.write(dir .. "/scripts/retries.lua", "return {}")
    assert.same({ ["settings.lua"] = path, ["retries.lua"] = dir .. "/scripts/retries.lua", ["apns.lua"] = false },
      user_files.all(assert(places())))
  end)

  it("are in XDG_CONFIG_HOME instead of ~/.config, if that is an absolute path", function()
    local home, xdg = put "home/.config/dfota", put "xdg/dfota"
    env.XDG_CONFIG_HOME = dir .. "/xdg"
    assert.equal(xdg, (found()))
    for _, path in ipairs { "", "xdg" } do
      env.XDG_CONFIG_HOME = path
      assert.equal(home, (found()))
    end
  end)

  it("need no home, and no folder in it", function()
    for _, home in ipairs { "", "relative", "/nonexistent", "/dev/null" } do
      env.HOME = home
      assert.is_false(found())
    end
    env.HOME = nil
    assert.equal(put "etc", (found()))
  end)

  it("may be one file that DFOTA_CONFIG names: that is the settings.lua, and no table", function()
    put "own"
    env.DFOTA_CONFIG = folder.write(dir .. "/own/site.lua", "return {}")
    assert.equal(env.DFOTA_CONFIG, (found()))
    assert.is_false(found "retries.lua")
    env.DFOTA_CONFIG = ""
    assert.is_false(found())
  end)

  local function refused(what, reason)
    local path, err = found()
    assert.same({ nil, "settings" }, { path, err and err.kind })
    assert.is_truthy(err.message:find(what, 1, true) and err.message:find(reason, 1, true), err.message)
    assert.is_nil(err.message:find "%c")
  end

  it("in a place that is named must be there: one line", function()
    for path, reason in pairs { ["/none\27"] = "no such file", ["/dev/null"] = "neither a folder nor a file" } do
      env.DFOTA_CONFIG = path
      refused("DFOTA_CONFIG: " .. path:gsub("\27", "\\x1B"), reason)
    end
  end)

  it("in a place that is no folder are not overlooked: one line", function()
    uv.fs_rmdir(dir .. "/home/.config/dfota")
    folder.write(dir .. "/home/.config/dfota", "")
    refused(dir .. "/home/.config/dfota", "is not a folder; fix it, or set XDG_CONFIG_HOME")
  end)

  -- Where a path matches, it may not be looked at.
  local function deny(pattern)
    local stat = uv.fs_stat
    finally(function() uv.fs_stat = stat end)
    uv.fs_stat = function(path)
      if path:find(pattern) then return nil, "EACCES: permission denied: " .. path, "EACCES" end
      return stat(path)
    end
  end

  it("in a folder that may not be entered are not overlooked: one line", function()
    deny "/settings.lua$"
    refused(dir .. "/home/.config/dfota/settings.lua", "permission denied")
  end)

  it("of somebody else, whose home may not be entered, are not this user's", function()
    put "home/.config/dfota"
    deny "/home/"
    assert.equal(put "etc", (found()))
  end)

  it("in a place that is named and may not be entered are told: one line", function()
    env.DFOTA_CONFIG = dir .. "/own"
    deny "/own"
    refused("DFOTA_CONFIG: " .. dir .. "/own", "permission denied; set DFOTA_CONFIG to a folder")
  end)

  it("count whatever they are: a pipe, a folder or a dead link is told by whoever reads them", function()
    local path = dir .. "/etc/settings.lua"
    for _, make in ipairs { "mkfifo ", "mkdir ", "ln -s /nowhere " } do
      os.execute(make .. path)
      assert.equal(path, (found()))
      os.execute("rm -r " .. path)
    end
  end)

  it("that are new go into the folder that is named, or else into the user's, which need not exist; those of root into "
    .. "the system's", function()
      local function new_folder(uid)
        return user_files.new_folder {
          getenv = function(name) return env[name] end, system = dir .. "/etc", uid = uid,
        }
      end
      assert.same({ dir .. "/home/.config/dfota", false }, { new_folder(1000) })
      assert.same({ dir .. "/etc", true }, { new_folder(0) }) -- that is for everybody, which is to be said
      env.XDG_CONFIG_HOME = dir .. "/none"
      assert.equal(dir .. "/none/dfota", (new_folder(1000)))
      env.DFOTA_CONFIG = dir .. "/own"
      assert.same({ dir .. "/own", false }, { new_folder(0) })
      env.DFOTA_CONFIG = folder.write(dir .. "/file.lua", "return {}") -- the settings alone
      assert.equal(dir .. "/none/dfota", (new_folder(1000)))
      env.DFOTA_CONFIG = dir .. "/gone"
      local path, err = new_folder(1000)
      assert.same({ nil, "settings" }, { path, err.kind })
    end)
end)
