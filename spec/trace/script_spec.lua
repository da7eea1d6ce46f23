local Player = require "dfota.sim.player"
local script_of = require "dfota.trace.script"
local traced = require "support.traced"
local transcript = require "dfota.sim.transcript"

local function of(lines) return script_of((traced.entries(lines))) end

local function steps(lines, number) return of(lines).entries[number or 1].steps end

-- What a player says to each command, with all its pauses.
local function replayed(script, commands, opts)
  local player, said = Player.new(script, opts), {}
  for i, command in ipairs(commands) do
    player:input(command, 100 * i)
    player:advance(100 * i + 99)
    said[i] = player:output()
  end
  return said, player
end

describe("The script of a trace", function()
  it("has each command with what came until the next one, and its pauses", function()
    local found = steps { [[1.0 tx AT+CSQ\r]], [[1.5 rx AT+CSQ\r]], [[2.0 rx \r\n+CSQ: 1,0\r\n\r\nOK\r\n]],
      [[4.0 rx RING\r\n]] }
    assert.same({ { pause_s = 0.5 }, { echo = true }, { pause_s = 0.5 }, { say = "\r\n+CSQ: 1,0\r\n\r\nOK\r\n" },
      { done = true }, { pause_s = 2 }, { say = "RING\r\n" } }, found)
  end)

  it("knows an echo at every split, and keeps what only looks like one", function()
    local echo = "AT+CSQ\\r"
    for cut = 1, 6 do
      local found = steps { [[1.0 tx AT+CSQ\r]], "1.0 rx " .. echo:sub(1, cut),
        "1.0 rx " .. echo:sub(cut + 1) .. [[OK\r]] }
      assert.same({ { echo = true }, { say = "OK\r" }, { done = true } }, found)
      found = steps { [[1.0 tx AT+CSQ\r]], "1.0 rx " .. echo:sub(1, cut), [[1.0 rx \xF8x\r]] }
      assert.same({ { say = echo:sub(1, cut) .. "\xF8x\r" } }, found)
    end
    assert.same({ { say = "AT+C" } }, steps { [[1.0 tx AT+CSQ\r]], "1.0 rx AT+C" })
  end)

  it("puts the real echo back in place of a masked one, and takes any secret", function()
    local script = of { [[1.0 tx AT+QICSGP=1,"net","**","**"\r]], [[1.1 rx AT+QICSGP=*****************\r\r\nOK\r\n]] }
    assert.same({ 'AT+QICSGP=1,"net","', true }, { script.entries[1].command, script.entries[1].prefix })
    local command = 'AT+QICSGP=1,"net","somebody","word"\r'
    assert.same({ command .. "\r\nOK\r\n" }, replayed(script, { command }))
    assert.is_false(of({ [[1.0 tx AT+QFLST="*"\r]] }).entries[1].prefix)
  end)

  it("has test numbers for those of the SIM", function()
    local said = replayed(of { [[1.0 tx AT+CIMI\r]], [[1.1 rx AT+CIMI\r\r\n***************\r\n\r\nOK\r\n]],
      [[2.0 tx AT+QCCID\r]], [[2.1 rx AT+QCCID\r\r\n********************\r\n\r\nOK\r\n]] },
      { "AT+CIMI\r", "AT+QCCID\r" })
    assert.equal("AT+CIMI\r\r\n001010123456789\r\n\r\nOK\r\n", said[1])
    assert.equal("AT+QCCID\r\r\n89001000000000000000\r\n\r\nOK\r\n", said[2])
  end)

  it("takes the data of an upload that is only summed up, and answers at the recorded places", function()
    local found = of(traced.UPDATE).entries[4].steps
    local data, places = nil, {}
    for i, step in ipairs(found) do
      data = step.data and step or data
      if step.at then places[#places + 1] = { step.at, found[i + 1].say or found[i + 1].pause_s } end
    end
    assert.same({ 2000, ("ab"):rep(32) }, { data.data, data.sha256 })
    assert.is_nil(data.open)
    assert.equal(1024, places[1][1])
    assert.equal(2000, places[2][1])
  end)

  it("takes data that is in the trace, an old trace's acknowledgements, and an upload that was broken off", function()
    local head = { [[1.0 tx AT+QFUPL="f",3000,5,1\r]], [[1.0 rx AT+QFUPL="f",3000,5,1\r\r\nCONNECT\r\n]] }
    local function upload(more) return steps(table.move(more, 1, #more, 3, { table.unpack(head) })) end
    local function short(list)
      local words = {}
      for i, step in ipairs(list) do
        words[i] = step.data and ("=%d%s"):format(step.data, step.open and "+" or "") or step.at and "@" .. step.at
          or step.say and step.say:gsub("%c", "") or step.echo and "&" or "?"
      end
      return table.concat(words, " ")
    end
    assert.equal("& CONNECT =3000 @3000 A", short(upload { "1.0 tx " .. ("x"):rep(3000), "1.0 rx A" }))
    assert.equal("& CONNECT =5+ @5 ERROR", short(upload { "1.0 tx abcde", [[1.0 rx ERROR\r\n]] }))
    assert.equal("& CONNECT =3000 @1024 A @2048 A", short(upload { "1.0 rx A", "1.0 rx A",
      "# upload of 3000 bytes, sha256 aa, from 1.0 to 1.0" }))
    assert.equal("& CONNECT =2000+ @1024 A @2000 ERROR", short(upload { "# data 1024", "1.0 rx A",
      "# upload of 2000 bytes, sha256 aa, from 1.0 to 1.0", [[1.0 rx \r\nERROR\r\n]] }))
    assert.equal("& CONNECT =0", short(upload { [[2.0 tx AT\r]] }))
  end)

  it("has zeros for a file that was read back", function()
    local found = steps { [[1.0 tx AT+QFDWL="f"\r]], [[1.0 rx CONNECT\r\n]],
      "# read-back of 3 bytes, sha256 ab, from 1.200000 to 1.300000", [[1.0 rx +QFDWL: 3,0\r\n]] }
    assert.same({ { say = "CONNECT\r\n" }, { done = true }, { say = "\0\0\0" }, { say = "+QFDWL: 3,0\r\n" } }, found)
  end)

  it("begins with what came before the first command, and names a text by its last byte", function()
    local script = of { [[0.5 rx RDY\r\n]], [[1.0 tx AT+CMGS="****"\r]], [[1.1 rx > ]], [[2.0 tx *****\x1A]],
      [[2.1 rx \r\nOK\r\n]] }
    assert.equal([[RDY\r\n]], script.options.boot)
    assert.same({ 'AT+CMGS="', "\26" }, { script.entries[1].command, script.entries[2].command })
    local said = replayed(script, { 'AT+CMGS="+4917"\r', "hello\26" })
    assert.same({ "RDY\r\n> ", "\r\nOK\r\n" }, said)
  end)

  it("plays what was recorded to who says the same, byte by byte", function()
    local entries = traced.entries(traced.UPDATE)
    local sent, heard, script = {}, {}, script_of(entries)
    for _, entry in ipairs(entries) do
      if entry.direction == "tx" then sent[#sent + 1] = entry.bytes end
      if entry.direction == "rx" then heard[#heard + 1] = entry.bytes end
    end
    table.insert(sent, 5, ("x"):rep(2000))
    local said, player = replayed(script, sent, { any_package = true })
    assert.equal((table.concat(heard):gsub("2000,AE93", "2000,0")), table.concat(said))
    assert.same({ {}, {} }, { player:differences(), player:unsaid() })
  end)

  it("is the same when it is written as a transcript and read again", function()
    local script = of(traced.UPDATE)
    local again = assert(transcript.parse(transcript.write(script)))
    assert.equal(transcript.write(script), transcript.write(again))
    assert.equal(#script.entries, #again.entries)
  end)

  it("of nothing is nothing", function() assert.same({}, of({}).entries) end)
end)
