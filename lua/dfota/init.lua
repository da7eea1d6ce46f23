--- What `require "dfota"` gives: the words that flows are written in.
--
--     local dfota = require "dfota"
--     local port <close> = assert(dfota.core.open("/dev/ttyUSB0", { baud = 115200 }))
--     local set = assert(dfota.settings.load())
--     local channel = dfota.Channel.new(port)
--     assert(channel:sync { answer_s = set.answer_s })
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
  Channel = require "dfota.channel",
  Modem = require "dfota.modem",
  Fota = require "dfota.fota",
  Follow = require "dfota.follow",
  Job = require "dfota.job",
  Trace = require "dfota.trace",
  apn = require "dfota.apn",
  app = require "dfota.app",
  codes = require "dfota.codes",
  ledger = require "dfota.ledger",
  manifest = require "dfota.manifest",
  report = require "dfota.report",
  retry = require "dfota.retry",
  settings = require "dfota.settings",
  url = require "dfota.url",
  verdict = require "dfota.verdict",
}
