-- What a module prints about its update, mutated with a seed: any line may come, and none may confuse.
local core = require "dfota.core"
local Progress = require "dfota.update.progress"
local mutated = require "support.mutated"

local CASES = tonumber(os.getenv("DFOTA_FUZZ_CASES")) or 1000

local LINES = {
  '+QIND: "FOTA","HTTP START"', '+QIND: "FOTA","DOWNLOADING",10%', '+QIND: "FOTA","HTTPEND",0', "+PDP DEACT",
  '+QIND: "FOTA","START"', '+QIND: "FOTA","UPDATING", 2%', '+QIND: "FOTA","END",0', '+QIND: "FOTA","END",6508',
  "RDY", "+CME ERROR: 6507",
}

local PHASES = { trigger = true, download = true, update = true, reboot = true }

-- As they would come: noise makes other lines of one, and the lexer says which.
local function lines_of(bytes)
  local lexer, lines = core.lexer(), {}
  lexer:feed(bytes .. "\r\n")
  for kind, text, class, code in lexer.next, lexer do
    if kind == "line" then lines[#lines + 1] = { text, class, code } end
  end
  return lines
end

describe("an update whose lines are damaged", function()
  it("is in some phase, at some percentage, and has ended or not, whatever was received", function()
    math.randomseed(6501)
    for _ = 1, CASES do
      local progress = Progress.new(math.random(2) == 1 and "url" or "file")
      for _ = 1, math.random(1, 12) do
        for _, line in ipairs(lines_of(mutated(LINES[math.random(#LINES)]))) do
          for _, event in ipairs(progress:feed(table.unpack(line, 1, 3))) do assert.is_string(event.event) end
        end
      end
      assert.is_true(PHASES[progress.phase])
      assert.is_true(progress.percent == nil or progress.percent >= 0 and progress.percent <= 100)
      assert.is_boolean(progress:ended())
    end
  end)

  it("is not taken for a success or a failure by a line that lost its name", function()
    math.randomseed(6502)
    for _ = 1, CASES do
      local progress = Progress.new("file")
      local line = '+QIND: "FOTA","END",0'
      local cut = math.random(#'+QIND: "FOTA"' - 1)
      progress:feed(line:sub(1, cut - 1) .. line:sub(cut + 1))
      local code = progress.end_code
      assert.is_false(progress:ended() and code ~= 0 and code ~= nil and code ~= false)
    end
  end)
end)
