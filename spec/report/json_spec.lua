local core = require "dfota.core"
local json = require "dkjson"
local report_json = require "dfota.report.json"

-- The contract: every key of an event in this order; those in brackets only if known.
local EVENTS = {
  identity = { "model", "revision", "imei" },
  gate = { "name", "ok", "value", "limit" },
  phase = { "name" },
  progress = { "phase", "percent", "bytes", "total", "rate_bps", "eta_s", sparse = true },
  urc = { "text", "repeated", sparse = true },
  note = { "level", "text" },
  result = { "ok", "rc", "outcome", "changed", "before", "after", "code", "message", "advice", "retry", "duration_s",
    "recorded" },
}

describe("An event for programs", function()
  local lines, sink

  before_each(function()
    lines = {}
    sink = report_json.new(function(line) lines[#lines + 1] = line end, "P")
  end)

  local function told(name, fields, t)
    sink:event(name, fields, t or 0)
    local line = lines[#lines]
    return assert(json.decode(line, 1, json.null)), line
  end

  -- The names of a line's keys in their order.
  local function keys(line)
    local names = {}
    for name in line:gmatch '"([%w_]+)":' do names[#names + 1] = name end
    return names
  end

  it("has the keys of facts behind its own, in the order in which they are named", function()
    local _, line = told("facts", { names = { "zeta", "alpha", "imei" }, zeta = 1, imei = "1" })
    assert.same({ "v", "t", "port", "event", "zeta", "alpha", "imei" }, keys(line))
    _, line = told("facts", { zeta = 1, alpha = 2 })
    assert.same({ "v", "t", "port", "event", "alpha", "zeta" }, keys(line))
  end)

  for name, own in pairs(EVENTS) do
    it(("is one line with the contract's keys in order, null if unknown: %s"):format(name), function()
      local event, line = told(name, {})
      local wanted = { "v", "t", "port", "event" }
      if not own.sparse then table.move(own, 1, #own, 5, wanted) end
      assert.same(wanted, keys(line))
      for i = 5, #wanted do assert.equal(json.null, event[wanted[i]]) end
      assert.same({ 1, 0, "P", name }, { event.v, event.t, event.port, event.event })
      assert.is_truthy(line:find "^[^\n]*\n$")
    end)

    it("has all of them if everything is known, and no others: " .. name, function()
      local fields = { unit = "mV", age_s = 3, surprise = 1, v = 9 }
      for i, key in ipairs(own) do fields[key] = i end
      local event, line = told(name, fields)
      local wanted = { "v", "t", "port", "event" }
      table.move(own, 1, #own, 5, wanted)
      assert.same(wanted, keys(line))
      for i, key in ipairs(own) do assert.equal(i, event[key]) end
      assert.equal(1, event.v)
    end)
  end

  it("that is not in the contract raises", function()
    assert.error_matches(function() sink:event("surprise", {}, 0) end, "no event named surprise")
    assert.error_matches(function() sink:event(nil, {}, 0) end, "no event named nil")
    assert.same({}, lines)
  end)

  it("has times in milliseconds, and whole numbers as such", function()
    for t, shown in pairs { [0] = "0", [1.23456] = "1.235", [1.0004] = "1", [2.9996] = "3", [86400.5] = "86400.5" } do
      local _, line = told("phase", { name = "x" }, t)
      assert.is_truthy(line:find(('"t":%s,'):format(shown), 1, true), line)
    end
  end)

  it("has null as port until it is known", function()
    sink = report_json.new(function(line) lines[#lines + 1] = line end)
    assert.equal(json.null, told("phase", { name = "x" }).port)
    sink:set_port "/dev/ttyS0"
    assert.equal("/dev/ttyS0", told("phase", { name = "x" }).port)
  end)

  describe("has a value", function()
    for name, case in pairs {
      ["false as false, not as nothing"] = { false, "false" }, ["true"] = { true, "true" },
      ["nil as null"] = { nil, "null" },
      ["60.0 as 60"] = { 60.0, "60" }, ["half of one"] = { 0.5, "0.5" }, ["zero"] = { 0, "0" },
      ["a large number in full"] = { 156104, "156104" }, ["no number as null"] = { 0 / 0, "null" },
      ["infinity as null"] = { 1 / 0, "null" }, ["less than any as null"] = { -1 / 0, "null" },
      ["an empty text"] = { "", '""' }, ["a quote and a backslash"] = { '"\\', '"\\"\\\\"' },
      ["an error as its message"] = { core.error("timeout", "no answer"), '"no answer"' },
      ["a list as a list"] = { { 1, 2.0 }, "[1,2]" }, ["an empty list as a list"] = { {}, "[]" },
      ["a table by names"] = { { a = 0 / 0 }, '{"a":null}' },
      ["a list of those"] = { { { name = "a" } }, '[{"name":"a"}]' },
    } do
      it(name, function()
        local _, line = told("gate", { name = "g", value = case[1] })
        assert.is_truthy(line:find('"value":' .. case[2] .. ',"limit"', 1, true), line)
      end)
    end
  end)

  it("is valid UTF-8 in one line, whatever bytes were received, also in names and lists", function()
    local noise = {}
    for byte = 0, 255 do noise[#noise + 1] = string.char(byte) end
    for _, bytes in ipairs { table.concat(noise), "\xC3", "\xED\xA0\x80", "\xF8\x88", "\u{2028}", "\n\r\"\\" } do
      for _, fields in ipairs { { text = bytes }, { level = bytes }, { text = { bytes } } } do
        local _, line = told("note", fields)
        assert.is_truthy(utf8.len(line))
        assert.equal(#line, (line:find "\n"))
      end
    end
    assert.equal("\u{FFFD}", told("urc", { text = "\xC3" }).text)
    assert.equal("\n\r\"\\", told("urc", { text = "\n\r\"\\" }).text)
  end)

  it("has no character that would hide or reverse a log of it, and keeps its meaning", function()
    for _, code in ipairs { 0xAD, 0x200B, 0x202E, 0x2066, 0xFEFF, 0xE0041 } do
      local said = "a" .. utf8.char(code) .. "b"
      local event, line = told("urc", { text = said })
      assert.is_nil(line:find(utf8.char(code), 1, true))
      assert.equal(said, event.text)
    end
  end)

  describe("of facts", function()
    it("has the caller's names, in that order, null if unknown", function()
      local event, line = told("facts", { names = { "supply_mv", "csq", "dfota" }, supply_mv = 3900, dfota = false })
      assert.same({ "v", "t", "port", "event", "supply_mv", "csq", "dfota" }, keys(line))
      assert.same({ 3900, json.null, false }, { event.supply_mv, event.csq, event.dfota })
    end)

    it("has only what is named, or all of it in alphabetical order", function()
      assert.is_nil(told("facts", { names = { "a" }, a = 1, b = 2 }).b)
      local _, line = told("facts", { z = 1, a = 2, m = 3 })
      assert.same({ "v", "t", "port", "event", "a", "m", "z" }, keys(line))
    end)
  end)

  it("of a list is its facts and the result; the lines are for people", function()
    sink:list({ "boot_s 60 s" }, { boot_s = 60 }, { ok = true, rc = 0 }, 2)
    assert.equal(2, #lines)
    local facts, result = json.decode(lines[1]), json.decode(lines[2])
    assert.same({ "facts", 60, 2, "result", 0, 2 },
      { facts.event, facts.boot_s, facts.t, result.event, result.rc, result.t })
  end)

  it("has each key once", function()
    sink:event("hop", { number = 1, of = 2, from = "A", to = "B", package = "A2B.pack" }, 1)
    assert.equal(1, select(2, lines[1]:gsub('"package"', "")))
  end)

  it("is not produced by a tick: programs have the times of the events", function()
    sink:tick(5, "waiting")
    sink:status "searching"
    assert.same({}, lines)
  end)
end)
