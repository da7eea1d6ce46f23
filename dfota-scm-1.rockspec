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
        "core/lua_core.c", "core/lua_error.c", "core/lua_lexer.c", "core/lua_port.c",
        "core/lua_pty.c", "core/lua_signals.c", "core/lua_stream.c", "core/lua_table.c", "core/lua_upload.c",
        "core/pty.c", "core/serial.c", "core/serial_list.c", "core/serial_open.c",
        "core/serial_sp.c", "core/serial_tty.c", "core/signals.c", "core/stream.c",
        "core/upload.c", "core/wait.c",
      },
      -- Files and clocks of 64 bits on a 32-bit system too. What is hidden the headers say.
      defines = { "_FILE_OFFSET_BITS=64", "_TIME_BITS=64" },
      incdirs = { "core", "$(LIBSERIALPORT_INCDIR)" },
      libdirs = { "$(LIBSERIALPORT_LIBDIR)" },
      libraries = { "serialport" },
    },
    ["dfota.aftermath"] = "lua/dfota/aftermath.lua",
    ["dfota.apn"] = "lua/dfota/apn.lua",
    ["dfota.apn_database"] = "lua/dfota/apn_database.lua",
    ["dfota.app"] = "lua/dfota/app.lua",
    ["dfota.channel"] = "lua/dfota/channel.lua",
    ["dfota.cli"] = "lua/dfota/cli.lua",
    ["dfota.codes"] = "lua/dfota/codes.lua",
    ["dfota.data_mode"] = "lua/dfota/data_mode.lua",
    ["dfota.earlier"] = "lua/dfota/earlier.lua",
    ["dfota.failure"] = "lua/dfota/failure.lua",
    ["dfota.follow"] = "lua/dfota/follow.lua",
    ["dfota.fota"] = "lua/dfota/fota.lua",
    dfota = "lua/dfota/init.lua",
    ["dfota.job"] = "lua/dfota/job.lua",
    ["dfota.ledger"] = "lua/dfota/ledger.lua",
    ["dfota.ledger_none"] = "lua/dfota/ledger_none.lua",
    ["dfota.ledger_store"] = "lua/dfota/ledger_store.lua",
    ["dfota.listener"] = "lua/dfota/listener.lua",
    ["dfota.manifest"] = "lua/dfota/manifest.lua",
    ["dfota.mixin"] = "lua/dfota/mixin.lua",
    ["dfota.modem"] = "lua/dfota/modem.lua",
    ["dfota.nearest"] = "lua/dfota/nearest.lua",
    ["dfota.pace"] = "lua/dfota/pace.lua",
    ["dfota.pdp"] = "lua/dfota/pdp.lua",
    ["dfota.rates"] = "lua/dfota/rates.lua",
    ["dfota.readings"] = "lua/dfota/readings.lua",
    ["dfota.report"] = "lua/dfota/report.lua",
    ["dfota.report_json"] = "lua/dfota/report_json.lua",
    ["dfota.report_text"] = "lua/dfota/report_text.lua",
    ["dfota.retry"] = "lua/dfota/retry.lua",
    ["dfota.secrets"] = "lua/dfota/secrets.lua",
    ["dfota.settings"] = "lua/dfota/settings.lua",
    ["dfota.settings_list"] = "lua/dfota/settings_list.lua",
    ["dfota.sim.cli"] = "lua/dfota/sim/cli.lua",
    ["dfota.sim.cme"] = "lua/dfota/sim/cme.lua",
    ["dfota.sim.command"] = "lua/dfota/sim/command.lua",
    ["dfota.sim.download"] = "lua/dfota/sim/download.lua",
    ["dfota.sim.faults"] = "lua/dfota/sim/faults.lua",
    ["dfota.sim.fetch"] = "lua/dfota/sim/fetch.lua",
    ["dfota.sim.files"] = "lua/dfota/sim/files.lua",
    ["dfota.sim.fota"] = "lua/dfota/sim/fota.lua",
    ["dfota.sim.general"] = "lua/dfota/sim/general.lua",
    ["dfota.sim.line"] = "lua/dfota/sim/line.lua",
    ["dfota.sim.link"] = "lua/dfota/sim/link.lua",
    ["dfota.sim.loader"] = "lua/dfota/sim/loader.lua",
    ["dfota.sim.module"] = "lua/dfota/sim/module.lua",
    ["dfota.sim.package"] = "lua/dfota/sim/package.lua",
    ["dfota.sim.parse"] = "lua/dfota/sim/parse.lua",
    ["dfota.sim.pdp"] = "lua/dfota/sim/pdp.lua",
    ["dfota.sim.pdp_state"] = "lua/dfota/sim/pdp_state.lua",
    ["dfota.sim.port"] = "lua/dfota/sim/port.lua",
    ["dfota.sim.power"] = "lua/dfota/sim/power.lua",
    ["dfota.sim.qind"] = "lua/dfota/sim/qind.lua",
    ["dfota.sim.radio"] = "lua/dfota/sim/radio.lua",
    ["dfota.sim.random"] = "lua/dfota/sim/random.lua",
    ["dfota.sim.serve"] = "lua/dfota/sim/serve.lua",
    ["dfota.sim.spec"] = "lua/dfota/sim/spec.lua",
    ["dfota.sim.sum"] = "lua/dfota/sim/sum.lua",
    ["dfota.sim.switches"] = "lua/dfota/sim/switches.lua",
    ["dfota.sim.talk"] = "lua/dfota/sim/talk.lua",
    ["dfota.sim.timers"] = "lua/dfota/sim/timers.lua",
    ["dfota.sim.upload"] = "lua/dfota/sim/upload.lua",
    ["dfota.simulator"] = "lua/dfota/simulator.lua",
    ["dfota.storage"] = "lua/dfota/storage.lua",
    ["dfota.sync"] = "lua/dfota/sync.lua",
    ["dfota.table_file"] = "lua/dfota/table_file.lua",
    ["dfota.text"] = "lua/dfota/text.lua",
    ["dfota.trace"] = "lua/dfota/trace.lua",
    ["dfota.urc"] = "lua/dfota/urc.lua",
    ["dfota.url"] = "lua/dfota/url.lua",
    ["dfota.verdict"] = "lua/dfota/verdict.lua",
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
