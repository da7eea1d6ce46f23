--- docs/settings.md, generated from the list of settings.
local list = require "dfota.config.settings_list"
local text = require "dfota.base.text"

local HEAD = [[
# Settings

Made from `lua/dfota/config/settings_list.lua` by `make docs`: do not edit it here.

Every timing, limit and gate that an engineer may want to change. Each is looked for in this order, and the last one
that says something counts: the default, the user's `settings.lua`, the file of `--config FILE`, `--set NAME=VALUE`.
`--settings` shows what would count in a call, and where it comes from. A settings file returns a table, and holds
values alone: it can open no file and hold no run.

    -- settings.lua: a slow adapter, and modules on batteries
    return { query_s = 8, min_supply_mv = 3600, rtscts = "on" }

## Files of the user

`settings.lua`, `retries.lua` and `apns.lua` are each looked for in these folders; the first one found counts, and
`--settings` says which:

1. `$DFOTA_CONFIG`; if that is a file instead of a folder, it is the `settings.lua`
2. `$XDG_CONFIG_HOME/dfota`, by default `~/.config/dfota`
3. `/etc/dfota`
4. the folder of the scripts

No install or upgrade ever writes into the first three: put what belongs to your site there, not into the scripts'
folder. A folder or file that is there but cannot be used, and a `DFOTA_CONFIG` that is not there, is exit code 78.

## Names and bounds

An unknown name is refused with the one that was probably meant, a value out of its bounds with the bounds: exit code 2
for `--set`, 78 for a file. In a flow they are `job.settings.query_s` and so on; in a program of one's own
`require("dfota").settings.load { set = { "query_s=8" } }` gives them all, and reads a `settings.lua` only if `user`
names it.

"Source" says where a default comes from: a manual, or "ours", chosen by us because no manual gives a value.
]]

-- In the list's order; each section begins with the setting named.
local SECTIONS = {
  { "The conversation", "Waits for answers, and the line itself." },
  { "The ledger", "How long the record may keep a run waiting: before the trigger it may, behind it never.",
    from = "ledger_s" },
  { "Before anything is changed", "Gates: what does not hold is exit code 84, or 83 for `max_updates`.",
    from = "min_supply_mv" },
  { "The module's power", "Only with `--power-cycle`; `docs/power.md` says how to wire and set it.",
    from = "power_line" },
  { "The network", "Only where the package is a URL.", from = "preflight_s" },
  { "The upload", "Only where the package is a file.", from = "connect_s" },
  { "From the trigger on", "How long a module that updates itself is listened to, asked and waited for.",
    from = "trigger_s" },
}

local KINDS = { integer = "whole number", number = "number", text = "text" }

local function bounds(setting)
  if setting.choices then return "one of " .. table.concat(setting.choices, ", ") end
  if setting.kind == "text" then return ("up to %d characters"):format(setting.max) end
  return ("%s to %s"):format(text.number(setting.min), text.number(setting.max))
end

local function row(setting)
  local cells = {
    "`" .. setting.name .. "`", setting.default == "" and "none" or text.number(setting.default),
    setting.unit ~= "" and setting.unit or "",
    KINDS[setting.kind] or "word", bounds(setting), setting.doc, setting.source,
  }
  for i, cell in ipairs(cells) do cells[i] = cell:gsub("|", "\\|") end
  return "| " .. table.concat(cells, " | ") .. " |"
end

--- @return the whole text
return function()
  local lines, number = {}, 1
  local function begin(section)
    lines[#lines + 1] = ("\n## %s\n\n%s\n"):format(section[1], section[2])
    lines[#lines + 1] = "| setting | default | unit | kind | bounds | what it bounds | source of the default |"
    lines[#lines + 1] = "|---|---|---|---|---|---|---|"
  end
  begin(SECTIONS[1])
  for _, setting in ipairs(list) do
    local following = SECTIONS[number + 1]
    if following and following.from == setting.name then
      number = number + 1
      begin(following)
    end
    lines[#lines + 1] = row(setting)
  end
  assert(number == #SECTIONS, "a section begins with a setting that is not there")
  return HEAD .. table.concat(lines, "\n") .. "\n"
end
