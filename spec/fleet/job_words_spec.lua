local job_words = require "dfota.fleet.job_words"

local PROGRAM = { lua = "lua", scripts = "/s" }

local function words(options, call, device, what)
  call.watched, call.passed = job_words.shared(options)
  call.package = "/p"
  return table.concat(job_words.of(PROGRAM, call, "night")(device, what), " ")
end

describe("The program of a try", function()
  local options = {
    config = "/c", set = { "a=1", "b=2" }, apn = "net", force = { "csq" }, check = true, no_preflight = true,
  }
  local device = { port = "/dev/x", imei = "1", to = "B" }

  it("is update.lua with the module's own part of the plan before what all share", function()
    assert.equal("lua /s/update.lua --json --quiet --port /dev/x --from A --to B --config /c --set a=1 --set b=2 "
      .. "--imei 1 --run night --apn net --force csq --check --no-preflight /p",
      words(options, { from = "A" }, device, "update"))
  end)

  it("is watch.lua, which changes nothing, with no more than that takes", function()
    assert.equal("lua /s/watch.lua --json --quiet --port /dev/x --from A --to B --config /c --set a=1 --set b=2",
      words(options, { from = "A" }, device, "watch"))
  end)

  it("goes a module's own way through a folder without a question, and watches what was under way", function()
    local chain = { port = "/dev/x", to = "C", hop = { from = "A", to = "B" } }
    assert.equal("lua /s/update.lua --json --quiet --port /dev/x --to C --run night --yes /p",
      words({}, { is_folder = true }, chain, "update"))
    assert.equal("lua /s/watch.lua --json --quiet --port /dev/x --from A --to B",
      words({}, { is_folder = true }, chain, "watch"))
  end)

  it("names the files that may be used, where there are any", function()
    local program = { lua = "lua", scripts = "/s", sums = "/run/SHA256SUMS" }
    local call = { watched = {}, passed = {}, package = "/p" }
    local of = job_words.of(program, call, "night")
    assert.equal("lua /s/update.lua --json --quiet --port /dev/x --run night --sums /run/SHA256SUMS /p",
      table.concat(of({ port = "/dev/x" }, "update"), " "))
    assert.is_nil(table.concat(of({ port = "/dev/x" }, "watch"), " "):find "sums")
  end)

  it("passes the gates that are named now, beside those that were", function()
    local _, passed = job_words.shared(options)
    job_words.force(passed, { "attempts" })
    assert.same({ true, true, false }, {
      job_words.is_forced(passed, "csq"), job_words.is_forced(passed, "attempts"), job_words.is_forced(passed, "net"),
    })
  end)
end)
