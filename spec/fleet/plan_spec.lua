local Random = require "dfota.sim.random"
local folder = require "support.folder"
local plan = require "dfota.fleet.plan"

local IMEI, OTHER = "861234567890127", "861234567890135"
local PATH = "/dev/serial/by-path/pci-0:1.1-port0"

describe("A plan", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  local function read(name, content) return plan.read(folder.write(dir .. "/" .. name, content)) end

  local expected = {
    { port = PATH, imei = IMEI, from = "A", to = "B", name = "bus 12" }, { port = "/dev/dfota-2" },
  }

  it("that has a port twice is refused under whatever names", function()
    folder.write(dir .. "/real", "")
    assert(require("luv").fs_symlink(dir .. "/real", dir .. "/linked"))
    local none, err = read("q.csv", ("port\n%s/real\n%s/linked\n"):format(dir, dir))
    assert.is_nil(none)
    assert.is_truthy(err.message:find("/linked is there twice", 1, true), err.message)
  end)

  it("says the same as CSV, as JSON and as Lua", function()
    assert.same(expected, read("p.csv",
      ("port,imei,from,to,name\n%s,%s,A,B,bus 12\n/dev/dfota-2,,,,\n"):format(PATH, IMEI)))
    assert.same(expected, read("p.json", ('[{"port":"%s","imei":"%s","from":"A","to":"B","name":"bus 12"},'
      .. '{"port":"/dev/dfota-2"}]'):format(PATH, IMEI)))
    assert.same(expected, read("p.lua", ('return { { port = "%s", imei = %s, from = "A", to = "B", name = "bus 12" }, '
      .. '{ port = "/dev/dfota-2" } }'):format(PATH, IMEI)))
  end)

  it("may have its columns in any order, and fewer of them", function()
    assert.same({ { port = "/dev/x", to = "B" } }, read("p.csv", "to,port\nB,/dev/x\n"))
    assert.same({ { port = "/dev/x" } }, read("p.csv", "port,imei\n/dev/x\n"))
  end)

  for kind, content in pairs {
    ["where a comma is the decimal point"] = "port;imei;to\r\n/dev/x;%s;B\r\n",
    ["with columns and rows that were emptied"] = "\xEF\xBB\xBFport,imei,to,,\r\n/dev/x,%s,B,,\r\n,,,,\r\n\r\n",
    ["with tabs"] = "port\timei\tto\n/dev/x\t%s\tB\n", ["with a header of its own case"] = "Port,IMEI,To\n/dev/x,%s,B",
    ["that names the separator"] = "sep=|\r\nport|imei|to\r\n/dev/x|%s|B\r\n",
    ["with no-break spaces"] = "port\u{A0},imei,\u{A0}to\n/dev/x\u{A0},%s,B\u{A0}\n",
    ["whose columns are aligned"] = '"port" , "imei"           , "to"\n/dev/x , "%s"  , B\n',
  } do
    it("may come from a spreadsheet " .. kind, function()
      assert.same({ { port = "/dev/x", imei = IMEI, to = "B" } }, read("P.CSV", content:format(IMEI)))
    end)
  end

  it("means the same port wherever its run is resumed", function()
    assert.same({ { port = require("luv").cwd() .. "/port1" } }, read("p.csv", "port\nport1\n"))
  end)

  it("names a port by the number of its adapter only together with an IMEI", function()
    assert.same({ { port = "/dev/ttyUSB0", imei = IMEI } },
      read("p.csv", ("port,imei\n/dev/ttyUSB0,%s\n"):format(IMEI)))
    for _, port in ipairs { "/dev/ttyACM12", "ttyUSB3", "../dev/ttyUSB3" } do
      local _, err = read("p.csv", "port\n" .. port .. "\n")
      local words = "p.csv:2: %s may be another module after the next plugging in: name the port as in "
        .. "/dev/serial/by-path/, or add the imei"
      assert.truthy(err.message:find(words:format(port), 1, true), err.message)
    end
  end)

  for _, case in ipairs {
    { "p.csv", "", ": is empty: its first line must name the columns, port among them" },
    { "p.csv", "port\n", ": names no module" },
    { "p.csv", "imei\n" .. IMEI, ":1: the first line must name the columns" },
    { "p.csv", "prot\n/dev/x", ":1: there is no column prot; did you mean port?; a plan has" },
    { "p.csv", "port,port\n", ":1: the column port is there twice" },
    { "p.csv", "port\n/dev/x,1", ":2: 2 fields, and the first line names 1 columns" },
    { "p.csv", "port,imei\n\n/dev/x,12", ":3: '12' is not an IMEI: it has 15 digits" },
    { "p.csv", "port,imei\n," .. IMEI, ":2: a row without a port" }, { "p.csv", "port,imei\n,\n", ": names no module" },
    { "p.csv", "port,imei\n/dev/x," .. IMEI .. "\n/dev/y;" .. OTHER,
      ":3: its fields are separated by semicolons, those of the first line by commas: write the same in all lines" },
    { "p.csv", "/dev/x," .. IMEI, ":1: the first line must name the columns, port among them" },
    { "p.csv", "Port,PORT\n", ":1: the column port is there twice" },
    { "p.csv", "port;imei\n/dev/x;8,61235E+14", ":2: '8,61235E+14' is an IMEI that a spreadsheet has rounded" },
    { "p.csv", "sep=|\nport|imei\n/dev/x,1",
      ":3: its fields are separated by commas, those of the first line by '|': write the same in all lines" },
    { "p.csv", "port,imei,,to\n/dev/x,,,B", ":1: its column 3 has no name: name it, or delete the column" },
    { "p.csv", "\u{A0},port\n,/dev/x", ":1: its column 1 has no name: name it, or delete the column" },
    { "p.json", '[{"":"x","port":"/dev/x"}]', ": entry 1: a column without a name: name it" },
    { "p.csv", "\xFF\xFEp\0o\0r\0t\0", ": is UTF-16: save it as CSV in UTF-8" },
    { "p.json", "\xFF\xFE[\0]\0", ": is UTF-16: save it in UTF-8" },
    { "p.csv", "port;name\r\n/dev/x;M\xFCnchen\r\n", ":2: is not UTF-8: save it as CSV in UTF-8" },
    { "p.csv", "port,name\r/dev/x,a\r/dev/y,\xFC", ":3: is not UTF-8: save it as CSV in UTF-8" },
    { "p.json", '[\n{"port":"/dev/x",\n"name":"M\xFCnchen"}]', ":3: is not UTF-8: save it in UTF-8" },
    { "p.lua", "-- M\xFCnchen\nreturn { { port = '/dev/x' } }", ":1: is not UTF-8: save it in UTF-8" },
    { "p.lua", "return { { port = '/dev/x', name = 'M\\xFCnchen' } }", ": entry 1: its name is not UTF-8" },
    { "p.csv", "port,to\n/dev/x,'B'", ":2: ''B'' is not a revision as ATI reports it" },
    { "p.csv", 'port\n"/dev/x', ":2: a quote that is never closed" },
    { "p.csv", "port\n/dev/x\n/dev/x\n", ":3: the port /dev/x is there twice" },
    { "p.csv", ("port,imei\n/dev/x,%s\n/dev/y,%s\n"):format(IMEI, IMEI),
      ":3: the imei " .. IMEI .. " is there twice" },
    { "p.json", "{", ": is not JSON: unterminated object at line 1" }, { "p.json", "7", ": is not a JSON list" },
    { "p.json", '{"port":"/dev/x"}', ": is not a JSON list of modules" }, { "p.json", "[]", ": names no module" },
    { "p.json", '[{"port":"/dev/x","port":"/dev/y"}]', ": the key port is there twice" },
    { "p.json", '[{"port":5}]', ": entry 1: port must be text" }, { "p.json", "{}", ": is not a JSON list of modules" },
    { "p.json", '[{"port":"/dev/x","from":5}]', ": entry 1: from must be text" },
    { "p.json", '["port":"/dev/x"]', ": has a key in a list" },
    { "p.json", '["x"]', ": its entry 1 is not a module" },
    { "p.json", '[{"port":7.5}]', ": entry 1: port must be text" },
    { "p.json", '[{"port":"/dev/x"}] [1]', ": contains more than one JSON value" },
    { "p.json", '[{"port":"/dev/x"},{"port":"/dev/y","imai":"1"}]',
      ": entry 2: there is no column imai; did you mean imei?" },
    { "p.json", '[{"port":"a\\nb"}]', ": entry 1: 'a\\nb' is not a port" },
    { "p.json", '[{"port":"a","name":"a\\nb"}]', ": entry 1: 'a\\nb' cannot name a module: use up to 64 characters" },
    { "p.lua", "return 7", ": does not return a table" },
    { "p.lua", "return { { port = '/dev/x' }, nil, { port = '/dev/y' } }",
      ": its entry 2 is missing, and others follow: leave no gap" },
    { "p.lua", "return { { port = '/dev/x' }, bus = { port = '/dev/y' } }", ": is not a list of modules" },
    { "p.lua", "return {\n  x x", ":2: " }, { "p.lua", "return { port = 1 }", ": is not a list of modules" },
    { "p.txt", "port\n", ": is neither .csv nor .json nor .lua" },
  } do
    it(("that is wrong is refused in one line: %s with %q"):format(case[1], case[2]), function()
      local rows, err = read(case[1], case[2])
      assert.is_nil(rows)
      assert.equal("plan", err.kind)
      assert.truthy(err.message:find(case[1] .. case[3], 1, true), err.message)
      assert.is_nil(err.message:find "\n")
    end)
  end

  it("that is missing, a folder or a pipe is refused as such, like a package, and never waited for", function()
    assert(os.execute("mkfifo " .. dir .. "/pipe.csv && mkdir " .. dir .. "/folder.json"))
    for _, name in ipairs { "none.csv", "pipe.csv", "folder.json", "none.lua" } do
      local rows, err = plan.read(dir .. "/" .. name)
      assert.same({ nil, "plan_missing" }, { rows, err.kind }, name)
    end
  end)

  it("that is damaged anywhere is read or refused, and nothing else happens", function()
    local random = Random.new(3)
    local whole = {
      ["f.csv"] = ("port,imei,name\n%s,%s,\"a, b\"\n/dev/y,%s,c\n"):format(PATH, IMEI, OTHER),
      ["f.json"] = ('[{"port":"%s","imei":"%s"},{"port":"/dev/y","name":"\\u00e4"}]'):format(PATH, IMEI),
    }
    for _ = 1, math.tointeger(tonumber(os.getenv "DFOTA_FUZZ_CASES" or 100)) do
      for name, content in pairs(whole) do
        local at = random:integer(1, #content)
        local damaged = content:sub(1, at - 1) .. string.char(random:integer(0, 255))
          .. content:sub(at + random:integer(0, 2))
        local rows, err = read(name, damaged)
        assert.truthy(rows or err.kind == "plan" and not err.message:find "[\n\0]")
      end
    end
  end)
end)
