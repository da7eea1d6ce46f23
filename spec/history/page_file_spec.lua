local document = require "dfota.history.document"
local folder = require "support.folder"
local page_file = require "dfota.history.page_file"

describe("The file of a page", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  it("replaces an earlier page, and no other file unless it is told to", function()
    local path = dir .. "/x.html"
    assert.is_true(page_file.check(path))
    assert.is_true(page_file.write(path, document.MARK .. "1"))
    assert.is_true(page_file.check(path))
    assert.is_true(page_file.write(path, document.MARK .. "2"))
    assert.equal(document.MARK .. "2", folder.read(path))
    folder.write(path, "mine")
    assert.same({ nil, "exists and is no report" }, { page_file.check(path) })
    assert.same({ nil, "exists and is no report", true }, { page_file.write(path, document.MARK) })
    assert.equal("mine", folder.read(path))
    assert.is_true(page_file.write(path, document.MARK, true))
  end)

  it("is no link, not even to an earlier page: said at once, forced or not, and before a run of many", function()
    local path, real = dir .. "/link.html", folder.write(dir .. "/real.html", document.MARK)
    assert(require("luv").fs_symlink(real, path))
    assert.same({ nil, "is a symbolic link" }, { page_file.check(path) })
    for _, force in ipairs { false, true } do
      assert.same({ nil, "is a symbolic link" }, { page_file.write(path, document.MARK, force) })
    end
  end)

  it("that cannot be written is told", function()
    assert.same({ nil, "no such file or directory" }, { page_file.write(dir .. "/none/x.html", "x") })
  end)
end)
