-- contrib/mender/dfota-fleet, as the Mender client calls it: a state, and the folder of its file API.
local folder = require "support.folder"
local uv = require "luv"

describe("The update module for Mender", function()
  local dir, cleanup
  before_each(function()
    dir, cleanup = folder.new()
    for _, name in ipairs { "api", "api/header", "api/files" } do assert(uv.fs_mkdir(dir .. "/" .. name, 448)) end
    folder.write(dir .. "/api/header/header-info", '{"artifact_provides":{"artifact_name":"gateways a02"}}')
    folder.write(dir .. "/api/header/meta-data", '{"to":"B","max-fail":1,"no-preflight":true}')
    folder.write(dir .. "/api/files/A2B.pack", "bytes")
  end)
  after_each(function() cleanup() end)

  -- With a dfota-fleet that notes how it was called, leaves a run behind and ends with `rc`.
  local function call(state, rc)
    folder.write(dir .. "/fleet", ([[#!/bin/sh
      echo "$*" >>'%s/calls'
      mkdir -p "$XDG_STATE_HOME/dfota/runs/mender-gateways-a02"
      exit %d
    ]]):format(dir, rc or 0))
    assert(uv.fs_chmod(dir .. "/fleet", 448))
    local pipe = assert(io.popen(("XDG_STATE_HOME='%s/state' DFOTA_PLAN=/plan.csv DFOTA_FLEET='%s/fleet' "
      .. "lua5.4 contrib/mender/dfota-fleet %s '%s/api' 2>&1"):format(dir, dir, state, dir)))
    local said = pipe:read "a"
    return pipe:close() == true, said
  end

  it("starts a run named after the artifact, and goes on with it when the artifact is installed again", function()
    assert.is_true(call "ArtifactInstall")
    local kept = dir .. "/state/dfota/mender/mender-gateways-a02.pack"
    assert.equal("bytes", folder.read(kept)) -- the client removes its own
    assert.is_true(call "ArtifactInstall")
    assert.equal(("--max-fail 1 --no-preflight --to B --run mender-gateways-a02 /plan.csv %s\n"
      .. "--wait --resume mender-gateways-a02\n"):format(kept), folder.read(dir .. "/calls"))
  end)

  it("fails with the run, and says what that means", function()
    local ok, said = call("ArtifactInstall", 80)
    assert.is_false(ok)
    assert.equal("dfota-fleet: run mender-gateways-a02 ended with 80: of some modules the outcome is unknown: "
      .. "keep them powered, and install the artifact again\n", said)
  end)

  it("refuses an artifact that has not one package", function()
    folder.write(dir .. "/api/files/second", "")
    local ok, said = call "ArtifactInstall"
    assert.same({ false, "dfota-fleet: the artifact has more than one file: it takes one package\n" }, { ok, said })
    assert.is_nil(uv.fs_stat(dir .. "/calls"))
  end)

  it("promises no rollback, and says nothing to what it does not know", function()
    assert.same({ true, "No\n" }, { call "SupportsRollback" })
    assert.same({ true, "" }, { call "ProvidePayloadFileSizes" })
    assert.is_nil(uv.fs_stat(dir .. "/calls"))
  end)
end)
