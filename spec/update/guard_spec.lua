local Guard = require "dfota.update.guard"

describe("The guard of a run", function()
  local changes, refused

  before_each(function() changes, refused = {}, {} end)

  local function guard(only_queries)
    return Guard.new {
      only_queries = only_queries, on_change = function(command) changes[#changes + 1] = command end,
      on_refused = function(fault) refused[#refused + 1] = fault.fault end,
    }
  end

  local function passes(own, command)
    local ok, fault = pcall(own.pass, own, command)
    if not ok then assert.equal(refused[#refused], fault.fault) end
    return ok
  end

  for _, command in ipairs {
    "AT+QFOTADL=1", "at+qfotadl=1", "AT +QFOTADL = 1", 'AT+QFOTADL="http://h/a"', "AT+CMEE?;+QFOTADL=1",
    "AT+QFOTADL=?;+QFOTADL=1", "AT+QFOTADL=?\rAT+QFOTADL=1", "AT+QFO\tTADL=1", "AT+QFOTADL=?1", "AT+QFOTADL",
    "A/", " a/", "AT+QFOTAX\bDL=1",
  } do
    it("lets only the job start an update: " .. ("%q"):format(command), function()
      local own = guard()
      own:arm "AT+QFOTADL=2"
      assert.is_false(passes(own, command))
      assert.is_truthy(refused[1]:find "^spec/update/guard_spec%.lua:%d+: ")
      assert.same({}, changes)
    end)
  end

  it("lets the job's own trigger pass once", function()
    local own = guard()
    own:arm "AT+QFOTADL=1"
    assert.same({ true, false }, { passes(own, "AT+QFOTADL=1"), passes(own, "AT+QFOTADL=1") })
  end)

  it("allows the test command of the trigger", function()
    assert.is_true(passes(guard(true), "AT+QFOTADL=?"))
    assert.is_true(passes(guard(true), "AT+CMEE?;+QFOTADL=?"))
  end)

  it("announces a change before it is sent, but not a query", function()
    local own = guard()
    assert.is_true(passes(own, "AT+CMEE=1") and passes(own, "AT+CMEE?"))
    assert.same({ "AT+CMEE=1" }, changes)
  end)

  it("allows only queries under --check, including declared ones", function()
    local own = guard(true)
    assert.is_false(passes(own, "AT+QTEMP"))
    assert.is_truthy(refused[1]:find('job:query "AT+QTEMP"', 1, true), refused[1])
    assert.is_false(passes(own, "AT+QTEMP=1"))
    assert.is_truthy(refused[2]:find("job:query(…) with the whole command", 1, true), refused[2])
    own:declare "AT+QTEMP"
    assert.same({ true, true, false }, { passes(own, "AT+QTEMP"), passes(own, "at+qtemp"), passes(own, "AT+QTEMP=1") })
    assert.same({}, changes)
  end)

  it("sends no command that prompts for a text without one, and no trigger as a text", function()
    local own = guard()
    assert.is_false(passes(own, 'AT+CMGS="0170"'))
    assert.is_truthy(refused[1]:find("AT+CMGS= prompts for a text: use job.modem:sms(number, text)", 1, true),
      refused[1])
    local function with_text(text) return (pcall(own.pass, own, 'AT+CMGS="0170"', text)) end
    assert.same({ true, false, false }, { with_text "hello", with_text "AT+QFOTADL=1", with_text "x at+qfotadl=1" })
    assert.is_true(passes(own, "AT+CMGS=?"))
  end)

  it("accepts only a string that starts with AT as a command", function()
    local own = guard()
    for _, command in ipairs { "", "+CSQ", "CSQ", 5, {} } do assert.is_false(passes(own, command)) end
    assert.is_false(passes(own, nil))
    assert.same({}, changes)
  end)

  it("shows no password in its messages", function()
    assert.is_false(passes(guard(true), 'AT+QICSGP=1,"net","user","word"'))
    assert.is_nil(refused[1]:find("word", 1, true))
  end)

  it("refuses to declare the trigger a query", function()
    local own = guard(true)
    for _, command in ipairs { "AT+QFOTADL=1", "at +qfotadl=1", "A/" } do
      assert.is_false((pcall(own.declare, own, command)))
    end
  end)

  it("works without callbacks", function()
    local own = Guard.new { only_queries = false }
    own:pass "AT+QSCLK=0"
    assert.is_false((pcall(own.pass, own, "AT+QFOTADL=1")))
  end)
end)
