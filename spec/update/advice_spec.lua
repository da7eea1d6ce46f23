local Call = require "dfota.config.call"
local advice = require "dfota.update.advice"
local hops = require "dfota.update.hops"
local verdict = require "dfota.update.verdict"

local function of_error(fields, known) return verdict.of_error(fields, known or {}) end

describe("What to do next", function()
  local call = Call.new({ "--to", "B", "A2B.pack", [0] = "scripts/update.lua", [-1] = "lua5.4" }, "scripts", "")
  local OPTIONS = { port = "/dev/ttyUSB0", to = "B", baud = "auto", package = "A2B.pack" }
  local AGAIN = "lua5.4 scripts/update.lua --port /dev/ttyUSB0 --to B A2B.pack"
  local WATCH = "lua5.4 scripts/watch.lua --port /dev/ttyUSB0 --from A --to B"

  -- result → its exit code, the commands to type, words before them, and what they do
  for name, case in pairs {
    ["after an unknown end is to follow the module, and to trigger nothing"] =
      { verdict.unknown("m", "A"), 80, { WATCH }, "keep the module powered", "follow it" },
    ["after a failed download is the same call"] =
      { of_error { kind = "network" }, 75, { AGAIN }, "nothing was changed" },
    ["after an interruption is the same call"] =
      { of_error { kind = "interrupted" }, 130, { AGAIN }, "nothing" },
    ["after a wrong revision is to look at it"] = { verdict.of_update { before = "A", to = "B", after = "C" }, 82,
      { "lua5.4 scripts/info.lua --port /dev/ttyUSB0" }, "compare both revisions", "this shows what the module runs" },
    ["after a gate is the call that passes it"] = { of_error { kind = "gate", force = "supply", advice = "fix it" }, 84,
      { (AGAIN:gsub("update.lua", "update.lua --force supply")) }, "fix it", "to pass it all the same" },
    ["where there is no room is to look what is there, and to delete by name"] = {
      of_error { kind = "gate", force = "room", helps = "files", advice = "delete files" }, 84,
      { "lua5.4 scripts/files.lua --port /dev/ttyUSB0 list",
        "lua5.4 scripts/files.lua --port /dev/ttyUSB0 delete NAME" }, "delete files", "list them, and delete by name" },
    ["where the module itself says that it is full is the same"] = { of_error { kind = "room" }, 84,
      { "lua5.4 scripts/files.lua --port /dev/ttyUSB0 list",
        "lua5.4 scripts/files.lua --port /dev/ttyUSB0 delete NAME" }, "not needed", "list them, and delete by name" },
    ["after a failure that can be fixed is the same package once more, with --force"] = {
      verdict.of_update { before = "A", after = "A", code = 6505, where = "END" }, 81,
      { (AGAIN:gsub("update.lua", "update.lua --force attempts")) }, "delete what is not needed",
      "then the same package is tried once more with" },
    ["of a chain that stopped on the way is the same call"] = {
      hops.on_the_way(of_error { kind = "interrupted" }, { before = "A", after = "B", words = "w" }), 82, { AGAIN },
      "", "the same call goes on from there" },
    ["if a SIM is missing is the same call with one"] = {
      of_error { kind = "gate", force = "sim", helps = "sim", value = "NOT INSERTED", advice = "x" }, 84, { AGAIN },
      "insert a SIM" },
    ["where an earlier update may be under way is to follow it"] = {
      of_error({ kind = "gate", helps = "watch", advice = "x" }, { before = "A" }), 84, { WATCH },
      "keep the module powered", "follow it" },
    ["if there are several ports is one call for each"] = {
      of_error { kind = "usage", ports = { "/dev/a", "/dev/b" } }, 2,
      { "lua5.4 scripts/update.lua --port /dev/a --to B A2B.pack",
        "lua5.4 scripts/update.lua --port /dev/b --to B A2B.pack" }, "", "name one of them" },
  } do
    it(name, function()
      local result = case[1]
      assert.equal(case[2], result.rc)
      advice.complete(result, call, OPTIONS)
      assert.same(case[3], result.commands)
      assert.is_truthy((result.prose or ""):find(case[4], 1, true), result.prose)
      assert.equal(case[5], result.lead)
      local parts = { result.prose or "", result.lead or "", table.concat(case[3], "; ") }
      local at = 1
      for _, part in ipairs(parts) do at = assert(select(2, result.advice:find(part, at, true)), result.advice) + 1 end
    end)
  end

  it("names revisions only as far as they are known", function()
    local result = verdict.unknown "m"
    advice.complete(result, call, { port = "p" })
    assert.same({ "lua5.4 scripts/watch.lua --port p" }, result.commands)
  end)

  it("follows the module that was meant, and no other", function()
    local result = verdict.unknown("m", "A")
    advice.complete(result, call, { port = "p", imei = "861234567890127" })
    assert.same({ "lua5.4 scripts/watch.lua --port p --imei 861234567890127 --from A" }, result.commands)
    result = verdict.of_update { before = "A", whose = "861234567890135" } -- another one is there by now
    advice.complete(result, call, { port = "p" })
    assert.same({ "lua5.4 scripts/watch.lua --port p --imei 861234567890135 --from A" }, result.commands)
  end)

  -- result, options
  for name, case in pairs {
    ["a success"] = { verdict.already_current "A", OPTIONS },
    ["a gate that cannot be forced"] = { of_error { kind = "gate", advice = "delete files" }, OPTIONS },
    ["an APN that the network refuses"] = { of_error { kind = "apn" }, OPTIONS },
    ["a module that failed the update"] =
      { verdict.of_update { before = "A", after = "A", code = 6508, where = "END" }, OPTIONS },
    ["a fault in a script"] = { verdict.of_fault("m", {}), OPTIONS },
    ["an unknown end while the port is unknown"] = { verdict.unknown "m", {} },
  } do
    it("is no command for " .. name, function()
      local result = case[1]
      local before = result.advice
      advice.complete(result, call, case[2])
      assert.same({ nil, nil, before }, { result.commands, result.prose, result.advice })
    end)
  end

  it("is not to follow a simulated module, which is gone", function()
    for _, result in ipairs { verdict.unknown("m", "A"), verdict.of_update { before = "A", to = "B", after = "C" } } do
      advice.complete(result, call, { sim = "", port = "p" })
      assert.is_nil(result.commands)
      assert.is_nil(result.advice:find "watch")
    end
  end)

  it("never asks for the revision that was just read, nor to run a package again that would fail again", function()
    for code = 6500, 6509 do
      local result = verdict.of_update { before = "A", after = "A", code = code, where = "END" }
      advice.complete(result, call, OPTIONS)
      assert.is_nil(result.advice:find "ATI", result.advice)
      assert.is_nil(result.advice:find "run it again", result.advice)
      local again = result.commands and result.commands[1]
      assert.is_true(again == nil or again:find("--force attempts", 1, true) ~= nil, again)
    end
  end)

  it("is no trigger for watch.lua, which has no package", function()
    local result = verdict.of_update { before = "A", after = "A", code = 6505, where = "END" }
    advice.complete(result, call, { port = "p" })
    assert.is_nil(result.commands)
  end)

  it("is said in words to a program that calls a flow itself", function()
    local result = verdict.unknown("m", "A")
    advice.complete(result, nil, OPTIONS)
    assert.is_truthy(result.advice:find "watch.lua")
    assert.is_nil(result.commands)
  end)

  it("tells a program once that it may be run again", function()
    local failed = verdict.of_update {
      before = "A", after = "A", code = 6503, where = "HTTPEND", said = "HTTPEND,6503",
    }
    advice.complete(failed, call, OPTIONS)
    assert.is_truthy(failed.advice:find("; run it again: " .. AGAIN, 1, true), failed.advice)
    local none = of_error { kind = "network" }
    advice.complete(none, call, OPTIONS)
    assert.equal("nothing was changed in the firmware; run it again: " .. AGAIN, none.advice)
  end)
end)
