--- The forms of AT+QFUPL: with acknowledgements, without them, or as in the application note's own example, with the
-- size only (GSM FILE manual: `"name"[,<size>[,<timeout>[,<ackmode>]]]`; note, chapter 4.2).
--
-- Pure: given how an upload failed, it chooses the form of the next one. A form is abandoned if the module does not
-- accept its parameters or never acknowledges.
-- @module dfota.modem.upload_forms
local codes = require "dfota.modem.codes"

local Forms = {}
Forms.__index = Forms

local ACK = { ack = true, words = "with acknowledgements", tail = ",%d,%d,1" }
local PLAIN = { ack = false, words = "without acknowledgements", tail = ",%d,%d,0" }
local BARE = { ack = false, words = "with the size only", tail = ",%d" }

--- @tparam boolean ack whether acknowledgements are wanted at first
-- @tparam boolean fixed whether the first form is the only one (setting ack_mode=on)
-- @treturn Forms
function Forms.new(ack, fixed)
  local all = ack and { ACK, PLAIN, BARE } or { PLAIN, BARE }
  return setmetatable({ all = all, at = 1, last = fixed and 1 or #all, given_up = {} }, Forms)
end

--- Does this form request acknowledgements?
-- @treturn boolean
function Forms:ack() return self.all[self.at].ack end

--- The command.
-- @tparam string name of the file in the module
-- @tparam integer size bytes
-- @tparam integer timeout_s silence after which the module ends the upload
-- @treturn string
function Forms:command(name, size, timeout_s)
  return ('AT+QFUPL="%s"'):format(name) .. self.all[self.at].tail:format(size, timeout_s)
end

--- Why an upload's failure may be due to its form.
-- @tparam dfota.error err
-- @tparam boolean refused whether it came instead of CONNECT
-- @treturn string|nil "parameters", "no_ack" or "stalled"; nil if another form would fail as well
function Forms.reason(err, refused)
  if err.kind == "no_ack" or err.kind == "stalled" then return err.kind end
  local no = err.kind == "refused" or err.kind == "cme" and (err.code == nil or codes.is_parameter(err.code))
  return refused and no and "parameters" or nil
end

-- One stall may be the line's fault; without acknowledgements it counts if they were abandoned before.
local function blames_form(self, reason)
  if reason == "stalled" then return not self:ack() and self.at > 1 end
  return reason == "parameters" or self:ack() or self.at > 1
end

--- Abandon the current form, if the reason warrants it and there is another.
-- @tparam ?string reason see `reason`
function Forms:advance(reason)
  if not reason or not blames_form(self, reason) then return end
  self.given_up[self.all[self.at].words] = true
  self.at = math.min(self.at + 1, self.last)
end

--- The forms that failed, for the message.
-- @treturn string|nil nil if no form was abandoned
function Forms:tried()
  local words = {}
  for _, form in ipairs(self.all) do
    if self.given_up[form.words] then words[#words + 1] = form.words end
  end
  if #words == 0 then return nil end
  return table.concat(words, ", ")
end

return Forms
