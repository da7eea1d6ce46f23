local command = require "dfota.config.command"
local option_list = require "dfota.config.option_list"

local COMPLETE = { file = true, directory = true, port = true, setting = true, gate = true, switches = true }

describe("The options of the scripts", function()
  for _, kind in ipairs { "update", "watch", "info" } do
    it(("of the kind %s have each a name of its own, a purpose in a sentence, and a group"):format(kind), function()
      local line, seen = command.of { name = kind }, {}
      for _, option in ipairs(line.options) do
        for _, name in ipairs(command.names(option)) do
          assert.is_nil(seen[name], name)
          seen[name] = true
        end
        assert.matches("^%u.*%.$", option[2])
        assert.is_string(option.group)
        assert.is_true(option.complete == nil or COMPLETE[option.complete], option[1])
        assert.is_true((option.flag or option.argname) and true, option[1])
      end
      for _, argument in ipairs(line.arguments) do assert.matches("^%u.*%.$", argument[2]) end
      for _, short in ipairs { "-p", "-b", "-v", "-q", "-h" } do assert.is_true(seen[short], short) end
      assert.equal(kind == "update" or nil, seen["-n"])
    end)
  end

  it("that are the same for all are the same tables", function()
    assert.equal("--version", option_list.standard[2][1])
    assert.equal("-p --port", option_list.module[1][1])
  end)
end)
