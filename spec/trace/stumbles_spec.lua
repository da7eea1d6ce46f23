local stumbles = require "dfota.trace.stumbles"
local traced = require "support.traced"

local function found_in(lines)
  local items, about = traced.items(lines)
  local list = {}
  for i, found in ipairs(stumbles(items, about.duration_s, 10)) do list[i] = ("%g %s"):format(found.t, found.text) end
  return list
end

local function fota(t, words) return ([[%.1f rx +QIND: "FOTA",%s\r\n]]):format(t, words) end

describe("An update stumbled", function()
  it("not, where it goes well", function() assert.same({}, found_in(traced.UPDATE)) end)

  for what, case in pairs {
    ["where a download went back"] = { { fota(1, '"DOWNLOADING",50%'), fota(2, '"DOWNLOADING",10%') },
      { "2 the download went back from 50 % to 10 %" } },
    ["not between the download and the update"] = { { fota(1, '"DOWNLOADING",100%'), fota(2, '"HTTPEND",0'),
      fota(3, '"START"'), fota(4, '"UPDATING",2%'), fota(5, '"END",0') }, {} },
    ["where it came to a start in the middle, whose beginning the trace has not"] = {
      { fota(1, '"UPDATING",50%'), fota(2, '"START"') },
      { "2 the update began again after 50 %: START came once more" } },
    ["where nothing was heard of it until the trace ends, whoever asked meanwhile"] = {
      { fota(1, '"UPDATING",50%'), [[9.0 tx AT\r]], [[18.0 tx AT\r]] },
      { "1 the update stood still at 50 %: nothing was heard of it for 17 s, until 18.000 s" } },
  } do
    it(what, function() assert.same(case[2], found_in(case[1])) end)
  end
end)
