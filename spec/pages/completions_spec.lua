local pages = require "support.pages"

local Process = require "support.process"
local bash = require "pages.bash"
local command = require "dfota.config.command"
local fish = require "pages.fish"
local folder = require "support.folder"
local gate = require "dfota.config.option_values".gate
local launcher = require "pages.launcher"
local settings = require "dfota.config.settings"
local uv = require "luv"
local values = require "pages.values"
local zsh = require "pages.zsh"

local function has(text, words) assert.is_truthy(text:find(words, 1, true), words) end

-- As each shell writes an option.
local SHELLS = {
  bash = { bash, function(name) return name end },
  zsh = { zsh, function(name) return name .. (name:find "^%-%-" and "" or "[") end },
  fish = { fish, function(name) return (name:gsub("^%-%-", "-l "):gsub("^%-(%w)$", "-s %1")) end },
}

local function is_there(name)
  for place in os.getenv "PATH":gmatch "[^:]+" do
    if uv.fs_stat(place .. "/" .. name) then return true end
  end
end

for shell, made in pairs(SHELLS) do
  describe("The completions for " .. shell, function()
    for _, line in ipairs(pages.all) do
      local text = made[1](line, pages.more)

      it("of dfota-" .. line.name .. " have every option, its values, and every command", function()
        for _, option in ipairs(pages.options(line)) do
          for _, name in ipairs(command.names(option)) do has(text, made[2](name)) end
          local _, words = values.of(option)
          for _, word in ipairs(words) do has(text:gsub("\\:", ":"), word) end
        end
        for _, sub in ipairs(line.commands) do has(text, sub.name) end
      end)

      it("of dfota-" .. line.name .. " have settings and gates where it takes them", function()
        if line.program then return assert.is_nil(text:find("recover_s", 1, true)) end
        for _, setting in ipairs(settings.list) do
          has(text, setting.name)
          for _, word in ipairs(setting.choices or {}) do has(text, word) end
        end
        has(text, "/dev/serial/by-id/*")
        for _, name in ipairs(line.name == "update" and pages.more.gates or {}) do has(text, name) end
      end)
    end

    it("have no mistake that the shell finds", function()
      if not is_there(shell) then return pending(shell .. " is not installed") end
      local home, remove = folder.new()
      finally(remove)
      local all = {}
      for i, line in ipairs(pages.all) do all[i] = made[1](line, pages.more) end
      all[#all + 1] = launcher[shell](pages.lines)
      local process = Process.start(shell, { "-n", folder.write(home .. "/all", table.concat(all, "\n")) })
      assert.same({ 0, "" }, { process:wait(), process.out .. process.err })
    end)
  end)
end

describe("The gates to suggest", function()
  it("are those of the flows, and of what is below them", function()
    assert.same({ "attempts", "dfota", "imei", "module", "package", "registration", "revision", "room", "server",
      "signal", "sim", "supply", "wear" }, pages.more.gates)
    for _, name in ipairs(pages.more.gates) do assert.equal(name, gate(name)) end
  end)
end)

-- A line is completed as bash does: its words, split at = as well, the last one being typed.
local ASK = [[
source "$1"
ask() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  "_${1//-/_}"
  echo "$* -> ${COMPREPLY[*]}"
}
]]

describe("In bash", function()
  local home, remove
  setup(function() home, remove = folder.new() end)
  teardown(function() remove() end)

  local function answers(line, calls)
    local script = { ASK }
    for _, words in ipairs(calls) do script[#script + 1] = "ask dfota-" .. line.name .. " " .. words end
    local path = folder.write(home .. "/ask", table.concat(script, "\n") .. "\n")
    local process = Process.start("bash", { path, folder.write(home .. "/made", bash(line, pages.more)) },
      { cwd = home })
    assert.same({ 0, "" }, { process:wait(), process.err })
    local list = {}
    for shown in process.out:gmatch "%-> ([^\n]*)\n" do list[#list + 1] = shown end
    return list
  end

  it("options, settings, values, gates and files are completed where they belong", function()
    folder.write(home .. "/a b.pack", "")
    local update
    for _, line in ipairs(pages.lines) do update = line.name == "update" and line or update end
    local cases = {
      { "--se", "--set --settings" }, { "--set min_c", "min_csq=" }, { "--set ack_mode =", "auto on off" },
      { "--set ack_mode = o", "on off" }, { "--set boot_s = ''", "60" }, { "--force si", "signal sim" },
      { "--baud 1", "19200 115200" }, { "-b = au", "auto" }, { "--apn m", "module" }, { "--config a", "a b.pack ask" },
      { "a", "a b.pack ask" }, { "--sim = cs", "csq= csq_s=" }, { "--sim a", "a b.pack ask" }, { "-- -", "" },
      { "--imei ''", "" }, { "--ledger n", "none" }, { "h", "http://" },
    }
    local calls = {}
    for i, case in ipairs(cases) do calls[i] = case[1] end
    local got = answers(update, calls)
    for i, case in ipairs(cases) do assert.equal(case[2], got[i], case[1]) end
  end)

  it("dfota completes the names, and then what the command of that name completes", function()
    for _, line in ipairs(pages.lines) do folder.write(home .. "/dfota-" .. line.name, bash(line, pages.more)) end
    folder.write(home .. "/dfota", launcher.bash(pages.lines))
    local path = folder.write(home .. "/ask",
      ASK .. "ask dfota up\nask dfota update --set ack_mode = o\nask dfota x y\n")
    local process = Process.start("bash", { path, home .. "/dfota" })
    assert.same({ 0, "" }, { process:wait(), process.err })
    assert.matches("^dfota up %-> update\n[^\n]+ %-> on off\ndfota x y %-> \n$", process.out)
  end)

  it("a command has its own options and arguments, and those of the whole program", function()
    assert.same({ "make list", "--config --help --version --verbose --how", "slow fast", "made", "--config", "make" },
      answers(pages.with_commands, { "''", "make --", "make --how ''", "make mad", "list --c", "--config made ma" }))
  end)
end)
