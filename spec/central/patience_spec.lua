local connection = require "dfota.central.connection"
local core = require "dfota.core"
local patience = require "dfota.central.patience"

describe("Connecting to a centre", function()
  local open, wait, answers, tried, told, waited

  before_each(function()
    open, wait, answers, tried, told, waited = connection.open, core.wait, {}, 0, 0, 0
    connection.open = function()
      tried = tried + 1
      return table.unpack(table.remove(answers, 1), 1, 2)
    end
    core.wait = function() waited = waited + 1 end
  end)
  after_each(function() connection.open, core.wait = open, wait end)

  local function failing(reason, lasting) return { nil, connection.failure("db", reason, lasting) } end

  local function connect(patience_s)
    return patience.connect("postgres://db/x", patience_s, function() told = told + 1 end)
  end

  it("is tried again while the server is crowded or starting, with a sign of life before each pause", function()
    answers = { failing "the server has no free connection", failing "the server is starting", { "a connection" } }
    assert.equal("a connection", connect(60))
    assert.same({ 3, 2, 2 }, { tried, told, waited })
  end)

  it("is given up at once where nothing listens, or where only people can help", function()
    for _, case in ipairs { failing "nothing listens there", failing("the server is starting", true) } do
      tried, answers = 0, { case }
      assert.same({ nil, case[2] }, { connect(60) })
      assert.same({ 1, 0 }, { tried, waited })
    end
  end)

  it("is given up when patience is at its end", function()
    answers = { failing "the server does not answer" }
    assert.equal("central", select(2, connect(0)).kind)
    assert.same({ 1, 0 }, { tried, waited })
  end)
end)
