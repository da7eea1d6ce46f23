local bar = require "dfota.report.bar"

local UPLOAD = { phase = "upload", percent = 32, bytes = 50200, total = 156100, rate_bps = 92000, eta_s = 9.2 }
local SILENT = { phase = "update", percent = 42, age_s = 12.4, wait = { what = "asks", at_s = 180 } }
local WAITING = { phase = "waiting", age_s = 12.4, wait = { what = "gives up", at_s = 600 } }

describe("A progress bar", function()
  for name, case in pairs {
    ["says all that is known on a wide terminal"] =
      { UPLOAD, 80, "upload   [######--------------]  32 %  50.2 of 156.1 kB  11.5 kB/s  9.2 s left" },
    ["is shorter where that makes room for all of it"] =
      { UPLOAD, 70, "upload   [###-------]  32 %  50.2 of 156.1 kB  11.5 kB/s  9.2 s left" },
    ["gives up the rate first"] = { UPLOAD, 60, "upload   [###-------]  32 %  50.2 of 156.1 kB  9.2 s left" },
    ["then the amount: the time left is what people wait for"] =
      { UPLOAD, 40, "upload   [###-------]  32 %  9.2 s left" },
    ["then the time left"] = { UPLOAD, 39, "upload   [######--------------]  32 %" },
    ["then the bar"] = { UPLOAD, 27, "upload    32 %" },
    ["then its name"] = { UPLOAD, 14, "32 %" },
    ["and at last everything"] = { UPLOAD, 4, "" },
    ["counts the silence against its limit"] =
      { SILENT, 80, "update   [########------------]  42 %  last line 12 s ago, asks at 180 s" },
    ["says so in fewer words at 60 columns"] =
      { SILENT, 60, "update   [########------------]  42 %  12 s, asks at 180 s" },
    ["rather loses its cells than that limit"] = { SILENT, 40, "update    42 %  12 s, asks at 180 s" },
    ["drops the limit after that"] = { SILENT, 35, "update   [####------]  42 %  12 s" },
    ["has no cells without a percentage"] = { WAITING, 80, "waiting  last line 12 s ago, gives up at 600 s" },
    ["tells the limit at 40 columns too"] = { WAITING, 40, "waiting  12 s, gives up at 600 s" },
    ["that waits has the age at last"] = { WAITING, 20, "waiting  12 s" },
    ["says how long there was nothing, if there is no limit"] =
      { { phase = "waiting", age_s = 95 }, 80, "waiting  last line 1 min 35 s ago" },
  } do
    it(name, function() assert.equal(case[3], bar.line(case[1], case[2])) end)
  end

  it("fits any width, and never cuts a word", function()
    for _, fields in ipairs { UPLOAD, SILENT, WAITING } do
      local words = {}
      for word in bar.line(fields, 200):gmatch "%S+" do words[word] = true end
      for width = 1, 100 do
        local line = bar.line(fields, width)
        assert.is_true(utf8.len(line) < math.max(width, 2), line)
        for word in line:gmatch "%S+" do
          assert.is_true(words[word] or word:find "^%[[#-]+%]$" ~= nil or word == "s,", word)
        end
      end
    end
  end)

  for name, case in pairs {
    ["of a finished upload"] = { { percent = 100, bytes = 156100, total = 156100, rate_bps = 92000 },
      "100 % after 14 s, 156.1 kB, 11.5 kB/s" },
    ["of one that ended early"] =
      { { percent = 32, bytes = 50200, total = 156100 }, "32 % after 14 s, 50.2 of 156.1 kB" },
    ["of an update"] = { { percent = 88.4 }, "88 % after 14 s" },
  } do
    it("leaves a line that says how far it got: " .. name, function()
      assert.equal(case[2], bar.summary(case[1], 14))
    end)
  end
end)
