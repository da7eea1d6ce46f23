--- The file commands: UFS survives a power cut, RAM does not.
-- Source: GSM FILE AT Commands Manual V1.5; what it does not specify is a switch.
local ReadBack = require "dfota.sim.read_back"
local Transmitter = require "dfota.sim.transmitter"
local Upload = require "dfota.sim.upload"
local checksum = require "dfota.sim.checksum"

local function storage_of(m, name)
  local ram = name:match("^RAM:(.*)$")
  if ram then return m.ram, ram, m.spec.ram_size end
  return m.files, name, m.spec.ufs_size - m.spec.ufs_used
end

local function used(store)
  local total, count = 0, 0
  for _, content in pairs(store) do
    total, count = total + #content, count + 1
  end
  return total, count
end

local function bad_name(m, name)
  return name == "" or #name > m.spec.name_limit or name:find('[%c\\/:*?"<>|]')
end

local function sum_text(m, bytes)
  local digits = ("%04X"):format(checksum(bytes))
  if m.spec.sum_case == "lower" then digits = digits:lower() end
  if not m.spec.sum_pad then digits = digits:gsub("^0+(.)", "%1") end
  return digits
end

local EXISTING = { ["3921"] = 3921, ["4012"] = 4012 }

-- Why an upload is refused before it begins.
local function objection(m, args, store, name, room)
  if args.n > m.spec.upload_params then return tonumber(m.spec.params_code) end
  if args.n > 4 or not args.quoted[1] then return 3765 end
  if bad_name(m, name) then return 3920 end
  local size = tonumber(args[2] or "10240")
  local timeout, ack = tonumber(args[3] or "5"), tonumber(args[4] or "0")
  if not math.tointeger(size) or size < 1 then return 3765 end
  if not timeout or timeout < 1 or timeout > 65535 or (ack ~= 0 and ack ~= 1) then return 3765 end
  if store[name] and EXISTING[m.spec.existing] then return EXISTING[m.spec.existing] end
  if m.spec.full == "before" and size > room - used(store) + #(store[name] or "") then return m.spec.full_code end
end

local function begin_upload(m, args)
  local store, name, room = storage_of(m, args[1])
  local code = objection(m, args, store, name, room)
  if code then return "cme", code end
  store[name] = nil
  Transmitter.result(m, "CONNECT")
  if m.acting ~= m.life then return "wait" end -- a fault at this line restarted the module
  m.data = Upload.new(m, {
    size = math.tointeger(tonumber(args[2] or "10240")),
    timeout = tonumber(args[3] or "5"),
    ack = args[4] == "1",
    room = room - used(store),
    save = function(content) store[name] = content end,
    sum_text = sum_text,
  })
  return "wait"
end

local function download(m, args)
  if not m.spec.qfdwl then return "error" end
  local store, name = storage_of(m, args[1])
  local content = store[name]
  if not content then return "cme", m.spec.absent_code end
  Transmitter.result(m, "CONNECT")
  if m.acting == m.life then ReadBack.begin(m, content, sum_text) end
  return "wait"
end

local function space(m, args)
  if args[1] == "UFS" then
    local room = m.spec.ufs_size - m.spec.ufs_used
    Transmitter.line(m, ("+QFLDS: %d,%d"):format(room - used(m.files), m.spec.ufs_size))
  elseif args[1] == "RAM" then
    local free = m.spec.ram_size - used(m.ram)
    Transmitter.line(m, ("+QFLDS: %d,%d,%d"):format(free, m.spec.ram_size, free))
  else
    return "cme", 4007
  end
end

local function list_all(m, store, prefix)
  local names = {}
  for name in pairs(store) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    Transmitter.line(m, ('+QFLST: "%s%s",%d'):format(prefix, name, #store[name]))
  end
end

local function list(m, args)
  local store, name = storage_of(m, args[1] or "*")
  local prefix = store == m.ram and "RAM:" or ""
  if name == "*" then return list_all(m, store, prefix) end
  if store[name] then Transmitter.line(m, ('+QFLST: "%s%s",%d'):format(prefix, name, #store[name])) end
end

local function delete(m, args)
  local store, name = storage_of(m, args[1])
  if name == "*" then
    for each in pairs(store) do store[each] = nil end
    return
  end
  if not store[name] then return "cme", m.spec.absent_code end
  store[name] = nil
end

local function nothing() end

local function knows_download(m)
  if not m.spec.qfdwl then return "error" end
end

return {
  ["+QFUPL"] = {
    test = function(m) Transmitter.line(m, '+QFUPL: "file name",<filesize>,(1-65535),(0,1)') end,
    write = begin_upload,
    takes = { write = "connect_s" },
    ignores_input = true,
  },
  ["+QFDWL"] = { test = knows_download, write = download },
  ["+QFLDS"] = {
    test = nothing,
    exec = function(m) Transmitter.line(m, ("+QFLDS: %d,%d"):format(used(m.files))) end,
    write = space,
  },
  ["+QFLST"] = { test = nothing, exec = function(m) return list(m, {}) end, write = list },
  ["+QFDEL"] = { test = nothing, write = delete },
}
