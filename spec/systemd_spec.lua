-- The units of contrib/systemd, as systemd itself reads them.
local environment = require "dfota.config.environment"
local folder = require "support.folder"

local SERVICE, TIMER = "contrib/systemd/dfota-push.service", "contrib/systemd/dfota-push.timer"

local function said_by(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo rc=$?"))
  local said = pipe:read "a"
  pipe:close()
  return said:gsub("rc=(%d+)\n$", ""), tonumber(said:match "rc=(%d+)\n$")
end

-- That the program is not installed, and what other units on this machine do, is no fault of ours.
local function complaints(said)
  local list = {}
  for line in said:gmatch "[^\n]+" do
    if line:find("dfota-push", 1, true) and not line:find("is not executable", 1, true) then list[#list + 1] = line end
  end
  return list
end

describe("The units that ship a journal", function()
  it("are understood by systemd, word for word", function()
    assert.same({}, complaints((said_by(("systemd-analyze verify --man=no %s %s"):format(SERVICE, TIMER)))))
  end)

  it("would be complained of otherwise", function()
    local dir, cleanup = folder.new()
    finally(cleanup)
    folder.write(dir .. "/dfota-push.timer", folder.read(TIMER))
    folder.write(dir .. "/dfota-push.service", (folder.read(SERVICE):gsub("ProtectHome=yes", "ProtectHomes=yes")))
    assert.is_true(#complaints((said_by(("systemd-analyze verify --man=no %s/dfota-push.service"):format(dir)))) > 0)
  end)

  it("leave the program little to do harm with", function()
    local said = said_by("systemd-analyze security --offline=true " .. SERVICE)
    local exposure = tonumber(said:match "Overall exposure level[^:]*: ([%d.]+)")
    assert.is_true(exposure and exposure <= 2, said)
  end)

  it("name variables that the program reads, and take being offline for no failure", function()
    local known = { PGPASSFILE = true }
    for _, variable in ipairs(environment.list) do known[variable.name] = true end
    local service = folder.read(SERVICE)
    for name in service:gmatch "Environment=([%u_]+)=" do assert.is_true(known[name], name) end
    for name in service:gmatch "%${([%u_]+)}" do assert.is_true(known[name], name) end
    assert.truthy(service:find("\nSuccessExitStatus=75\n", 1, true))
  end)
end)
