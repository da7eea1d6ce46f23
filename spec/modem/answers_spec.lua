-- Every command of the modem, answered with what does not fit: another command's answer, half a line, no line,
-- text instead of numbers. In any case a method returns a value of its kind, or nil and a field error.
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local Random = require "dfota.sim.random"
local ScriptedPort = require "support.scripted_port"
local Transport = require "dfota.config.transport"
local core = require "dfota.core"
local settings = require "dfota.config.settings"
local virtual = require "support.virtual"

local FINALS = {
  "OK", "OK", "OK", "OK", "ERROR", "+CME ERROR: 3", "+CME ERROR: 14", "+CME ERROR:50", "+CME ERROR: SIM busy",
  "+CME ERROR:", "+CMS ERROR: 500", "CONNECT", "CONNECT 12", "DEACT OK", "NO CARRIER", "BUSY", "COMMAND NO RESPONSE!",
  "10.0.0.1", "STATE: IP INITIAL", "STATE:",
}

-- What follows a prefix, or is sent alone.
local VALUES = {
  "", " ", "1", "0,1", " 1, 2", "-1", "99,99", "1,2,3", ",", ",,,", "abc", '"abc"', '"a","b"', '"fota.pack",12',
  '"fota.pack"', '"fota.pack",x', '"fota.pack",-1', '12,"x"', "999999999999999999999", "0x12", "1%", "READY", "SIM PIN",
  "\255\254", '"', "\0", "861234567890127", "12345", "0.0.0.0", "IP INITIAL", "Quectel_MC65", "Revision: X",
  "Revision:", "Quectel_Ltd", "MC65",
}

local function reply(random, command)
  local prefix = command:match("^AT(%+%u+)")
  local lines = {}
  for _ = 1, random:integer(0, 3) do
    local value = VALUES[random:integer(1, #VALUES)]
    local before = random:integer(1, 4)
    lines[#lines + 1] = before <= 2 and prefix and prefix .. ":" .. value or before == 3 and "+CREG: " .. value or value
  end
  lines[#lines + 1] = FINALS[random:integer(1, #FINALS)]
  return lines
end

local function is(kind)
  return function(value) return math.type(value) == kind or type(value) == kind end
end

local integer, text, yes_or_no, tables = is "integer", is "string", is "boolean", is "table"
local function sizes(files)
  for _, size in pairs(files) do
    if not integer(size) then return false end
  end
  return true
end
local FILE, URL = { transport = Transport.file() }, { transport = Transport.url "http://example.com/a" }

-- Method, its arguments, what it may return, and whether nil alone is a valid answer (not reported).
local METHODS = {
  { "identity", {}, function(who) return text(who.revision) and (who.imei == nil or #who.imei == 15) end },
  { "model", {}, text, true }, { "imei", {}, text, true }, { "revision", {}, text },
  { "supply_mv", {}, integer, true }, { "signal", {}, integer, true }, { "wait_signal", { 1 }, integer, true },
  { "sim_state", {}, text }, { "wait_sim", { 1 }, text }, { "imsi", {}, text }, { "registration", {}, integer },
  { "wait_registered", { 1 }, text }, { "ipr", {}, integer }, { "knows_dfota", {}, yes_or_no },
  { "pdp.state", {}, text }, { "pdp.address", {}, text }, { "pdp.deactivate", {}, yes_or_no },
  { "pdp.activate", {}, text }, { "pdp.activate", { { apn = "a" } }, text },
  { "session.prepare", {}, yes_or_no }, { "session.restore", {}, yes_or_no },
  { "files.free", {}, integer }, { "files.list", {}, sizes }, { "files.room", { "fota.pack" }, integer },
  { "files.delete", { "fota.pack" }, yes_or_no }, { "trigger", { FILE }, tables }, { "trigger", { URL }, tables },
}

describe("Whatever a module answers,", function()
  for index, method in ipairs(METHODS) do
    local name, args, fits, may_be_nil = table.unpack(method)
    it(("%s (%d) returns what it promises, or an error"):format(name, index), function()
      for seed = 1, 300 do
        local random = Random.new(seed * 100 + index)
        local port = ScriptedPort.new(function(self, command) self:say_lines(0, reply(random, command)) end)
        local set = assert(settings.load())
        set.rtscts, set.query_s, set.qiact_s, set.qideact_s = seed % 2 == 0 and "on" or "off", 0.2, 0.2, 0.2
        local modem = Modem.new(Channel.new(port), set)
        modem.session.undo = { "AT+CMEE=0" }
        local part, method_name = name:match "^(%a+)%.(.*)$"
        local object = part and modem[part] or modem
        local ok, value, err = pcall(object[method_name or name], object, table.unpack(args))
        local about = ("seed %d: %s, %s"):format(seed, tostring(value), tostring(err))
        assert.is_true(ok, about)
        if value ~= nil then
          assert.is_truthy(fits(value), about)
        else
          assert.is_true(core.is_error(err) or may_be_nil and err == nil, about)
        end
      end
    end)
  end
end)

describe("Whatever command a method has sent,", function()
  -- Calls a method on a working module whose port fails in this way from the n-th command on.
  local function call(method, n, fail, spec)
    local modem, m, port = virtual.modem(spec, { rtscts = "on", query_s = 0.5, qiact_s = 2, qideact_s = 2 })
    modem.channel:learn { echo = false } -- as it was found
    m.files["fota.pack"] = "x"
    local name, args = method[1], method[2]
    if name == "pdp.deactivate" then assert(modem.pdp:activate()) end
    if name == "session.restore" then assert(modem.session:prepare()) end
    local write, sent = port.write, 0
    function port.write(self, bytes, ...)
      sent = sent + 1
      if sent >= n then return fail(self, bytes) end
      return write(self, bytes, ...)
    end
    local part, method_name = name:match "^(%a+)%.(.*)$"
    local object = part and modem[part] or modem
    local value, err = object[method_name or name](object, table.unpack(args))
    return value, err, sent, port
  end

  local SPEC = { echo = false, cmee = "2", http_to = "B" }

  for index, method in ipairs(METHODS) do
    local name = method[1]
    if name ~= "trigger" then
      it(("%s (%d) ends there with the port's error: it is lost, or a signal arrived"):format(name, index), function()
        for _, kind in ipairs { "hangup", "interrupted" } do
          local n, reached = 0
          repeat
            n = n + 1
            local value, err, sent = call(method, n, function() return nil, core.error(kind, "no") end, SPEC)
            reached = sent >= n
            if reached then
              assert.is_nil(value, ("command %d: %s"):format(n, kind))
              assert.same({ kind, n }, { err.kind, sent })
            end
          until not reached
          assert.is_true(n > 1)
        end
      end)

      it(("%s (%d) ends soon if nothing is answered any more"):format(name, index), function()
        local n, reached = 0
        repeat
          n = n + 1
          local _, _, sent, port = call(method, n, function() return true end, SPEC)
          reached = sent >= n
          assert.is_true(port:now() < 30, port:now())
        until not reached
      end)
    end
  end
end)
