local folder = require "support.folder"
local run = require "support.run"

describe("The upload of a run", function()
  teardown(run.clean)

  local site
  setup(function() site = run.site { ["retries.lua"] = run.NO_PAUSES } end)

  local function update(switches, package, args, options)
    options = options or {}
    options.folder = site
    local module = run.module(switches)
    local words = table.move(args or {}, 1, #(args or {}), 2, { package or run.package() })
    local done = run.update(module, words, options)
    module:stop()
    done.uploads = {}
    for _, command in ipairs(done.sent) do
      done.uploads[#done.uploads + 1] = command:match('^AT%+QFUPL="fota.pack",(.*)$')
    end
    return done
  end

  local function refused(done, rc, text)
    assert.equal(rc, done.rc, done.err)
    assert.equal("after_fix", done.result.retry)
    assert.is_truthy(done.result.message:find(text, 1, true), done.result.message)
    assert.equal(0, run.triggers(done))
  end

  it("ends well with a module that never acknowledges, without acknowledgements", function()
    local done = update({ ack_lose = "all" }, nil, nil, { set = { ack_s = 0.2, guard_s = 0.1 } })
    assert.equal(0, done.rc, done.err)
    assert.same({ "4000,60,1", "4000,60,0" }, done.uploads)
  end)

  it("ends well with a module that takes the size alone, as in the application note", function()
    local done = update { upload_params = 2 }
    assert.equal(0, done.rc, done.err)
    assert.same({ "4000,60,1", "4000,60,0", "4000" }, done.uploads)
  end)

  it("ends well on a line that puts garbage before acknowledgements and loses some", function()
    local done = update({ ack_noise = "1+3", ack_lose = "2" }, nil, nil, { set = { ack_s = 0.2 } })
    assert.equal(0, done.rc, done.err)
    assert.same({ "4000,60,1" }, done.uploads)
  end)

  it("is not repeated if the module's file system is full", function()
    for _, full in ipairs { "before", "during" } do
      local done = update({ ufs_size = 3000, full = full }, nil, { "--force", "room" })
      refused(done, 84, "AT+QFDEL deletes")
      assert.equal(1, #done.uploads)
    end
  end)

  it("is not repeated if the module cuts the package at a +++", function()
    local done = update({ plus_guard_s = 0 }, run.package { plus = 2000 })
    refused(done, 65, "install it from a URL instead")
    assert.equal(1, #done.uploads)
  end)

  -- Two words of the last part are swapped once the first part is out: the module's sum stays the same.
  it("of a package that is changed meanwhile is noticed before the trigger", function()
    local path = run.package { size = 30000 }
    local function swap(process)
      process:await("out", '("percent":%d)')
      local file <close> = assert(io.open(path, "r+b"))
      file:seek("set", 28000)
      local words = file:read(4)
      file:seek("set", 28000)
      assert(file:write(words:sub(3) .. words:sub(1, 2)))
    end
    local done = update({ link = "115200" }, path, nil, { meanwhile = swap })
    refused(done, 65, "changed while it was uploaded")
    assert.equal(1, #done.uploads)
  end)

  it("is not started with a web page or an archive", function()
    for content, name in pairs { ["<!DOCTYPE html>"] = "a web page", ["PK\3\4"] = "a zip archive" } do
      local done = update({}, folder.write(run.path "x.pack", content))
      refused(done, 65, name)
      assert.equal(0, #done.sent)
    end
  end)

  it("shows its progress from 0, and never backwards", function()
    local done = update({ link = "230400" }, run.package { size = 20000 })
    local last = -1
    for _, event in ipairs(run.only(done, "progress")) do
      if event.phase == "upload" then
        assert.equal(event.bytes * 100 // event.total, event.percent)
        assert.is_true(event.percent > last)
        if last < 0 then assert.is_true(event.percent < 50) end
        last = event.percent
      end
    end
    assert.equal(100, last)
  end)

  it("is in the trace by size and hash, and completely with --trace-data", function()
    local path = run.package()
    local tail = folder.read(path):sub(-8)
    local shown = require("dfota.at.trace").escape(tail)
    local plain, whole = update({}, path), update({}, path, { "--trace-data" })
    assert.equal(0, plain.rc, plain.err)
    assert.is_nil(plain.trace:find(shown, 1, true))
    local size, sha = plain.trace:match "# upload of (%d+) bytes, sha256 (%x+),"
    assert.equal("4000", size)
    assert.equal(assert(require("dfota.config.package").read(path)).sha256, sha)
    assert.is_truthy(whole.trace:find(shown, 1, true))
  end)
end)
