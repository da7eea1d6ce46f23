-- docs/troubleshooting.md has every text that a run can end with or warn of. Whoever writes a new one finds it here:
-- add it to the page, with what it means and what to type.
local codes = require "dfota.modem.codes"
local command = require "dfota.config.command"
local error_texts = require "support.error_texts"
local exit_codes = require "dfota.base.exit_codes"
local folder = require "support.folder"
local parser = require "dfota.config.parser"

-- Without its marks, but with its line ends: a message that is broken over two lines is not found by who searches it.
local function plain(text) return (text:gsub("[`*]", ""):gsub("[ \t]+", " ")) end

local source = folder.read "docs/troubleshooting.md"
local page = plain(source)

-- What is in these has a page of its own, or is not said to people by itself.
local ELSEWHERE = {
  ["lua/dfota/config/settings_list.lua"] = "docs/settings.md",
  ["lua/dfota/config/option_list.lua"] = "--help",
  ["lua/dfota/config/help.lua"] = "--help",
  ["lua/dfota/config/environment.lua"] = "--help",
  ["lua/dfota/config/settings_text.lua"] = "--settings",
  ["lua/dfota/base/exit_codes.lua"] = "by exit code, below",
  ["lua/dfota/modem/codes.lua"] = "by code, below",
  ["lua/dfota/update/error_kinds.lua"] = "docs/architecture.md",
  ["lua/dfota/central/outbox.lua"] = "SQL",
  ["lua/dfota/ledger/reading.lua"] = "SQL",
  ["lua/dfota/ledger/schema.lua"] = "SQL",
  ["lua/dfota/ledger/statements.lua"] = "SQL",
  ["lua/dfota/report/result_words.lua"] = "what a result looks like",
  ["lua/dfota/report/terminal.lua"] = "what a result looks like",
  ["lua/dfota/fleet/metrics.lua"] = "names of numbers",
  ["lua/dfota/fleet/view.lua"] = "what a run of many looks like",
  ["lua/dfota/fleet/table.lua"] = "what a run of many looks like",
  ["lua/dfota/fleet/page.lua"] = "what a run of many looks like",
  ["lua/dfota/history/cards.lua"] = "what a report looks like",
  ["lua/dfota/history/document.lua"] = "what a report looks like",
  ["lua/dfota/history/listing.lua"] = "what a list looks like",
  ["lua/dfota/history/page.lua"] = "what a report looks like",
  ["lua/dfota/history/style.lua"] = "CSS",
  ["lua/dfota/history/words.lua"] = "what a report looks like",
  ["lua/dfota/trace/conversation.lua"] = "what a trace looks like",
  ["lua/dfota/trace/odd.lua"] = "what a trace looks like",
  ["lua/dfota/trace/stumbles.lua"] = "what a trace looks like",
  ["lua/dfota/trace/page.lua"] = "what a trace looks like",
  ["lua/dfota/trace/rows.lua"] = "what a trace looks like",
  ["lua/dfota/trace/script.lua"] = "what a trace looks like",
  ["scripts/retries.lua"] = "a table",
  ["scripts/apns.lua"] = "a table",
  ["core/lua_args.c"] = "misuse by a program of one's own: docs/library.md",
  ["core/lua_core.c"] = "misuse",
  ["core/lua_lexer.c"] = "misuse",
  ["core/lua_port.c"] = "misuse",
  ["core/lua_pty.c"] = "misuse",
  ["core/lua_stream.c"] = "misuse",
}

-- No messages: SQL, code that is looked for or shown as an example, names, what modules say.
local NOT_SAID = {
  "^SELECT ", "^WHERE ", "^RETURNING ", "^AND NOT EXISTS ", "^pg_has_role",
  "^job:", "^package%.path", "^version https://git%-lfs", "^dfota%.ledger %(none%)$",
  "^name: not a string$", "^User%-Agent", "^help or version$", "^Options of this ", "^# the trace ends here",
  "^%^the trace ends here",
  "^upload of ",
  "^bytes, sha256$", "^who the module is$", "^the baud rate's setting$", "^sms not ready$", "^home or roaming$",
  "^check the port$", "^nothing was changed", "^fix the settings$", "^check the package's path$",
  "^fix the package, its manifest or the URL$", "^get permission to use the port$",
  "^read the code before trying again$", "^keep the module powered and run watch%.lua",
  "^compare both revisions with the package's", "^a fault in an edited script",
  "^the flash may be worn out", "^the PDP context is active", "^Settings: %-%-settings%. ", "^README%.md and docs/",
  "^man dfota%-", "^bytes of data%)$",
  "^ORDER BY", "^AND triggered", 'require%("dfota', "usr/share/dfota/scripts/%(", "^%-%- Settings of dfota",
  "^at least one step$", "^attempt to use a closed$", "^the file is closed$", "^block is outside",
  "^cannot be negative$", " AS counted ORDER BY ", " AS updates_left$", " FROM dfota_updates$", "^run it again%$$",
  "^no job of this device is active$", "^return rock_manifest$",
  "^SHOW ", "^INSERT INTO ", "^UPDATE ", "^SET ", "^ ?ON CONFLICT ", -- SQL
  "^name or service$", "^closed the connection$", "^no connection to the server$", "^vel security$", -- a server's words
  "^%^luasql: ", "^no free connection$", "^is starting$", "^does not answer$", "^the process that asks it",
  "^not enough memory$", "^the file of this upload is closed$", "^more bytes than in the chunk$",
  "^SET [%l_]+ =", "^UPDATE dfota", "^EXCEPTION WHEN ", "^typeof", "^dfota: others hold it$", "^name or service$",
  "^no connection to the server$", "^%^option ", "^unknown field$", "^AS m%) AS counted", "^%- updates_seen ELSE",
  "^MIN%(started%)", "^bytes, checksum$", "^bytes in the module and$", "^an unknown size$", "^already there$",
  "^new or completed;$", "^would delete$", "^nothing was deleted$",
  "^Its name in the module", "^recorded in this ledger$", "^Public key whose ", "^made from a trace$",
  "^with the outcome$", "^a number of seconds$", "^the PDP context's state$", "^digits, as the SIM's EF_AD says$",
  "^the module's own APN$", "^/scripts/launch%.lua", "^make install PREFIX=", "^bytes, from$",
  "^stop it with Ctrl%-C$",
  "^see its message above$", "^[%l_]+ [%l_ ]*[%l_]+_[%l_]+$", "^%l+ %l+_%l+$", "^delay delay_at$",
  "^sms_ready ", "^power_cut under",
  "^drip drip_always$", "^rdy,cfun,", "^baud or none$", "^hex or none$", "^has no effect with lost=$",
  "^could not be written$", "^exec lua5%.4 ", "^%.new %(diff$", "^FROM dfota%.progress$", "^man dfota%.$",
  "^seen later,$",
  "^the simulated module did not start: see",
}

-- What libraries say, passed on as it is. Each is provoked here, so that the page has what this version of them says.
local PROVOKED = {
  { "a script without an end", function() return select(2, load "if x then") end },
  { "a script with something left over", function() return select(2, load "x = 1 end") end },
  { "a script with a stray bracket", function() return select(2, load "x = )") end },
  { "a script with an open quote", function() return select(2, load "x = 'a") end },
  { "a script with an open block", function() return select(2, load "if x then\n y = 1\n") end },
  { "a script with half a statement", function() return select(2, load "x 1") end },
  { "a script with a number that is none", function() return select(2, load "x = 1z") end },
  { "a script without a name", function() return select(2, load "local 1") end },
  { "a field of nothing", function() return select(2, pcall(load "local x; return x.y")) end },
  { "a call of nothing", function() return select(2, pcall(load "local x; x()")) end },
  { "a comparison with nothing", function() return select(2, pcall(load "return 1 < nil")) end },
  { "a sum with nothing", function() return select(2, pcall(load "local x; return x + 1")) end },
  { "a text with nothing", function() return select(2, pcall(load "local x; return x .. 'a'")) end },
}

-- What argparse says of a call that is wrong; what it quotes is left out.
local CALLS = {
  ["an option that there is not"] = { "list", "--frob" }, ["an option without its value"] = { "list", "--limit" },
  ["a flag with a value"] = { "list", "--json=5" }, ["a value that there is not"] = { "list", "--how", "so" },
  ["an argument too many"] = { "list", "a", "b" }, ["an argument too few"] = { "list" },
  ["a command that there is not"] = { "lis" }, ["no command"] = {}, ["too few values"] = { "list", "--pair", "a" },
}

local function refusal_of(args)
  local ok, why = parser.new(command.of {
    name = "mine", program = true,
    options = { { "--limit", "How many.", argname = "N" }, { "--json", "JSON.", flag = true },
      { "--how", "How.", choices = { "slow", "fast" } }, { "--pair", "Two.", args = 2 } },
    commands = { { "list", "Lists them.", arguments = { { "DIR", "Where." } } } },
  }, { help = error, version = error }):pparse(args)
  assert(not ok)
  return why
end

-- Those that cannot be provoked cheaply: of SQLite, PostgreSQL's library, and modules.
local BY_HAND = {
  "file is not a database", "database disk image is malformed", "database or disk is full", "disk I/O error",
  "unable to open database file", "attempt to write a readonly database", "database is locked", "unknown host",
  "could not translate host name", "nothing listens there", "COMMAND NO RESPONSE!", "read-only",
  "requires … arguments", "exists already", "names a directory", "the simulated module did not start",
}

local function is_said(text)
  for _, pattern in ipairs(NOT_SAID) do
    if text:find(pattern) then return false end
  end
  return true
end

local function files()
  local find = "find lua/dfota core scripts -name '*.lua' -o -name '*.c' | grep -v /sim/ | sort"
  local pipe <close> = assert(io.popen(find))
  local list = { "contrib/install.sh" }
  for _, name in ipairs { "child", "cli", "ineffective", "options" } do -- what is said with --sim, too
    list[#list + 1] = ("lua/dfota/sim/%s.lua"):format(name)
  end
  for path in pipe:lines() do
    if not ELSEWHERE[path] then list[#list + 1] = path end
  end
  return list
end

local function missing_from(text)
  local missing = {}
  for _, path in ipairs(files()) do
    for _, part in ipairs(error_texts.of(path)) do
      if is_said(part) and not text:find(plain(part), 1, true) then missing[#missing + 1] = path .. ": " .. part end
    end
  end
  return missing
end

describe("docs/troubleshooting.md", function()
  it("has the text of every message in the sources", function()
    assert.equal("", table.concat(missing_from(page), "\n"))
  end)

  for _, row in ipairs(PROVOKED) do
    it("has what Lua says of " .. row[1], function()
      local said = row[2]():gsub("^[^:]*:%d+: ", "") -- up to what is quoted
      said = said:gsub(" near .*", " near"):gsub(" at line.*", ""):gsub("%(local .*", "(")
      assert.is_truthy(page:find(said, 1, true), said)
    end)
  end

  for what, args in pairs(CALLS) do
    it("has what is said of a call with " .. what, function()
      for part in refusal_of(args):gsub("'[^']*'", "\0"):gsub("%d+", "\0"):gmatch "%Z+" do
        part = part:match "^[%s;,?]*(.-)[%s;,?]*$"
        assert.is_truthy(page:find(part, 1, true), part)
      end
    end)
  end

  it("has what other libraries and the module itself say", function()
    for _, text in ipairs(BY_HAND) do assert.is_truthy(page:find(text, 1, true), text) end
  end)

  it("is compared with messages, not with nothing", function() assert.is_true(#missing_from "" > 300) end)

  it("has a section for each 65xx code, titled as the tool shows it", function()
    for number = 6500, 6599 do
      local title = codes.fota(number) and "\n### " .. codes.describe(number) .. "\n"
      assert.is_truthy(not title or source:find(title, 1, true), title)
    end
  end)

  it("has a row for each exit code, and what to type", function()
    for _, code in ipairs(exit_codes.list) do
      local row = source:match(("\n| %d |([^\n]*)|\n"):format(code.code))
      assert.is_truthy(row, ("no row for %s"):format(code.code))
      assert.is_truthy(row:find "^[^|]*%S[^|]*|[^|]*%S[^|]*|[^|]*%S[^|]*$", row)
    end
  end)
end)

describe("A text in a source", function()
  local home, remove
  before_each(function() home, remove = folder.new() end)
  after_each(function() remove() end)
  local function of(name, content) return error_texts.of(folder.write(home .. "/" .. name, content)) end

  it("is a string of three words or more, without the places of its values", function()
    assert.same({ "the module has no room for", "it's said like this" }, of("x.lua",
      [[fail("%s: the module has no room for %d bytes") call 'two words' -- "this is no text"
        x = 'it\'s said like this' --[=[ "nor is that one" ]=] ]]))
  end)

  it("has two words where an error is made of it, and there is no other part", function()
    assert.same({ "is refused", "exists already", "unknown key", "printable text" }, of("x.lua",
      [[raise(("%s:%s is refused: %s"):format(a, b)) return nil, "exists already" local x = "no message"
        refuse(path, ("unknown key %s"):format(key)) RULES = { is_name, "printable text" }]]))
  end)

  it("has each part that a reader would look for, not only the longest", function()
    assert.same({ "only the latest", "are shown: -l N shows more" },
      of("x.lua", [[hint(("only the latest %d are shown: -l N shows more"):format(most))]]))
  end)

  it("is also what stands in the place of a value in another", function()
    assert.same({ "an Ed25519 key", "the reboot" }, of("x.lua", [[N = { "an Ed25519 key", "the reboot", "rsa key" }]]))
  end)

  it("is found in a shell script as well, in awk's programs too", function()
    assert.same({ "install: nothing was found in", "was edited and stays" }, of("x.sh",
      "# \"this is no text\"\necho \"install: nothing was found in $here\" # it's \"not this one\"\n"
      .. "awk '\n { print $2 \" was edited and stays\" }' \"$work/old\"\n"))
  end)

  it("is found in C as well", function()
    assert.same({ "cannot be opened by this user" },
      of("x.c", [[set(f, "%.200s: cannot be opened by this user", name); /* "not this one here" */]]))
  end)

  it("is none of the options of a script", function()
    assert.same({}, of("x.lua", '\nreturn dofile(x)(flow, arg, { about = "What this one does." })\n'))
  end)
end)
