--- Sending SMS in text mode. What was sent is in `m.messages`: {number=, text=}.
-- Source: 3GPP TS 27.005 (CMGF, CMGS, CMS errors 304, 310, 331). How long the network takes is invented.
local Transmitter = require "dfota.sim.transmitter"
local pdp_state = require "dfota.sim.pdp_state"

local SUB, ESC = "\26", "\27"
local NO_PDU, NO_SIM, NO_NETWORK = 304, 310, 331

local Text = {}
Text.__index = Text

local function refuse(code) return "final", "+CMS ERROR: " .. code end

local function done(self, kind, value)
  self.m.data = nil
  self.busy.done(self.m, kind, value)
end

local function keep(self)
  local m = self.m
  m.messages[#m.messages + 1] = { number = self.number, text = self.typed }
  Transmitter.line(m, "+CMGS: " .. #m.messages)
  done(self)
end

--- Takes bytes of the text; returns those after its end.
-- @string bytes
-- @treturn string
function Text:feed(bytes)
  local m = self.m
  local piece, stop, rest = bytes:match("^([^" .. SUB .. ESC .. "]*)([" .. SUB .. ESC .. "]?)(.*)$")
  if self.ended then return "" end
  self.typed = self.typed .. piece
  if m.session.echo then Transmitter.send(m, piece) end
  if stop == "" then return "" end
  self.ended = true
  if stop == ESC then
    done(self)
    return rest
  end
  m:after(m.spec.sms_s, function() keep(self) end)
  return ""
end

local function send(m, args)
  if m.sim ~= "ready" then return refuse(NO_SIM) end
  if m.session.cmgf ~= 1 then return refuse(NO_PDU) end
  local stat = pdp_state.registration(m, "creg")
  if stat ~= 1 and stat ~= 5 then return refuse(NO_NETWORK) end
  m.data = setmetatable({ m = m, busy = m.busy, number = args[1], typed = "" }, Text)
  Transmitter.send(m, "\r\n> ")
  m:resume_input()
  return "wait"
end

return {
  ["+CMGF"] = {
    test = function(m) Transmitter.line(m, "+CMGF: (0,1)") end,
    read = function(m) Transmitter.line(m, "+CMGF: " .. (m.session.cmgf or 0)) end,
    write = function(m, args)
      local mode = math.tointeger(tonumber(args[1]))
      if mode ~= 0 and mode ~= 1 then return "parameter" end
      m.session.cmgf = mode
    end,
  },
  ["+CMGS"] = { test = function() end, write = send },
}
