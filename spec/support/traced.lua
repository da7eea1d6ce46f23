--- Traces written by hand, for specs: a line each, as in a file (docs/traces.md).
--
--     local items = traced.items { [[0.1 tx AT\r]], [[0.2 rx AT\r\r\nOK\r\n]] }
local conversation = require "dfota.trace.conversation"
local reader = require "dfota.trace.reader"

local traced = {}

traced.BEGINNING = "# dfota trace 1, begun 2026-11-28T01:18:12Z"

--- The text of a trace file with one run.
function traced.text(lines) return traced.BEGINNING .. "\n" .. table.concat(lines, "\n") .. "\n" end

--- @return entries, damaged lines, where it was cut off
function traced.entries(lines) return reader.entries(assert(reader.runs(traced.text(lines)))[1]) end

--- @return items, about, entries, damaged lines, where it was cut off
function traced.items(lines)
  local entries, damaged, cut = traced.entries(lines)
  local items, about = conversation(entries)
  return items, about, entries, damaged, cut
end

--- A run that goes well, in few lines: an upload of 2000 bytes with an acknowledgement, and the update.
traced.UPDATE = {
  "# port /dev/ttyUSB0", "# baud 115200",
  [[0.100000 tx AT\r]], [[0.102000 rx AT\r\r\nOK\r\n]],
  [[0.200000 tx ATI\r]], [[0.201000 rx ATI\r]],
  [[0.205000 rx \r\nQuectel_Ltd\r\nQuectel_MC65\r\nRevision: MC65FAR01A01\r\n\r\nOK\r\n]],
  [[0.300000 tx AT+GSN\r]], [[0.301000 rx AT+GSN\r]], [[0.305000 rx \r\n861234567890127\r\n\r\nOK\r\n]],
  [[0.400000 tx AT+QFUPL="fota.pack",2000,60,1\r]], [[0.401000 rx AT+QFUPL="fota.pack",2000,60,1\r]],
  [[0.500000 rx \r\nCONNECT\r\n]], "# data 1024", [[0.600000 rx A]],
  "# upload of 2000 bytes, sha256 " .. ("ab"):rep(32) .. ", from 0.510000 to 0.700000",
  [[0.750000 rx \r\n+QFUPL: 2000,AE93\r\n\r\nOK\r\n]],
  [[1.000000 tx AT+QFOTADL=1\r]], [[1.001000 rx AT+QFOTADL=1\r]], [[1.100000 rx \r\nOK\r\n]],
  [[2.000000 rx \r\n+QIND: "FOTA","START"\r\n]], [[3.000000 rx \r\n+QIND: "FOTA","UPDATING", 2%\r\n]],
  [[5.000000 rx \r\n+QIND: "FOTA","UPDATING",50%\r\n]], [[8.000000 rx \r\n+QIND: "FOTA","UPDATING",100%\r\n]],
  [[9.000000 rx \r\n+QIND: "FOTA","END",0\r\n]],
  [[9.100000 tx AT\r]], [[9.400000 tx AT\r]], [[9.500000 rx \r\nRDY\r\n]],
  [[10.000000 tx AT\r]], [[10.001000 rx AT\r\r\nOK\r\n]],
  [[10.100000 tx ATI\r]],
  [[10.200000 rx ATI\r\r\nQuectel_Ltd\r\nQuectel_MC65\r\nRevision: MC65FAR01A02\r\n\r\nOK\r\n]],
  "# exit code 0",
}

return traced
