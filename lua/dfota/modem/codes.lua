--- What a module's error codes mean, and what an engineer can do about them.
-- The same code may mean something else on another product line; these are for MC65, M65 and M08-R.
-- @module dfota.modem.codes

local codes = {}

local function table_of(source, rows)
  for number, row in pairs(rows) do
    rows[number] = { meaning = row[1], advice = row[2], another = row[3] == "another", source = source }
  end
  return rows
end

-- Meanings: DFOTA application note, chapter 5, Table 1. The note says no more; the advice is ours.
local FOTA = table_of("DFOTA application note, chapter 5", {
  [6500] = { "unknown error", "read the trace and power-cycle the module; if it happens again, ask Quectel with the "
    .. "trace" },
  [6501] = { "invalid parameter", "check the URL: http://, at most 255 bytes, a port from 1 to 65535; for "
    .. "a file, that it is in UFS as fota.pack" },
  [6502] = { "package too large", "ask for packages in smaller steps, through an intermediate revision", "another" },
  [6503] = { "download failed", "check signal, APN and that the server answers this URL from outside" },
  [6504] = { "package not found", "check the path of the URL on the server, upper and lower case too" },
  [6505] = { "writing the file failed", "delete what is not needed from UFS, and power-cycle the "
    .. "module" },
  [6506] = { "package does not exist", "upload the package again; its name in UFS must be fota.pack" },
  [6507] = { "package error", "use another package: this one is damaged, or was made for another model or "
    .. "revision", "another" },
  [6508] = { "update failed", "use another package: this one may have been made for another model or revision; ask "
    .. "Quectel which one fits", "another" },
  [6509] = { "no memory", "free space in UFS, and power-cycle the module" },
})

local ROOM = "free some space: AT+QFLDS shows it, AT+QFLST lists files, AT+QFDEL deletes them"
local AGAIN = "power-cycle the module and run it again"
local NAME = "the package in UFS must be named fota.pack, without a drive prefix"

-- Meanings: GSM FILE AT Commands Manual V1.5 (an edition for sibling modules).
local FILE = table_of("GSM FILE AT Commands Manual", {
  [3765] = { "invalid input value", "this firmware expects other parameters: compare the command in the trace with the "
    .. "module's AT manual" },
  [3915] = { "bad address" }, [3916] = { "UFS is full", ROOM },
  [3917] = { "drive is full", ROOM }, [3918] = { "drive error", AGAIN },
  [3919] = { "file not found" }, [3920] = { "bad file name", NAME }, [3921] = { "file already exists" },
  [3922] = { "creating the file failed", AGAIN }, [3923] = { "writing the file failed", AGAIN },
  [3924] = { "opening the file failed", AGAIN }, [3925] = { "reading the file failed", AGAIN },
  [4000] = { "longer than allowed" }, [4001] = { "opening the file failed", AGAIN },
  [4002] = { "writing the file failed", AGAIN }, [4003] = { "reading the file's size failed", AGAIN },
  [4004] = { "reading the file failed", AGAIN }, [4005] = { "listing the files failed", AGAIN },
  [4006] = { "deleting the file failed", AGAIN }, [4007] = { "reading the drive's state failed", AGAIN },
  [4008] = { "no space left", ROOM }, [4009] = { "timed out", "check the line: flow control, baud rate, cable" },
  [4010] = { "file not found" }, [4011] = { "file is too large", ROOM },
  [4012] = { "file already exists" }, [4013] = { "bad parameter" }, [4014] = { "driver error", AGAIN },
  [4015] = { "creating the file failed", AGAIN }, [4016] = { "access denied" },
  [4017] = { "file is too large", ROOM },
})

local SIM = "check that the SIM is inserted and its contacts are clean"
local RADIO = "check antenna, signal (AT+CSQ) and registration (AT+CGREG?)"
local APN = "check APN, user and password, and that the SIM may use data"

-- Meanings: AT manuals of sibling modules (MC60 V1.2, M66 V1.0, M95 V3.2) and 3GPP TS 27.007; 49 to 58 as the
-- published software of the RDA8955 chip defines them.
local CME = table_of("GSM AT commands manual", {
  [0] = { "failure in the module", AGAIN }, [3] = { "not allowed now" },
  [4] = { "not supported", "this firmware does not know the command" },
  [10] = { "no SIM", SIM }, [11] = { "SIM PIN required", "unlock it first (AT+CPIN)" },
  [12] = { "SIM PUK required", "unlock it first (AT+CPIN)" }, [13] = { "SIM failure", SIM },
  [14] = { "SIM busy", "wait a few seconds" }, [15] = { "wrong SIM" },
  [16] = { "wrong password" }, [20] = { "memory is full" }, [21] = { "invalid index" },
  [22] = { "not found" }, [23] = { "memory failure", AGAIN },
  [49] = { "not supported", "this firmware does not know the command" }, [50] = { "failed", AGAIN },
  [53] = { "bad parameter" }, [58] = { "command line not understood" },
  [30] = { "no network service", RADIO }, [31] = { "the network did not answer in time", RADIO },
  [32] = { "emergency calls only", RADIO }, [100] = { "unknown failure", AGAIN },
  [103] = { "illegal MS: rejected by the network", APN }, [106] = { "illegal ME: rejected by the network", APN },
  [107] = { "GPRS not allowed for this SIM", APN }, [111] = { "network (PLMN) not allowed", APN },
  [112] = { "location area not allowed", APN }, [113] = { "roaming not allowed here", APN },
  [132] = { "service option not supported", APN }, [133] = { "service option not subscribed", APN },
  [134] = { "service option temporarily out of order", RADIO }, [148] = { "unspecified GPRS failure", RADIO },
  [149] = { "PDP authentication failed", APN }, [150] = { "invalid mobile class" },
  [302] = { "another command is still running", AGAIN },
  [601] = { "command not recognised" }, [602] = { "command returned an error" }, [603] = { "syntax error" },
  [604] = { "unspecified failure" }, [605] = { "data transfer already in progress" },
  [606] = { "already in progress" }, [607] = { "not an AT command" },
  [608] = { "command line too long" }, [609] = { "operator search aborted" },
  [3515] = { "packet service is busy", "wait a few seconds" }, [3517] = { "SMS is not ready yet" },
  [3518] = { "bad parameter" }, [3769] = { "not controlled from this channel" },
  [3771] = { "call set-up failed" }, [3772] = { "the SIM is switched off", "AT+CFUN=1" },
  [3773] = { "not possible in this CFUN state", "AT+CFUN=1" },
})

-- Meanings: GSM HTTP AT commands manual; a failed download may surface as one of these.
local HTTP = table_of("GSM HTTP AT commands manual", {
  [3801] = { "HTTP: timed out", RADIO }, [3802] = { "HTTP: busy" }, [3803] = { "HTTP: UART busy" },
  [3805] = { "HTTP: network busy", RADIO }, [3806] = { "HTTP: opening the network failed", APN },
  [3807] = { "HTTP: context not configured", APN }, [3808] = { "HTTP: context was deactivated", RADIO },
  [3809] = { "HTTP: network error", RADIO }, [3810] = { "HTTP: bad URL", "check the URL" },
  [3811] = { "HTTP: empty URL", "check the URL" },
  [3813] = { "HTTP: server name not resolved", "check the URL, or write the server's address" },
  [3814] = { "HTTP: no socket", AGAIN }, [3815] = { "HTTP: no connection to the server", "check the server" },
  [3818] = { "HTTP: connection closed", "check the server" },
  [3822] = { "HTTP: bad response", "check the server" },
  [3827] = { "HTTP: the response took too long", "check the server" }, [3828] = { "HTTP: no memory", AGAIN },
  [3829] = { "HTTP: redirected too often", "give the URL that the server redirects to" },
})

local function lookup(entries, number) return math.type(number) == "integer" and entries[number] or nil end

--- A <FOTA_err>, 6500 to 6509.
-- @tparam integer number
-- @treturn table|nil {meaning=, advice=, source=}; `another`: the same package would fail again
function codes.fota(number) return lookup(FOTA, number) end

--- A code after +CME ERROR, including those of the file commands.
-- @tparam integer number
-- @treturn table|nil as of `codes.fota`; advice may be nil
function codes.cme(number)
  return lookup(CME, number) or lookup(FOTA, number) or lookup(FILE, number) or lookup(HTTP, number)
end

--- Is this one of DFOTA's own codes, known or not?
-- @param number what the module sent; anything but an integer is not
-- @treturn boolean
function codes.is_fota(number)
  return math.type(number) == "integer" and number >= 6500 and number <= 6599
end

-- The file system has no space left (GSM FILE manual: each in two ranges of codes), or its memory is full.
local FULL = { [20] = true, [3916] = true, [3917] = true, [4008] = true, [4011] = true, [4017] = true }

--- Does a code mean that the module's file system has no space left?
-- @param number
-- @treturn boolean
function codes.is_full(number) return FULL[number] == true end

-- GSM FILE and AT manuals, and the published software of the RDA8955 chip, which has none of the other codes.
local PARAMETER = { [50] = true, [53] = true, [58] = true, [3518] = true, [3765] = true, [4013] = true }

--- May a code mean that a command's parameters were not accepted?
-- @param number
-- @treturn boolean
function codes.is_parameter(number) return PARAMETER[number] == true end

--- What a code means, in words.
-- @tparam integer number
-- @treturn string
function codes.meaning(number)
  local entry = codes.cme(number)
  return entry and entry.meaning or "not in the manuals of these modules"
end

--- One line for people: "6503: download failed".
-- @tparam integer|string number or the text sent with CMEE=2
-- @treturn string the line
-- @treturn string|nil advice
function codes.describe(number)
  if math.type(number) ~= "integer" then return tostring(number) end
  local entry = codes.cme(number)
  return ("%d: %s"):format(number, codes.meaning(number)), entry and entry.advice
end

return codes
