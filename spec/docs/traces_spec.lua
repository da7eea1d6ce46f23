-- docs/traces.md against the code that it describes.
local document = require "support.document"
local folder = require "support.folder"
local redact = require "dfota.at.redact"

local TEXT = document.read "docs/traces.md"

-- A script that a program loads gives its flow and what it takes.
local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })

local function takes(name)
  local _, table_of = assert(loadfile("scripts/" .. name .. ".lua", "t", without_arg))()
  return table_of
end

describe("docs/traces.md", function()
  for _, name in ipairs { "trace", "replay" } do
    it("names every option of " .. name .. ".lua", function()
      for _, option in ipairs(takes(name).options) do
        local word = option[1]:match "%-%-[%l-]+"
        assert.is_truthy(TEXT:find(word, 1, true), word)
      end
    end)
  end

  it("names the exit codes of both", function()
    for _, name in ipairs { "trace", "replay" } do
      for _, code in ipairs(takes(name).exit_codes) do
        local number = type(code) == "table" and code[1] or code
        assert.is_truthy(number == 74 or TEXT:find("%f[%d]" .. number .. "%f[%D]"), number)
      end
    end
  end)

  it("names everything that can be odd", function()
    local row = TEXT:match "| `odd` | (.-)\n"
    local words = {}
    for word in folder.read("lua/dfota/trace/odd.lua"):gmatch 'finding%(list, .-, "(%l+)"' do words[word] = true end
    local count = 0
    for word in pairs(words) do
      count = count + 1
      assert.is_truthy(row:find("`" .. word .. "`", 1, true), word)
    end
    assert.is_true(count >= 16)
  end)

  it("names every kind of item", function()
    local kinds = { "run", "command", "unsolicited", "data", "sent", "noise", "rate", "note", "times", "odd" }
    for _, kind in ipairs(kinds) do
      assert.is_truthy(TEXT:find("\n| [^|]*`" .. kind .. "`"), kind)
    end
  end)

  -- What of a command holds a secret: some of its parameters, its reply, or a bare number after it.
  local SENT = {
    "QICSGP", "QIREGAPP", "CPIN", "CPIN2", "CPWD", "CLCK", "CMGS", "CMGW", "CUSD", "CPBW", "CSCA", "CSIM",
  }
  local RECEIVED = {
    "QICSGP", "QIREGAPP", "CIMI", "CCID", "QCCID", "CNUM", "CRSM", "CSIM", "CLIP", "COLP", "CCWA", "CLCC", "CPBR",
    "CPBF", "CSCA", "CMT", "CDS", "CMGR", "CMGL", "CUSD",
  }
  local BARE = { "CIMI", "CCID", "QCCID" }

  local function told(mask, direction, bytes) return mask(direction, bytes):find("12345", 1, true) ~= nil end

  it("names exactly what is masked", function()
    local named, known = {}, { ATD = true }
    for names in document.section(TEXT, "### What is not in it"):gmatch "%(([`%u%d, \n]+)" do
      for name in names:gmatch "`(%u[%u%d]*)`" do named[name] = true end
    end
    for _, list in ipairs { SENT, RECEIVED } do
      for _, name in ipairs(list) do known[name] = true end
    end
    assert.same(known, named)
  end)

  it("is right about commands and their echoes", function()
    for _, name in ipairs(SENT) do
      local command = ('AT+%s="x","x","4917012345"\r'):format(name)
      if name ~= "QICSGP" and name ~= "CLCK" then command = command:gsub('"x","x"', '1,"12345"') end
      local mask = redact.new()
      assert.is_false(told(mask, "tx", command), name)
      assert.is_false(told(mask, "rx", command .. "\r\nOK\r\n"), name)
    end
    local mask = redact.new()
    assert.is_false(told(mask, "tx", "ATD4917012345;\r") or told(mask, "rx", "ATD4917012345;\r"))
  end)

  it("is right about replies, with a prefix and bare", function()
    for _, name in ipairs(RECEIVED) do
      assert.is_false(told(redact.new(), "rx", ("\r\n+%s: 4917012345\r\n"):format(name)), name)
    end
    for _, name in ipairs(BARE) do
      local mask = redact.new()
      mask("tx", "AT+" .. name .. "\r")
      assert.is_false(told(mask, "rx", "\r\n4917012345\r\n"), name)
    end
  end)

  it("is right that an IMEI and the place of a message are shown", function()
    local mask = redact.new()
    mask("tx", "AT+GSN\r")
    assert.is_true(told(mask, "rx", "AT+GSN\r\r\n861234567812345\r\nOK\r\n"))
    assert.equal('+CMTI: "SM",3\r\n', mask("rx", '+CMTI: "SM",3\r\n'))
  end)
end)
