-- scripts/edit.lua from its arguments to its exit code, in this process.
local folder = require "support.folder"
local program = require "dfota.program"
local sink = require "support.sink"
local user_files = require "dfota.config.user_files"

describe("edit.lua", function()
  local dir, cleanup, new_folder, places
  before_each(function()
    dir, cleanup = folder.new()
    new_folder, places = user_files.new_folder, user_files.places
    user_files.places = function() return {} end
  end)
  after_each(function()
    user_files.new_folder, user_files.places = new_folder, places
    cleanup()
  end)

  for for_all, words in pairs { [false] = "", [true] = ", for every user of this machine" } do
    it("says in one line where it wrote, and for whom: " .. (for_all and "as root" or "for this user"), function()
      user_files.new_folder = function() return dir .. "/new", for_all end
      local flow, takes = dofile "scripts/edit.lua"
      local out, err = sink.new(), sink.new()
      local script = { name = "edit", flow = flow, args = { "retries" }, out = out, err = err }
      for key, value in pairs(takes) do script[key] = value end
      assert.equal(0, program.main(script))
      assert.same({ ("%s/new/retries.lua: made%s; it counts from now on, and no upgrade replaces it\n"):format(
        dir, words), "" }, { out:text(), err:text() })
      assert.equal(folder.read "scripts/retries.lua", folder.read(dir .. "/new/retries.lua"))
    end)
  end
end)
