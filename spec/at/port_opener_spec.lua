local backend = require "support.backend"
local core = require "dfota.core"
local folder = require "support.folder"
local port_opener = require "dfota.at.port_opener"
local uv = require "luv"

describe("The port_opener of a run's port", function()
  local home, remove, pty, opened

  before_each(function()
    home, remove = folder.new()
    pty, opened = assert(core.pty()), {}
  end)
  after_each(function()
    for _, port in ipairs(opened) do port:close() end
    pty:close()
    remove()
  end)

  local function opener_of(name)
    return port_opener.new(name, { baud = 9600, backend = backend }, function(port) opened[#opened + 1] = port end)
  end

  -- The next pty gets the number of the lost one.
  local function replace_pty()
    local name = pty:name()
    opened[#opened]:close()
    pty:close()
    pty = assert(core.pty())
    return pty:name() == name
  end

  it("opens it with its options and notifies the caller", function()
    local port = assert(opener_of(pty:name())())
    assert.equal(port, opened[1])
    assert.equal(9600, port:baud())
  end)

  it("passes on the core's error for one that cannot be opened, each time", function()
    local open = opener_of(home .. "/none")
    for _ = 1, 2 do
      local _, err = open()
      assert.equal("port_missing", err.kind)
    end
  end)

  it("never reopens a pty by its number, which may have been reused", function()
    local name = pty:name()
    local open = opener_of(name)
    assert(open())
    replace_pty()
    local port, err = open()
    assert.is_nil(port)
    assert.same({ "pty_gone", name .. ": this pseudo-terminal is gone and its number may have been reused: "
      .. "it is not reopened" }, { err.kind, err.message })
  end)

  it("waits for a link that still points to it to be recreated, then opens it", function()
    local link = home .. "/port"
    assert(uv.fs_symlink(pty:name(), link))
    local open = opener_of(link)
    assert(open())
    replace_pty()
    local _, err = open()
    assert.same({ "port_missing", link .. ": still points to the pseudo-terminal that was lost" },
      { err.kind, err.message })
    assert(uv.fs_unlink(link))
    _, err = open()
    assert.equal("port_missing", err.kind)
    assert(uv.fs_symlink(pty:name(), link))
    assert.equal(link, assert(open()):name())
  end)

  it("follows the link as it is now, wherever it pointed before", function()
    local link, other <close> = home .. "/port", assert(core.pty())
    assert(uv.fs_symlink(pty:name(), link))
    local open = opener_of(link)
    assert(open())
    for _ = 1, 2 do
      opened[#opened]:close()
      assert(uv.fs_unlink(link))
      assert(uv.fs_symlink(other:name(), link))
      assert(open())
    end
  end)
end)
