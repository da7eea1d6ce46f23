local LateStart = require "dfota.update.late_start"
local Progress = require "dfota.update.progress"

-- What is heard: stage or percentage, each with the age of the trigger by then.
local function heard(way, lines)
  local progress, start = Progress.new "watch", LateStart.new(way and { way = way }, 180)
  for _, line in ipairs(lines) do
    local said = type(line[1]) == "number" and ('"UPDATING",%d%%'):format(line[1]) or ('"%s"'):format(line[1])
    for _, event in ipairs(progress:feed('+QIND: "FOTA",' .. said)) do start:hear(progress, event, line[2]) end
  end
  local seconds = start:seconds()
  return seconds and math.floor(seconds + 0.5)
end

describe("An update that is followed from its middle", function()
  for name, case in pairs {
    ["began again if its START comes long after the trigger"] = { "file", { { "START", 300 }, { 50, 350 } }, 300 },
    ["may have begun once if that comes soon"] = { "file", { { "START", 20 }, { 90, 350 } }, nil },
    ["began again if it would have begun too late at its pace"] = { "file", { { 10, 320 }, { 90, 400 } }, 310 },
    ["may have begun once if it would have begun in time"] = { "file", { { 60, 320 }, { 90, 470 } }, nil },
    ["is not judged by a few percent"] = { "file", { { 10, 320 }, { 20, 321 } }, nil },
    ["is not judged by its end"] = { "file", { { "END", 900 } }, nil },
    ["is heard to begin again, which says more"] = { "file", { { 40, 20 }, { "START", 300 }, { 90, 390 } }, nil },
    ["is not judged behind a download"] = { "url", { { "START", 900 } }, nil },
    ["is not judged without a record"] = { nil, { { "START", 900 } }, nil },
    ["is not judged without a clock that goes back to its trigger"] = { "file", { { "START" }, { 10 }, { 90 } }, nil },
  } do
    it(name, function() assert.equal(case[3], heard(case[1], case[2])) end)
  end
end)
