local command = require "dfota.config.command"

local function names_in(options)
  local names = {}
  for _, option in ipairs(options) do names[#names + 1] = command.target(option) end
  return names
end

describe("A command line", function()
  it("has the options of its kind, then its own, then those of every script", function()
    local names = names_in(command.of({ name = "mine", like = "watch", options = { { "--site", "Where." } } }).options)
    assert.same({ "from", "to", "imei", "site", "port" }, table.move(names, 1, 5, 1, {}))
    assert.same({ "help", "version" }, table.move(names, #names - 1, #names, 1, {}))
  end)

  it("of a program has only its own options, help, version and -v, which may be its own", function()
    local line = command.of { name = "mine", program = true, options = { { "-l --limit", "How many." } } }
    assert.same({ "limit", "help", "version", "verbose" }, names_in(line.options))
    local own = command.of { name = "mine", program = true, options = { { "-v --verbose", "More.", flag = true } } }
    assert.same({ "verbose", "help", "version" }, names_in(own.options))
    assert.same({ true, "done", {}, {} }, { line.program, line.done, line.arguments, line.commands })
  end)

  it("is that of update.lua unless it is said otherwise", function()
    assert.equal("PACKAGE", command.of({ name = "mine" }).arguments[1][1])
    assert.equal(0, #command.of({ name = "info" }).arguments)
    assert.equal("Update a module at a site.", command.of({ name = "x", about = "Update a module at a site." }).about)
  end)

  it("may have commands, each with its own options and arguments", function()
    local line = command.of { name = "p", program = true, commands = {
      { "make", "Makes one.", arguments = { { "FILE", "Where." } }, options = { { "--to", "What." } } },
      { "list", "Lists them." },
    } }
    assert.same({ "make", "list" }, { line.commands[1].name, line.commands[2].name })
    assert.same({ "help", "to" }, names_in(line.commands[1].options))
    assert.equal("FILE", line.commands[1].arguments[1][1])
    assert.same({}, line.commands[2].arguments)
  end)

  it("names the values that a script adds, those of its commands too", function()
    assert.same({ "site", "dry_day", "file" }, command.own_names {
      options = { { "--site" }, { "-d --dry-day" } }, arguments = { { "FILE" } },
    })
    assert.same({ "command", "again" }, command.own_names { commands = { { "x", options = { { "--again" } } } } })
  end)

  it("takes the name of a value from its long name, unless it has a target", function()
    for expected, option in pairs {
      trace_data = { "--trace-data" }, limit = { "-l --limit" }, x = { "-x" }, package = { "PACKAGE" },
      other = { "--this", target = "other" },
    } do
      assert.equal(expected, command.target(option))
    end
  end)

  for what, own in pairs {
    ["an option that exists"] = { options = { { "--port", "Another." } } },
    ["a letter that exists"] = { options = { { "-p --place", "Another." } } },
    ["one option twice"] = { options = { { "--a", "One." }, { "--a", "Two." } } },
    ["an option without dashes"] = { options = { { "site", "x" } } },
    ["an option without a purpose"] = { options = { { "--site" } } },
    ["an option that is no table"] = { options = { "--site" } },
    ["an argument in small letters"] = { arguments = { { "file", "x" } } },
    ["an argument without a purpose"] = { arguments = { { "FILE" } } },
    ["a command without a purpose"] = { commands = { { "make" } } },
    ["a command that looks like an option"] = { commands = { { "--make", "x" } } },
    ["a command whose option hides another"] = { commands = { { "make", "x", options = { { "--port", "x" } } } } },
  } do
    it("refuses " .. what, function()
      own.name = "mine"
      local ok, err = pcall(command.of, own)
      assert.same({ false, "settings" }, { ok, err.kind })
    end)
  end
end)
