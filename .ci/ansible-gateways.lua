-- The inventory of .ci/ansible: lua5.4 .ci/ansible-gateways.lua FOLDER FLEET GATEWAY…
local json = require "dkjson"

local folder, fleet = arg[1], arg[2]
local hosts = {}
for i = 3, #arg do
  local modules = {}
  for number = 1, 3 do
    modules[number] = {
      port = ("%s/%s/ports/m%d"):format(folder, arg[i], number), name = ("%s-%d"):format(arg[i], number),
      imei = ("8612345678%05d"):format(tonumber(arg[i], 10) * 3 + number),
    }
  end
  local state = ("%s/%s/state"):format(folder, arg[i])
  hosts[arg[i]] = { dfota_modules = modules, dfota_environment = { XDG_STATE_HOME = state } }
end

-- In this order, or a gateway whose module fails might be a batch of its own, which ends the playbook.
local inventory = {
  dfota_gateways = {
    hosts = hosts,
    children = { dfota_canary = { hosts = { [arg[3]] = {} } } },
    vars = {
      ansible_connection = "local", dfota_command = { "lua5.4", fleet }, dfota_package = folder .. "/A2B.pack",
      dfota_to = "MC65FAR01A02", dfota_settings = { recover_s = 120, update_silence_s = 20 },
    },
  },
}
print(json.encode(inventory, { keyorder = table.move(arg, 3, #arg, 1, {}) }))
