--- QEMU's monitor (QMP), available to the guest on its third serial port: it plugs its own adapter.
local core = require "dfota.core"
local json = require "dkjson"

local Monitor = {}
Monitor.__index = Monitor

local PATIENCE_S, LOOK_S = 60, 0.1

-- The next complete line of JSON. Output from before the port was opened may be truncated.
local function next_message(self)
  local deadline = core.now() + PATIENCE_S
  while core.now() < deadline do
    local line, rest = self.unread:match "^([^\n]*)\n(.*)$"
    if line then
      self.unread = rest
      local message = json.decode(line)
      if message then return message end
    else
      self.unread = self.unread .. (self.port:read(LOOK_S) or "")
    end
  end
  error("QEMU's monitor does not answer")
end

--- Sends a command and waits for its answer. @return its result, or nil and the reason
function Monitor:ask(command, arguments)
  self.id = self.id + 1
  local line = json.encode { execute = command, arguments = arguments, id = self.id }
  assert(self.port:write(line .. "\n", PATIENCE_S))
  local answer
  repeat answer = next_message(self) until answer.id == self.id
  return answer["return"], answer.error and answer.error.desc
end

--- Waits until a condition holds, and fails if it never does.
function Monitor.wait_for(what, holds)
  local deadline = core.now() + PATIENCE_S
  while not holds() do
    if core.now() > deadline then error("waited too long for " .. what, 2) end
    require("luv").sleep(20)
  end
end

-- An unplugged device may briefly remain in use.
local function insist(self, command, arguments)
  local why
  Monitor.wait_for(command, function()
    local done
    done, why = self:ask(command, arguments)
    return done or not why:find("use", 1, true)
  end)
  assert(not why, why)
end

function Monitor:unplug() insist(self, "device_del", { id = "adapter" }) end

function Monitor:plug()
  insist(self, "device_add", {
    driver = "usb-serial", id = "adapter", chardev = "usb", bus = "xhci.0", port = "1", serial = "FT0001",
  })
end

function Monitor.open(name)
  local self = setmetatable({ port = assert(core.open(name)), unread = "", id = 0 }, Monitor)
  assert(self.port:write("\n", PATIENCE_S))
  assert(self:ask("qmp_capabilities"))
  return self
end

function Monitor:close() self.port:close() end

return Monitor
