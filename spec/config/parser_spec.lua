local command = require "dfota.config.command"
local parser = require "dfota.config.parser"

local LINE = command.of {
  name = "mine", program = true,
  options = {
    { "-l --limit", "How many.", argname = "N", default = "50", convert = tonumber },
    { "--again", "Again.", argname = "X", count = "*" }, { "-v --verbose", "More.", flag = true, count = "0-2" },
    { "--how", "How.", choices = { "slow", "fast" } }, { "--pair", "Two.", args = 2 },
  },
  commands = {
    { "make", "Makes one.", arguments = { { "FILE", "Where." } }, options = { { "--to", "What." } } },
    { "list", "Lists them.", arguments = { { "DIR", "Where.", args = "*" } } },
  },
}

local function parse(...)
  return parser.new(LINE, { help = error, version = error }):pparse { ... }
end

describe("A parser", function()
  for what, case in pairs {
    ["defaults"] = { { "list" }, { limit = 50, again = {}, verbose = 0, command = "list", list = true, dir = {} } },
    ["short options together"] = { { "-vvl3", "list" }, { limit = 3, verbose = 2 } },
    ["an option several times"] = { { "--again", "a", "--again=b", "list" }, { again = { "a", "b" } } },
    ["a choice"] = { { "--how", "fast", "list" }, { how = "fast" } },
    ["several values"] = { { "--pair", "a", "b", "list" }, { pair = { "a", "b" } } },
    ["a command's own argument and option"] = { { "make", "a", "--to", "b" },
      { command = "make", file = "a", to = "b" } },
    ["the script's options after the command"] = { { "make", "a", "-l", "7" }, { limit = 7 } },
  } do
    it("accepts " .. what, function()
      local ok, options = parse(table.unpack(case[1]))
      assert.is_true(ok, options)
      for key, value in pairs(case[2]) do assert.same(value, options[key], key) end
    end)
  end

  for what, args in pairs {
    ["no command"] = {}, ["another command"] = { "frobnicate" }, ["another choice"] = { "--how", "so", "list" },
    ["an option of another command"] = { "list", "--to", "b" }, ["too few values"] = { "--pair", "a" },
    ["what cannot be converted"] = { "-l", "x", "list" },
  } do
    it("refuses " .. what .. " with a message, and does not end the process", function()
      local ok, message = parse(table.unpack(args))
      assert.same({ false, "string" }, { ok, type(message) })
    end)
  end

  it("says which command's help is asked for", function()
    local told
    local made = parser.new(LINE, { help = function(sub) told = sub and sub.name or "all" error("stop", 0) end })
    pcall(made.pparse, made, { "--help" })
    assert.equal("all", told)
    pcall(made.pparse, made, { "make", "-h" })
    assert.equal("make", told)
  end)
end)
