local pages = require "support.pages"

local Process = require "support.process"
local command = require "dfota.config.command"
local environment = require "dfota.config.environment"
local exit_codes = require "dfota.base.exit_codes"
local folder = require "support.folder"
local help = require "dfota.config.help"
local man = require "pages.man"
local overview = require "pages.overview"
local roff = require "pages.roff"
local settings = require "dfota.config.settings"
local uv = require "luv"

local BUILD = { version = "1.2.3", date = "2026-11-28" }

local function has(page, words) assert.is_truthy(page:find(words, 1, true), words) end

describe("A man page", function()
  for _, line in ipairs(pages.all) do
    describe("of dfota-" .. line.name, function()
      local page = man.page(line, pages.lines, BUILD)

      it("names every option with its value, every argument and every command", function()
        for _, option in ipairs(pages.options(line)) do
          for _, name in ipairs(command.names(option)) do has(page, "\\fB" .. name:gsub("%-", "\\-") .. "\\fR") end
          if not option.flag then has(page, "\\fI" .. roff.typed(help.value(option)) .. "\\fR") end
        end
        for _, argument in ipairs(line.arguments) do has(page, "\n\\fI" .. argument[1] .. "\\fR\n") end
        for _, sub in ipairs(line.commands) do has(page, "\n.SS " .. sub.name .. "\n") end
      end)

      it("has its exit codes, its examples, and the other pages", function()
        for _, code in ipairs(help.exit_codes(line)) do has(page, (".TP\n\\fB%d\\fR\n"):format(code.code)) end
        for _, example in ipairs(line.examples) do
          has(page, roff.typed(help.example(example, "dfota-" .. line.name)))
        end
        has(page, "\\fBdfota\\fR(7)")
      end)
    end)
  end

  it("of commands shows each in its synopsis", function()
    has(man.page(pages.with_commands, {}, BUILD), "\\fBdfota\\-kit make\\fR [\\fIoptions\\fR] \\fIFILE\\fR\n.br\n")
  end)

  it("dfota(7) has every setting, variable, exit code and command", function()
    local page = overview(pages.lines, BUILD)
    for _, setting in ipairs(settings.list) do has(page, ".TP\n\\fB" .. setting.name .. "\\fR\n") end
    for _, variable in ipairs(environment.list) do has(page, ".TP\n\\fB" .. variable.name .. "\\fR\n") end
    for _, code in ipairs(exit_codes.list) do has(page, (".TP\n\\fB%d\\fR\n"):format(code.code)) end
    for _, line in ipairs(pages.lines) do has(page, "\\fBdfota\\-" .. line.name .. "\\fR(1)") end
  end)

  it("escapes what roff would read as its own", function()
    assert.equal("a\\eb \\(aqc\\(aq \\-\\-set=x \\[u2026]", roff.text "a\\b 'c' --set=x …")
    assert.equal("\\&.TH", roff.text ".TH")
    assert.equal("well-known (\\-n) /a\\-b", roff.text "well-known (-n) /a-b")
    assert.equal("a\\-b\\(ti\\(ga\\(ha\\(aq", roff.typed "a-b~`^'")
    for _, line in ipairs(roff.lines(("word "):rep(200) .. ". 'tis")) do assert.is_true(#line <= 80) end
  end)

  local function tool(name)
    for place in os.getenv "PATH":gmatch "[^:]+" do
      if uv.fs_stat(place .. "/" .. name) then return place .. "/" .. name end
    end
  end

  it("is clean for mandoc or groff, whichever is here", function()
    local lint = tool "mandoc" and { "mandoc", "-T", "lint" } or tool "groff" and { "groff", "-man", "-ww", "-z" }
    if not lint then return pending "neither mandoc nor groff is installed" end
    local home, remove = folder.new()
    finally(remove)
    folder.write(home .. "/dfota.7", overview(pages.lines, BUILD))
    lint[#lint + 1] = home .. "/dfota.7"
    for _, line in ipairs(pages.all) do
      lint[#lint + 1] = folder.write(("%s/dfota-%s.1"):format(home, line.name), man.page(line, {}, BUILD))
    end
    local process = Process.start(table.remove(lint, 1), lint)
    process:wait()
    assert.equal("", process.out .. process.err)
  end)
end)
