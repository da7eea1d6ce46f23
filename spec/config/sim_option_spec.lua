local sim_option = require "dfota.config.sim_option"

local function take(...) return sim_option.take({ ... }, function(word) return word == "busy" end) end

describe("--sim", function()
  for what, case in pairs {
    ["alone"] = { { "--sim" }, {}, "" },
    ["left out"] = { { "A" }, { "A" }, nil },
    ["before an option"] = { { "--sim", "--json" }, { "--json" }, "" },
    ["before a package"] = { { "--sim", "A.pack" }, { "A.pack" }, "" },
    ["with switches"] = { { "--sim", "csq=5", "A" }, { "A" }, "csq=5" },
    ["with a switch turned on"] = { { "--sim", "busy", "A" }, { "A" }, "busy" },
    ["joined to its switches"] = { { "A", "--sim=busy" }, { "A" }, "busy" },
    ["before a URL with an ="] = { { "--sim", "http://h/a?b=c" }, { "http://h/a?b=c" }, "" },
    ["after the end of options"] = { { "--", "--sim" }, { "--", "--sim" }, nil },
    ["before a file whose name looks like switches"] = { { "--sim", "./README.md" }, { "./README.md" }, "" },
  } do
    it(what .. " is taken out, and leaves the rest", function()
      local rest, spec = take(table.unpack(case[1]))
      assert.same({ case[2], case[3] }, { rest, spec })
    end)
  end
end)
