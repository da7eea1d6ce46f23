local connection = require "dfota.central.connection"
local migrations = require "dfota.central.migrations"

-- A driver that answers what it is told, in order; a text is a failure.
local function driver(answers, asked)
  local function cursor(rows)
    local at = 0
    return setmetatable({}, { __index = {
      fetch = function()
        at = at + 1
        return rows[at]
      end, close = function() end,
    } })
  end
  return { postgres = function()
    return {
      connect = function(_, url)
        asked[#asked + 1] = url
        if answers.refused then return nil, answers.refused end
        return {
          execute = function(_, sql)
            asked[#asked + 1] = sql
            local answer = table.remove(answers, 1)
            if type(answer) == "string" then return nil, answer end
            return answer.count or cursor(answer)
          end,
          escape = function(_, value) return (value:gsub("'", "''")) end, close = function() end,
        }
      end, close = function() end,
    }
  end }
end

describe("A connection to the centre", function()
  it("takes the URL of a server alone, and none with a password in it", function()
    assert.equal("postgres://***@db/fleet", connection.parse("postgres://gw7@db/fleet").name)
    for _, url in ipairs { "postgres:///fleet?host=/run/postgresql", "postgres://[::1]:5432/fleet", "postgres://db" } do
      assert.is_truthy((connection.parse(url)), url)
    end
    for _, url in ipairs {
      "journal.db", "", "mysql://db/x", "postgres://a b@c", "postgres://", "postgres://gw7@", "postgres://[::1/fleet",
    } do
      local read, err = connection.parse(url)
      assert.same({ nil, "usage" }, { read, err.kind })
    end
    for _, url in ipairs { "postgres://gw7:s3cret@db/fleet", "postgres://db/fleet?password=s3cret" } do
      local read, err = connection.parse(url)
      assert.same({ nil, "usage" }, { read, err.kind })
      assert.is_nil(err.message:find("s3cret", 1, true))
      assert.matches("~/.pgpass", err.message, 1, true)
    end
  end)

  it("has ten seconds to come about, unless the URL says another time", function()
    for url, want in pairs {
      ["postgres://db/x"] = "postgres://db/x?connect_timeout=10",
      ["postgres://db/x?sslmode=require"] = "postgres://db/x?sslmode=require&connect_timeout=10",
      ["postgres://db/x?connect_timeout=3"] = "postgres://db/x?connect_timeout=3",
    } do
      local asked = {}
      connection.open(url, nil, driver({}, asked)):close()
      assert.equal(want, asked[1])
    end
  end)

  it("has as long as its caller gives it", function()
    local asked = {}
    connection.open("postgres://db/x", 2.5, driver({}, asked)):close()
    assert.equal("postgres://db/x?connect_timeout=3", asked[1])
  end)

  it("that fails says whether waiting helps, and repeats nothing of the server's words", function()
    for reason, kind in pairs { ["Connection refused by s3cret"] = "central", ["too many clients"] = "central",
      ["password authentication failed for s3cret"] = "central_refused" } do
      local conn, err = connection.open("postgres://db/x", nil, driver({ refused = reason }, {}))
      assert.same({ nil, kind }, { conn, err.kind })
      assert.matches("^central postgres://db/x: ", err.message)
      assert.is_nil(err.message:find("s3cret", 1, true))
    end
  end)

  it("refuses a centre of an older layout, or of none, and works with a newer one", function()
    local function hello(...)
      local conn <close> = assert(connection.open("postgres://db/x", nil, driver({ ... }, {})))
      return conn:hello()
    end
    local is_there, is_not = { { "f" } }, { { "t" } }
    assert.equal("uuid", (hello { { tostring(migrations.VERSION), "uuid" } }))
    assert.equal("uuid", (hello { { tostring(migrations.VERSION + 1), "uuid" } }))
    local _, err = hello { { tostring(migrations.VERSION - 1), "uuid" } }
    assert.matches("older layout 2, and this program needs 3", err.message, 1, true)
    _, err = hello("relation does not exist", is_not)
    assert.matches("central.lua --prepare", err.message, 1, true)
    assert.equal("central_refused", err.kind)
    _, err = hello("permission denied", is_there)
    assert.matches("may not read or write", err.message, 1, true)
    _, err = hello("server closed the connection", "no connection to the server")
    assert.equal("central", err.kind)
  end)

  it("gives the rows of what it asks, none of what has none, and quotes what is asked for", function()
    local asked = {}
    local answers = { { { "1" }, { "2" } }, { count = 3 } }
    local conn <close> = assert(connection.open("postgres://db/x", nil, driver(answers, asked)))
    assert.same({ { "1" }, { "2" } }, (conn:ask "SELECT x"))
    assert.same({}, (conn:ask "UPDATE y"))
    assert.matches("SELECT x$", asked[2])
    assert.same({ "NULL", "'it''s'", "'ab'" }, { conn:quote(nil), conn:quote "it's", conn:quote "a\0b" })
    assert.equal([['{"a":"it''s"}'::jsonb]], conn:quote_json { a = "it's" })
    conn:close()
  end)
end)
