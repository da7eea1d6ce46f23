-- One place for the version: core/version.h. What has to repeat it must say the same.
local core = require "dfota.core"
local folder = require "support.folder"

describe("The version", function()
  for path, pattern in pairs {
    ["dfota-" .. core.version .. "-1.rockspec"] = 'version = "([%d.]+)%-1"',
    ["CHANGELOG.md"] = "\n## %[(%d[%d.]*)%]",
    ["contrib/debian/changelog"] = "^dfota %(([%d.]+)%-%d+%) ",
    ["contrib/alpine/APKBUILD"] = "\npkgver=([%d.]+)\n",
    ["contrib/ansible/galaxy.yml"] = "\nversion: ([%d.]+)\n",
    ["contrib/openwrt/Makefile"] = "\nPKG_VERSION:=([%d.]+)\n",
  } do
    it("is that of the core in " .. path, function()
      assert.equal(core.version, folder.read(path):match(pattern))
    end)
  end
end)
