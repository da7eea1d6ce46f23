rockspec_format = "3.0"
package = "dfota"
version = "scm-1"
source = {
  url = "git+file://.",
}
description = {
  summary = "Firmware updates over the air for Quectel GSM modules, over a serial port",
  detailed = [[
    Puts a firmware package on a module, triggers the update once, follows it through the reboot
    and judges it by the revision the module then runs. The flows are Lua scripts to be edited;
    a simulated module is part of the product.]],
  license = "MIT",
}
dependencies = {
  "lua >= 5.4",
  "argparse >= 0.7",
  "luv >= 1.44",
  "dkjson >= 2.5",
  "luasql-sqlite3 >= 2.5",
  "luasocket >= 3.0",
  "luaossl",
  "luaexpat >= 1.4",
}
external_dependencies = {
  LIBSERIALPORT = { header = "libserialport.h", library = "serialport" },
}
build = {
  type = "builtin",
  -- spec/rockspec_spec.lua holds this list against the tree.
  modules = {
    ["dfota.core"] = {
      sources = {
        "core/at_lexer.c", "core/at_reply.c", "core/baud.c", "core/failure.c", "core/holder.c",
        "core/lua_lexer.c", "core/pty.c", "core/serial.c", "core/serial_open.c",
        "core/serial_sp.c", "core/serial_tty.c", "core/signals.c", "core/stream.c",
        "core/wait.c",
      },
      incdirs = { "core", "$(LIBSERIALPORT_INCDIR)" },
      libdirs = { "$(LIBSERIALPORT_LIBDIR)" },
      libraries = { "serialport" },
    },
    ["dfota.channel"] = "lua/dfota/channel.lua",
    ["dfota.data_mode"] = "lua/dfota/data_mode.lua",
    ["dfota.failure"] = "lua/dfota/failure.lua",
    ["dfota.fota"] = "lua/dfota/fota.lua",
    ["dfota.modem"] = "lua/dfota/modem.lua",
    ["dfota.nearest"] = "lua/dfota/nearest.lua",
    ["dfota.pdp"] = "lua/dfota/pdp.lua",
    ["dfota.settings"] = "lua/dfota/settings.lua",
    ["dfota.settings_list"] = "lua/dfota/settings_list.lua",
    ["dfota.sim.faults"] = "lua/dfota/sim/faults.lua",
    ["dfota.sim.link"] = "lua/dfota/sim/link.lua",
    ["dfota.sim.package"] = "lua/dfota/sim/package.lua",
    ["dfota.sim.random"] = "lua/dfota/sim/random.lua",
    ["dfota.sim.spec"] = "lua/dfota/sim/spec.lua",
    ["dfota.sim.sum"] = "lua/dfota/sim/sum.lua",
    ["dfota.sim.switches"] = "lua/dfota/sim/switches.lua",
    ["dfota.sim.timers"] = "lua/dfota/sim/timers.lua",
    ["dfota.storage"] = "lua/dfota/storage.lua",
    ["dfota.sync"] = "lua/dfota/sync.lua",
    ["dfota.text"] = "lua/dfota/text.lua",
    ["dfota.urc"] = "lua/dfota/urc.lua",
    ["dfota.url"] = "lua/dfota/url.lua",
  },
  install = {
    -- All the same small file: it runs the script of the name it is called by.
    bin = {
      ["dfota-update"] = "scripts/launch.lua",
      ["dfota-info"] = "scripts/launch.lua",
      ["dfota-watch"] = "scripts/launch.lua",
      ["dfota-sim"] = "scripts/launch.lua",
      ["dfota-ledger"] = "scripts/launch.lua",
    },
  },
  copy_directories = { "scripts" },
}
test = {
  type = "command",
  command = "busted",
}
