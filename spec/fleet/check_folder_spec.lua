local check_folder = require "dfota.fleet.check_folder"
local folder = require "support.folder"
local uv = require "luv"

describe("The folder of a check", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  -- A process that is no more.
  local function dead_pid()
    local over = false
    local child, pid = uv.spawn("true", {}, function() over = true end)
    while not over do uv.run "once" end
    child:close()
    uv.run "nowait"
    return pid
  end

  local function make(name)
    local path = ("%s/%s"):format(dir, name)
    assert(uv.fs_mkdir(path, tonumber("700", 8)))
    folder.write(path .. "/001-1.json", "{}")
    return path
  end

  it("is its owner's alone", function()
    local path = assert(check_folder.make(dir))
    assert.equal(tonumber("700", 8), uv.fs_stat(path).mode & tonumber("777", 8))
  end)

  it("that a check left which was killed is removed by the next one, and nothing else is", function()
    local mine = assert(check_folder.make(dir))
    local space = mine:match "dfota%-check%-(%d+)%-"
    local left = make(("dfota-check-%s-%d-abcDE0"):format(space, dead_pid()))
    assert(uv.fs_mkdir(left .. "/compiled", tonumber("700", 8)))
    folder.write(left .. "/compiled/dfota.lua", "")
    folder.write(mine .. "/001-1.json", "{}")
    local kept = {
      mine, make(("dfota-check-%d-%d-abcDE0"):format(space + 1, dead_pid())), -- a container's
      make(("dfota-check-%s-%d-abcDE0"):format(space, 1)), make(("dfota-check-%s-%d-mine"):format(space, dead_pid())),
      make "dfota-check-abcDE0", make(("other-%s-%d-abcDE0"):format(space, dead_pid())),
    }
    local link = ("%s/dfota-check-%s-%d-abcDE0"):format(dir, space, dead_pid())
    assert(uv.fs_symlink(kept[6], link))
    assert(check_folder.make(dir))
    assert.is_nil(uv.fs_stat(left))
    for _, path in ipairs(kept) do assert.truthy(uv.fs_stat(path .. "/001-1.json"), path) end
    assert.equal("link", uv.fs_lstat(link).type)
  end)

  it("of another user is left alone", function()
    local getuid = uv.getuid
    local space = assert(check_folder.make(dir)):match "dfota%-check%-(%d+)%-"
    local left = make(("dfota-check-%s-%d-abcDE0"):format(space, dead_pid()))
    uv.getuid = function() return getuid() + 1 end -- luacheck: ignore 122
    local made = check_folder.make(dir)
    uv.getuid = getuid -- luacheck: ignore 122
    assert.truthy(made and uv.fs_stat(left))
  end)

  it("that cannot be made is told with where", function()
    assert.same({ nil, "no such file or directory", dir .. "/none" }, { check_folder.make(dir .. "/none") })
  end)
end)
