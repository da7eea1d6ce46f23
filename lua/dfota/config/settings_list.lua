--- Every timing, limit and gate, in the order in which they are listed.
-- A heading, and below it one row each: name, default, unit, kind, minimum, maximum, meaning, source of the value. Of a
-- text the bounds are those of its length.
-- The source "ours" means: chosen by us, no manual gives a value.
-- @module dfota.config.settings_list

-- One row per line is most readable, however long.
-- luacheck: no max line length

local rows = {
  "Conversation",
  { "sync_timeout_s", 10, "s", "number", 0.1, 3600, "how long each attempt of the step sync looks for a module that answers. Every rate is tried, however short this is: searching all of them takes half a minute, including listen_s", "GSM hardware notes: 4-5 s after power-on" },
  { "listen_s", 6, "s", "number", 0, 3600, "how long to listen at the first rate for a module that does not answer, since it may be updating", "ours; UPDATING comes every few seconds" },
  { "at_s", 0.3, "s", "number", 0.02, 60, "longest wait for the answer to one AT while looking for the module", "manuals: 300 ms" },
  { "probe_s", 15, "s", "number", 1, 3600, "longest time for each port while several are searched for a module, side by side", "ours; all rates without an answer take 3 s" },
  { "resync_timeout_s", 2, "s", "number", 0.1, 3600, "how long to look for a module that has answered before, each time. If other rates are tried as well, each is tried", "ours" },
  { "query_s", 5, "s", "number", 0.1, 3600, "longest wait for the answer to a query", "manuals: 300 ms; the rest allows for slow adapters, ours" },
  { "reading_pause_s", 0.2, "s", "number", 0, 60, "before the update: pause between two readings of the revision, which must agree", "ours" },
  { "no_response_s", 45, "s", "number", 0, 3600, "info.lua: how long one command may keep a module busy before it counts as not responding", "RDA8955 SDK: a command is given up after 40 s" },
  { "gap_s", 0.02, "s", "number", 0, 10, "pause between a complete answer and the next command", "ours" },
  { "write_s", 10, "s", "number", 0.1, 3600, "longest wait until the port accepts data", "ours" },
  { "rtscts", "off", "", "enum", { "off", "on" }, nil, "hardware flow control (AT+IFC)", "manuals disagree about the default" },
  { "max_trace_bytes", 64 << 20, "bytes", "integer", 1024, 1 << 40, "how many bytes a run may add to its trace", "ours" },

  "Ledger",
  { "ledger_s", 10, "s", "number", 0.1, 3600, "longest wait for any answer of the ledger, before the trigger", "ours" },
  { "ledger_busy_s", 60, "s", "number", 0, 86400, "how long others may lock the ledger, before the trigger", "64 jobs at once on a card where a sync takes 30 ms needed more than 10 s" },
  { "ledger_last_s", 1.5, "s", "number", 0.05, 60, "longest wait for the ledger once the outcome is known", "ours" },
  { "central_s", 5, "s", "number", 0.1, 60, "longest wait for the central ledger's brake before the trigger (--central); without an answer the limits of this machine hold alone", "ours" },

  "Before anything is changed",
  { "min_supply_mv", 3500, "mV", "integer", 0, 20000, "gate: lowest supply voltage", "QVBATT: the module's own warning level" },
  { "min_csq", 8, "", "integer", 0, 31, "gate, URL only: lowest signal as reported by AT+CSQ (8 is -97 dBm)", "ours" },
  { "min_room_bytes", 0, "bytes", "integer", 0, 1 << 30, "gate, file only: free space in UFS beyond the package's size", "ours; block overhead is not documented" },
  { "max_package_bytes", 16 << 20, "bytes", "integer", 1, 1 << 30, "gate: largest package", "ours; the note gives no size for 6502" },
  { "require_signature", "off", "", "enum", { "off", "on" }, nil, "refuse packages whose manifest is not signed by a known key (--key, or keys/*.pem beside your settings)", "ours" },
  { "max_updates", 800, "", "integer", 0, 1000000, "gate: updates in a module's life", "application note, chapter 1" },
  { "wear_warn_percent", 90, "%", "integer", 0, 100, "share of max_updates from which a warning is given", "ours" },

  "The module's power (only with --power-cycle)",
  { "power_line", "none", "", "enum", { "none", "dtr", "rts" }, nil, "the line of the port that is wired to PWRKEY or RESET", "depends on the wiring" },
  { "power_active", "asserted", "", "enum", { "asserted", "released" }, nil, "the state of that line in which the key is pressed; Linux asserts both lines whenever a port is opened", "depends on the wiring" },
  { "power_pulse_s", 1.2, "s", "number", 0.01, 60, "how long that key is pressed", "GSM hardware manuals: over 1 s to switch on, 0.7 s or more to switch off" },
  { "power_wait_s", 3, "s", "number", 0, 3600, "how long to listen after that, before the module is looked for: one that was on may say that it switches off", "ours" },
  { "power_off_s", 12, "s", "number", 0, 3600, "how long a module may take to switch off, before the key is pressed again", "GSM hardware manuals: 2-12 s to log off, about 12 s recommended" },
  { "power_command", "", "", "text", 0, 1024, "instead of a line: a program with its arguments that cuts and restores the power, such as gpioset -m time -s 1 gpiochip0 17=1. It is run without a shell: words are separated by blanks, or quoted", "depends on the site" },
  { "power_command_s", 30, "s", "number", 0.1, 3600, "longest time that this program may take", "ours" },

  "Network (only for a URL)",
  { "preflight_s", 5, "s", "number", 0, 60, "how long this machine may check the URL before the module downloads it; 0: no check", "ours" },
  { "sim_ready_s", 10, "s", "number", 0, 3600, "longest wait for a SIM that is still starting", "TCP/IP recommended process: 10 s" },
  { "register_s", 60, "s", "number", 0, 86400, "longest wait for registration", "TCP/IP recommended process: 30 s, doubled" },
  { "pdp_context", 0, "", "integer", 0, 1, "which PDP context is used (AT+QIFGCNT)", "application note, chapter 4: 0" },
  { "regapp_pause_s", 0.1, "s", "number", 0, 60, "pause between AT+QIREGAPP and AT+QIACT", "vendor's SDK for a sibling: 100 ms" },
  { "qiact_s", 150, "s", "number", 1, 3600, "longest wait for AT+QIACT", "AT manuals: 150 s" },
  { "qideact_s", 40, "s", "number", 1, 3600, "longest wait for AT+QIDEACT", "AT manuals: 40 s" },
  { "sms_s", 120, "s", "number", 1, 3600, "longest wait until the network has accepted an SMS (AT+CMGS)", "GSM AT manuals: 120 s" },

  "Upload (only for a file)",
  { "connect_s", 10, "s", "number", 0.1, 3600, "longest wait for CONNECT after AT+QFUPL", "ours" },
  { "upload_timeout_s", 60, "s", "integer", 1, 65535, "how long the module waits for the next byte (AT+QFUPL's own parameter)", "FILE manual: 1-65535, default 5" },
  { "upload_idle_s", 30, "s", "number", 0.1, 3600, "longest time without progress in the upload", "ours" },
  { "ack_s", 3, "s", "number", 0.1, 3600, "longest wait for one acknowledgement (ACK mode) before it counts as lost", "ours" },
  { "guard_s", 1.1, "s", "number", 0, 60, "silence around the +++ that aborts an upload", "GSM AT manuals' general rule: 0.5-1 s; unproven for QFUPL" },
  { "result_s", 30, "s", "number", 0.1, 3600, "longest wait for +QFUPL after the last byte", "ours" },
  { "ack_mode", "auto", "", "enum", { "auto", "on", "off" }, nil, "QFUPL's ACK mode; auto: on where there is no flow control", "recommended by the FILE manual" },

  "From the trigger on",
  { "trigger_s", 15, "s", "number", 1, 3600, "longest wait for the answer to AT+QFOTADL", "application note: 300 ms (URL), 10 s (file)" },
  { "http_start_s", 60, "s", "number", 1, 86400, "longest wait for HTTPSTART", "test benches of sibling modules: 60 s" },
  { "download_silence_s", 90, "s", "number", 1, 86400, "longest silence in the download", "ours" },
  { "deact_grace_s", 15, "s", "number", 0, 3600, "how long after +PDP DEACT during the download the module may still report the end of the download", "ours" },
  { "update_silence_s", 180, "s", "number", 1, 86400, "silence during the update after which AT is sent", "test benches of sibling modules: 180 s" },
  { "poll_interval_s", 10, "s", "number", 0.1, 3600, "pause between two such AT", "ours" },
  { "reopen_s", 1, "s", "number", 0.05, 60, "pause between two attempts to open a port that was lost after the trigger", "ours" },
  { "boot_s", 60, "s", "number", 1, 86400, "longest wait for the module after END", "ours" },
  { "recover_s", 600, "s", "number", 0, 86400, "how long a silent or lost module may take to come back, plus some 20 s for a last AT at every rate", "ours" },
  { "follow_s", 7200, "s", "number", 1, 604800, "how long a module is followed in total, even if it keeps reporting", "ours" },
  { "rate_change_s", 10, "s", "number", 0, 3600, "adaptive mode, file only: silence after which to listen at 115200, unless noise has shown it earlier", "ours" },
  { "verify_tries", 10, "", "integer", 1, 1000, "how often the revision is queried after the reboot", "test benches of sibling modules: 10" },
  { "verify_pause_s", 1, "s", "number", 0, 3600, "pause between two of these queries", "test benches of sibling modules: 1 s" },
  { "after_s", 5, "s", "number", 0, 600, "how long the module may be asked after the verdict, which nothing changes any more, for what the update changed besides the firmware: settings and files, which are asked for before it as well. 0: not at all", "ours" },
  { "remove_package", "off", "", "enum", { "off", "on" }, nil, "delete a fota.pack that is still in the module after a successful update", "ours; whether the module deletes it itself is not published" },
  { "interrupt_s", 5, "s", "number", 0.1, 60, "time within which a third Ctrl-C after the trigger exits", "ours" },
}

local function named(row, group)
  local name, default, unit, kind, min, max, doc, source = table.unpack(row, 1, 8)
  local setting = { name = name, default = default, unit = unit, kind = kind, doc = doc, source = source, group = group }
  if kind == "enum" then setting.choices = min else setting.min, setting.max = min, max end
  return setting
end

local list, group = {}, nil
for _, row in ipairs(rows) do
  if type(row) == "string" then group = row else list[#list + 1] = named(row, group) end
end
return list
