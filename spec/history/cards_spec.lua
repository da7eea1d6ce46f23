local cards = require "dfota.history.cards"
local html = require "dfota.history.html"

-- The words of a card, without its tags.
local function said(row) return (html.code(cards.update(row)):gsub("<[^>]*>", " "):gsub("%s+", " ")) end

describe("The card of an update", function()
  it("says what was updated, from, to, when and on which module", function()
    local words = said { imei = "861234567890127", from = "A", to = "B", after = "B", outcome = "updated", rc = 0,
      started = 1795822529, finished = 1795822600, model = "MC65", port = "/dev/ttyUSB0", host = "gw", run = "spring/1",
      package = "/srv/A2B.pack", way = "file", size = 156104, hash = "d884", id = "x1", message = "fine" }
    for _, wanted in ipairs { "IMEI 861234567890127", "Updated", "A → B", "Took 1 min 11 s", "Model MC65",
      "/dev/ttyUSB0 on gw", "Campaign spring/1", "Package A2B.pack, 156.1 kB", "SHA-256 d884", "Record x1" } do
      assert.is_truthy(words:find(wanted, 1, true), wanted .. " in: " .. words)
    end
    assert.is_nil(words:find("fine", 1, true))
  end)

  it("does not count the hours until a later run saw the end of one that was killed", function()
    local row = { from = "A", after = "B", outcome = "updated", started = 1000, triggered = 1020, finished = 90000 }
    row.steps = {}
    assert.is_nil(said(row):find "Took")
    assert.matches("Ended seen by a later run", said(row))
    row.steps[1] = { name = "verify", at = 89990 }
    assert.matches("Took 24 h 43 min", said(row))
    assert.is_nil(said(row):find "later run")
  end)

  for name, case in pairs {
    ["runs the target"] = { { from = "A", to = "B", after = "B" }, "A → B" },
    ["runs another revision"] = { { from = "A", to = "B", after = "C" }, "A → C; B was intended" },
    ["runs another revision, and no target was given"] = { { from = "A", after = "C" }, "A → C" },
    ["still runs the source"] = { { from = "A", to = "B", after = "A" }, "A; B was intended" },
    ["was not asked after"] = { { from = "A", to = "B" }, "A; B was intended" },
    ["may run either revision"] = {
      { from = "A", to = "B", triggered = 5, outcome = "unknown" }, "A → unknown; B was intended",
    },
    ["was left by a run that was stopped"] = { { from = "A", triggered = 5 }, "A → unknown" },
    ["was up to date"] = { { from = "B", to = "B", after = "B" }, "B" },
    ["was not known before"] = { { to = "B", after = "B" }, "unknown → B" },
    ["is called by what looks like a format"] = {
      { from = "%s", to = "%d", after = "%5" }, "%s → %5; %d was intended",
    },
  } do
    it("says so if the module " .. name, function()
      local line = html.code(cards.update(case[1])):match '<p class="from%-to">(.-)</p>'
      assert.equal(case[2], line)
    end)
  end

  it("tells of a power cut that the update survived", function()
    local words = said { outcome = "updated", triggered = 5,
      message = "the module now runs B; the update was interrupted once, at 40 % (a power cut or a reset)" }
    assert.is_truthy(words:find("the update was interrupted once, at 40 %", 1, true), words)
    words = said { outcome = "updated", triggered = 5,
      message = "the module now runs B; the update began 312 s after its trigger: it seems to have been interrupted" }
    assert.is_truthy(words:find("the update began 312 s after its trigger", 1, true), words)
    words = said { from = "A", after = "B", outcome = "updated",
      message = "the module now runs B; the upload was interrupted once (the module rebooted) and repeated" }
    assert.is_truthy(words:find("the upload was interrupted once (the module rebooted) and repeated", 1, true), words)
  end)

  it("explains a failure with its code, its meaning and what to do", function()
    local words = said { outcome = "failed_on_source", code = 6508, message = "the module failed the update" }
    for _, wanted in ipairs {
      "the module failed the update", "Code 6508: update failed", "What to do: use another package",
    } do
      assert.is_truthy(words:find(wanted, 1, true), wanted .. " in: " .. words)
    end
    assert.matches("no later run has seen the end%. What to do: keep .* with watch%.lua %-%-imei 861234567890127,",
      said { triggered = 5, imei = "861234567890127" })
  end)

  it("has a timeline if there was more than one phase", function()
    local row = { steps = { { name = "prepare", at = 1 }, { name = "upload", at = 2 } }, finished = 9 }
    assert.is_truthy(html.code(cards.update(row)):find("<svg", 1, true))
    row.steps[2] = nil
    assert.is_nil(html.code(cards.update(row)):find("<svg", 1, true))
  end)

  it("shows what the flow recorded, in order, and nothing of what is no object", function()
    assert.matches("ccid 89 site B &amp; C", said { facts = '{"site":"B & C","ccid":"89"}' })
    assert.matches('list %[1,2%]', said { facts = '{"list":[1,2]}' })
    for _, facts in ipairs { "5", "{", '"x"', "null" } do assert.is_string(said { facts = facts }) end
  end)
end)

describe("A module's row", function()
  it("names no revision as running after an update whose outcome is unknown", function()
    local code = html.code(cards.module({ imei = "1", last_revision = "A" }, 800))
    assert.matches("Runs now\">unknown %(last seen A%)<", code)
    assert.matches("Runs now\">unknown<", html.code(cards.module({ imei = "1" }, 800)))
  end)

  it("shows how much of its life is taken, and what is left", function()
    local code = html.code(cards.module({ imei = "1", revision = "A", updates_seen = 200 }, 800))
    assert.is_truthy(code:find('class="taken" height="10" width="25.0"', 1, true), code)
    assert.is_truthy(code:find('data-label="Left">600<', 1, true), code)
    code = html.code(cards.module({ imei = "1", updates_seen = 900 }, 800))
    assert.is_truthy(code:find('width="100.0"', 1, true) and code:find('data-label="Left">0<', 1, true), code)
  end)
end)
