--- What `require "dfota"` returns: the functions that flows are written with.
--
--     local dfota = require "dfota"
--     local port <close> = assert(dfota.core.open("/dev/ttyUSB0", { baud = 115200 }))
--     local set = assert(dfota.settings.load())
--     local channel = dfota.Channel.new(port)
--     assert(channel:sync { timeout_s = set.sync_timeout_s })
--     print(assert(dfota.Modem.new(channel, set):identity()).revision)
--
-- Three conventions hold everywhere: misuse raises; what can go wrong in the
-- field comes back as `nil, err`, where `err` has `kind`, `message` and
-- `code` and turns into its message as a string; every wait has a time-out.
-- @module dfota
local core = require "dfota.core"

return {
  _VERSION = core.version,
  core = core,
  Channel = require "dfota.at.channel",
  Job = require "dfota.update.job",
  Modem = require "dfota.modem.modem",
  Monitor = require "dfota.update.monitor",
  Progress = require "dfota.update.progress",
  Trace = require "dfota.at.trace",
  apn = require "dfota.config.apn",
  app = require "dfota.app",
  codes = require "dfota.modem.codes",
  ledger = require "dfota.ledger.ledger",
  package = require "dfota.config.package",
  report = require "dfota.report.report",
  retry = require "dfota.update.retry",
  settings = require "dfota.config.settings",
  url = require "dfota.config.url",
  verdict = require "dfota.update.verdict",
}
