local folder = require "support.folder"
local kit = require "support.kit"
local uv = require "luv"
local virtual = require "support.virtual"

describe("files.lua", function()
  local home, remove
  before_each(function() home, remove = folder.new() end)
  after_each(function() remove() end)

  for _, profile in ipairs { "default", "rda" } do
    local function play(args, more, prepare)
      local spec = { profile = profile, stale_pack = 3000 }
      for name, value in pairs(more or {}) do spec[name] = value end
      return kit.play("files", args, spec, prepare)
    end

    describe("on a module of profile " .. profile, function()
      it("lists the files and the free space", function()
        local done = play { "list" }
        assert.equal(0, done.rc)
        assert.same({ { name = "fota.pack", bytes = 3000 } }, done.events.facts.files)
        assert.equal(417792 - 3000, done.events.facts.free_bytes)
        assert.equal("1 file in the module", done.result.message)
        assert.equal(0, play({ "list" }, { stale_pack = 0 }).rc)
      end)

      it("deletes files by name, all of them or none", function()
        local done = play { "delete", "fota.pack" }
        assert.same({ 0, "deleted 1 file" }, { done.rc, done.result.message })
        assert.is_nil(done.m.files["fota.pack"])
        done = play { "delete", "fota.pack", "fota.pack" }
        assert.same({ 0, "deleted 1 file" }, { done.rc, done.result.message })
        done = play { "delete", "fota.pack", "other" }
        assert.equal(66, done.rc)
        assert.matches("the module has no file other", done.result.message)
        assert.is_truthy(done.m.files["fota.pack"])
      end)

      it("shows what it would delete with -n, and sends only queries", function()
        local done = play { "delete", "-n", "fota.pack" }
        assert.same({ 0, "nothing was deleted" }, { done.rc, done.result.message })
        assert.is_truthy(done.json:find("would delete fota.pack, 3000 bytes", 1, true))
        assert.is_truthy(done.m.files["fota.pack"])
        for _, command in ipairs(virtual.commands(done.m)) do assert.is_nil(command:find "QFDEL") end
        assert.equal(66, play({ "delete", "--check", "other" }).rc)
      end)

      it("reads a file back, once, and compares it", function()
        local copy = home .. "/copy"
        local done = play { "read", "fota.pack", copy }
        assert.equal(0, done.rc)
        assert.equal(("\0"):rep(3000), folder.read(copy))
        assert.same({ 3000, 0 }, { done.events.facts.bytes, done.events.facts.checksum })
        assert.equal(2, play({ "read", "fota.pack", copy }).rc)
        assert.equal(0, play({ "compare", "fota.pack", copy }).rc)
        folder.write(copy, ("\0"):rep(2000) .. "x" .. ("\0"):rep(999))
        done = play { "compare", "fota.pack", copy }
        assert.same({ 65, "not_started", "after_fix", nil },
          { done.rc, done.result.outcome, done.result.retry, done.events.gate })
        assert.matches("differs from .*: both have 3000 bytes, and the first that differs is byte 2000",
          done.result.message)
        assert.equal(2000, done.events.facts.differs_at)
        done = play({ "compare", "fota.pack", copy }, { stale_pack = 10 })
        assert.equal(65, done.rc)
        assert.matches("differs from .*: 10 bytes in the module, 3000 in the file", done.result.message)
      end)
    end)
  end

  it("tries again where the line damaged a read-back, and leaves nothing if that does not help", function()
    local done = kit.play("files", { "read", "fota.pack", home .. "/copy", "--retries", "1" }, { stale_pack = 3 })
    assert.equal(2, done.rc) -- an option of updates alone
    done = kit.play("files", { "read", "fota.pack", home .. "/copy" }, { stale_pack = 300, read_flip = "7" })
    assert.equal(75, done.rc)
    local _, tries = done.json:gsub("read, try", "")
    assert.same({ 2, nil }, { tries, (done.json:find("upload", 1, true)) })
    assert.is_nil(uv.fs_scandir_next(uv.fs_scandir(home)))
  end)

  it("asks a module that cannot read files back once, and does not call that safe to repeat", function()
    local copy = folder.write(home .. "/copy", "abc")
    for _, args in ipairs { { "read", "fota.pack", home .. "/new" }, { "compare", "fota.pack", copy } } do
      local done = kit.play("files", args, { stale_pack = 3, qfdwl = false })
      assert.same({ 84, "after_fix", nil }, { done.rc, done.result.retry, (done.json:find("try 1", 1, true)) })
      assert.matches("this module cannot read files back %(AT%+QFDWL: ERROR%)", done.result.message)
    end
  end)

  it("looks at the local file before the port is opened", function()
    local file = folder.write(home .. "/file", "abc")
    for code, calls in pairs {
      [66] = { { "compare", "fota.pack", home .. "/none" }, { "compare", "fota.pack", home } },
      [2] = { { "read", "fota.pack", home .. "/none/new" }, { "read", "fota.pack", file .. "/new" } },
    } do
      for _, args in ipairs(calls) do
        local done = kit.play("files", args, { stale_pack = 3 })
        assert.same({ code, {} }, { done.rc, done.host.opened })
        assert.equal(1, select(2, done.text:gsub("\n", "")))
      end
    end
  end)

  it("restores echo and error mode of the module", function()
    local done = kit.play("files", { "delete", "fota.pack" }, { stale_pack = 3, echo = false, cmee = 2 })
    assert.same({ 0, false, 2 }, { done.rc, done.m.session.echo, done.m.session.cmee })
  end)

  it("leaves a module alone that is updating itself", function()
    local done = kit.play("files", { "delete", "fota.pack" }, { state = "update", update_s = 60, stale_pack = 3 })
    assert.equal(80, done.rc)
    assert.is_truthy(done.m.files["fota.pack"])
  end)

  it("refuses a bad call in one line, before the port is opened", function()
    for _, args in ipairs {
      {}, { "lst" }, { "delete" }, { "delete", "*" }, { "delete", 'a"b' }, { "delete", "" }, { "read", "a" },
      { "read", "a\rAT", "b" }, { "compare", ("n"):rep(81), "b" }, { "list", "more" },
      { "read", "a", home }, { "read", "a", "" },
    } do
      local done = kit.play("files", args, {})
      assert.equal(2, done.rc, table.concat(args, " "))
      assert.same({}, done.host.opened)
      assert.equal(1, select(2, done.text:gsub("\n", "")))
    end
  end)
end)
