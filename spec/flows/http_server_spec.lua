-- The server of docs/http-server.md, as it stands there.
local Nginx = require "support.nginx"
local folder = require "support.folder"
local run = require "support.run"

describe("The nginx of docs/http-server.md", function()
  local docroot, remove, web, module

  local function block(port)
    local text = folder.read("docs/http-server.md"):match("\n```nginx\n(server {.-\n)```\n")
    local changed
    text, changed = text:gsub("listen 8111;", ("listen 127.0.0.1:%d;"):format(port))
    assert.equal(1, changed)
    text, changed = text:gsub("root /srv/dfota;", ("root %s;"):format(docroot))
    assert.equal(1, changed)
    return text
  end

  setup(function()
    docroot, remove = folder.new()
    folder.write(docroot .. "/A2B.pack", folder.read(run.package { size = 20000 }))
    web = Nginx.start(docroot, block)
    module = run.module({}, { "--http", "real" })
  end)

  teardown(function()
    module:stop()
    web:stop()
    remove()
    run.clean()
  end)

  it("has ten lines at most", function()
    assert.is_true(select(2, block(1):gsub("\n", "")) <= 10)
  end)

  it("serves a package for a whole update, after a request by the tool", function()
    local done = run.update(module, { "--from", run.A, "--to", run.B, web.url .. "/A2B.pack" }, { preflight = true })
    assert.equal(0, done.rc, done.err)
    local asked = web.requests()
    assert.is_truthy(asked:find('GET /A2B.pack HTTP/1.1" 206 512', 1, true), asked)
  end)
end)
