local command = require "dfota.config.command"
local exit_codes = require "dfota.base.exit_codes"
local help = require "dfota.config.help"

local function text(script, sub) return help.text(command.of(script), sub, { name = "dfota-" .. script.name }) end

local PROGRAM = {
  name = "mine", program = true, about = "Does it.", exit_codes = { 75 },
  options = { { "--site", "Where.", argname = "NAME" }, { "-l --limit", "How many.", default = "3" },
    { "--how", "How.", choices = { "slow", "fast" } } },
  arguments = { { "DIR", "Where.", args = "?" } },
  examples = { { "NAME --site x", "shows x" } },
}

local NEVER = {
  watch = { [65] = true, [66] = true, [83] = true },
  info = { [65] = true, [66] = true, [81] = true, [82] = true, [83] = true, [84] = true },
}

describe("The help", function()
  for _, name in ipairs { "info", "files", "apn", "ports" } do
    it(("of %s.lua lists no exit code that only an update has"):format(name), function()
      local _, takes = dofile(("scripts/%s.lua"):format(name))
      takes.name = name
      local shown = text(takes)
      for _, code in ipairs { 81, 82, 83 } do assert.is_nil(shown:find(("\n  %d  "):format(code), 1, true)) end
      assert.is_nil(shown:find("the update was triggered", 1, true))
    end)
  end

  for _, name in ipairs { "update", "watch", "info" } do
    it(("of %s.lua names every option and every exit code that it can have, in 80 columns"):format(name), function()
      local shown = text { name = name }
      for _, option in ipairs(command.of({ name = name }).options) do
        for _, word in ipairs(command.names(option)) do assert.is_truthy(shown:find(word, 1, true), word) end
      end
      for _, code in ipairs(exit_codes.list) do
        local never = NEVER[name] and NEVER[name][code.code]
        assert.equal(not never, shown:find(("\n  %3d  "):format(code.code), 1, true) ~= nil, code.code)
      end
      for line in shown:gmatch "[^\n]+" do assert.is_true(utf8.len(line) < 80, line) end
    end)
  end

  it("begins with how the command is called, and shows values, defaults, groups and examples", function()
    local shown = text(PROGRAM)
    assert.matches("^Usage: dfota%-mine %[options%] %[DIR%]\n\nDoes it%.\n", shown)
    for _, words in ipairs {
      "\nOptions:\n      --site NAME       Where.\n", "\n  -l, --limit VALUE     How many. (default: 3)\n",
      "\n      --how slow|fast   How.\n", "\nHelp:\n  -h, --help ",
      "\nExamples:\n  dfota-mine --site x\n      shows x",
    } do
      assert.is_truthy(shown:find(words, 1, true), words)
    end
  end)

  it("of a program has only the exit codes that it can have", function()
    local shown = text(PROGRAM)
    for code, there in pairs { [0] = true, [1] = true, [2] = true, [75] = true, [78] = true, [80] = false } do
      assert.equal(there, shown:find(("\n  %3d  "):format(code), 1, true) ~= nil, code)
    end
    assert.is_truthy(shown:find("\n    0  done\n", 1, true))
  end)

  it("of a program tells codes that mean something else there, and those of its own, in order", function()
    local shown = text { name = "p", program = true, options = {}, exit_codes = {
      { 76, "the host did not follow", "after comparing" }, { 65, "no trace", "with another" } } }
    assert.is_truthy(shown:find("\n   65  no trace (again: with another)\n   76  the host did not follow (again: after "
      .. "comparing)\n   78  ", 1, true), shown)
    assert.is_nil(shown:find("package, manifest", 1, true))
  end)

  it("of a script with commands lists them, and each command has its own", function()
    local script = { name = "p", program = true, commands = {
      { "make", "Makes one.", arguments = { { "FILE", "Where to.", args = "+" } }, options = { { "--to", "What." } } },
    } }
    local shown = text(script)
    assert.matches("^Usage: dfota%-p %[options%] COMMAND %.%.%.\n", shown)
    assert.is_truthy(shown:find("\n  make                  Makes one.\n", 1, true))
    local own = text(script, command.of(script).commands[1])
    assert.matches("^Usage: dfota%-p make %[options%] FILE%.%.%.\n\nMakes one%.\n", own)
    assert.is_truthy(own:find("--to VALUE", 1, true))
    assert.is_nil(own:find("Exit codes", 1, true))
  end)
end)
