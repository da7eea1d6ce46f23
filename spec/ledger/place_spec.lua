local place = require "dfota.ledger.place"

describe("The place of a ledger", function()
  it("is a path, or a server with any spelling of its scheme", function()
    local file = place.read "a b.db"
    assert.same({ "a b.db", "a b.db" }, { file.path, file.name })
    assert.equal("./x://y", place.read("./x://y").path)
    for _, scheme in ipairs { "postgres", "POSTGRES", "postgresql", "PostgreSQL" } do
      assert.equal(scheme:lower() .. "://h/d", place.read(scheme .. "://h/d").url)
    end
  end)

  it("is in the user's home, or must be given", function()
    local getenv, env = os.getenv, {}
    finally(function() os.getenv = getenv end) -- luacheck: ignore 122
    os.getenv = function(name) return env[name] end -- luacheck: ignore 122
    local read, err = place.read()
    assert.is_nil(read)
    assert.matches("there is no place for the ledger: HOME is not set; use --ledger FILE", err.message, 1, true)
    assert.matches("its name is empty;", select(2, place.read "").message, 1, true)
    for _, case in ipairs {
      { "/h/.local/state/dfota/ledger.db", "/h" }, { "/s/dfota/ledger.db", "/h", "/s" },
      { "/h/.local/state/dfota/ledger.db", "/h", "s" }, { "/s/dfota/ledger.db", nil, "/s" },
    } do
      env = { HOME = case[2], XDG_STATE_HOME = case[3] }
      assert.equal(case[1], place.read().path)
    end
    env = { HOME = "h", XDG_STATE_HOME = "s" }
    assert.is_nil((place.read()))
  end)

  it("is where the XDG specification says, by default", function()
    local function default(env) return place.default_path(function(name) return env[name] end) end
    assert.equal("/s/dfota/ledger.db", default { XDG_STATE_HOME = "/s", HOME = "/h" })
    assert.equal("/h/.local/state/dfota/ledger.db", default { HOME = "/h" })
    assert.equal("/h/.local/state/dfota/ledger.db", default { XDG_STATE_HOME = "relative", HOME = "/h" })
    assert.is_nil(default { HOME = "relative" })
    assert.is_nil(default {})
  end)

  it("is nothing else", function()
    for _, where in ipairs { "mysql://h/d", "sqlite:///x", "file:///x", "http://me:secret@h/d", "" } do
      local read, err = place.read(where)
      assert.is_nil(read)
      assert.equal("ledger", err.kind)
      assert.is_nil(err.message:find("secret", 1, true))
      assert.is_truthy(err.message:find("--ledger none", 1, true))
    end
  end)

  describe("that cannot be used", function()
    it("is answered with what to do, once: the usual, or what the call knows better", function()
      local usual = assert(place.read "x.db"):failure("does not exist yet", "ledger_locked")
      assert.same({ "ledger_locked", "ledger x.db: does not exist yet; fix it, use --ledger with another file, or "
        .. "--ledger none to run without one" }, { usual.kind, usual.message })
      local way_out = "name another one with --merge"
      assert.equal("ledger x.db: why; " .. way_out, assert(place.read("x.db", way_out)):failure("why").message)
      for _, where in ipairs { "", "mysql://h/d", "postgres://h/a b", "postgres:h" } do
        assert.matches("^[^;]*; name another one with %-%-merge$", select(2, place.read(where, way_out)).message)
      end
    end)

    it("says what to do behind whatever its reason ends with", function()
      local ends_alike = "a reason; fix it, use --ledger with another file, or --ledger none to run without one"
      local way_out = "name another one with --merge"
      assert.equal(("ledger x.db: %s; %s"):format(ends_alike, way_out),
        assert(place.read("x.db", way_out)):failure(ends_alike).message)
    end)
  end)

  it("is told to be missing where a call that only looks names it, and nobody else does", function()
    local none, some = { is_none = true }, {}
    local function told(ledger, from_environment, book)
      return place.tell_absent({ ledger = ledger, from_environment = { ledger = from_environment } }, book)
    end
    assert.equal("ledger /typo.db: does not exist yet: no earlier update is known", told("/typo.db", nil, none))
    assert.same({}, { told("/typo.db", nil, some), told("/typo.db", true, none), told("none", nil, none),
      told(nil, nil, none) })
  end)

  it("may not contain spaces or control characters in a server's URL", function()
    for _, where in ipairs { "postgres://h/a b", "postgres://h/a\tb", "postgres://h/d\n", "postgres://h\0/d" } do
      local read, err = place.read(where)
      assert.same({ nil, "ledger" }, { read, err.kind })
    end
  end)

  it("shows a host, never a password, whatever characters it contains", function()
    assert.equal("postgres://host:5432/fleet", place.read("postgres://host:5432/fleet?sslmode=require").name)
    for _, password in ipairs {
      "QZ", "Q@Z", "Q/Z", "Q:Z", "Q?Z", "Q#Z", "Q%40Z", "QZ@", "@QZ", "/QZ", "?Q=Z&Q", "Q@Z/Q?Z@Q",
      "password=QZ", "'QZ",
      "Q\\Z", "[QZ", "QZ]", "Q\"Z", "Q Z", "Q\nZ",
    } do
      for _, form in ipairs {
        "postgres://me:PW@host/d", "postgres://host/d?password=PW", "postgres://host?sslPassword=PW",
        "postgres://host/d?user=a@b&password=PW&x=1", "mysql://me:PW@host/d",
      } do
        local read, err = place.read((form:gsub("PW", (password:gsub("%%", "%%%%")))))
        assert.is_nil((read and read.name or err.message):find("[QZ]"), form .. " " .. password)
        if read then assert.is_truthy(read.has_password) end
      end
    end
    assert.equal("postgres://***@host/d", place.read("postgres://me:p@ss/w@host/d").name)
  end)

  it("is refused, and not shown, if it is almost a server's URL", function()
    for _, where in ipairs { "postgres:QZ@h", "POSTGRESQL:me:QZ@h/d", "//me:QZ@h/d", "postgres:/me:QZ@h" } do
      local read, err = place.read(where)
      assert.is_nil(read)
      assert.is_nil(err.message:find("QZ", 1, true))
      assert.is_truthy(err.message:find("write a server as postgres://", 1, true))
    end
    assert.is_nil(place.read("postgres://me:QZ").name:find("QZ", 1, true))
    assert.equal("postgres://h:5432", place.read("postgres://h:5432").name)
  end)

  it("is refused if a server's URL contains spaces or control characters", function()
    for _, where in ipairs { "postgres://h/d b", "postgres://h/\td", "postgres://h/d\n" } do
      local read, err = place.read(where)
      assert.is_nil(read)
      assert.is_truthy(err.message:find("contains spaces or control characters", 1, true))
    end
  end)

  it("warns of a password, and nothing else", function()
    assert.matches("%.pgpass", place.warning "postgres://me:secret@host/d")
    assert.is_nil((place.warning "postgres://me:secret@host/d"):find("secret", 1, true))
    for _, where in ipairs { "postgres://me@host/d", "none", "a.db" } do assert.is_nil(place.warning(where)) end
    assert.is_nil(place.warning(nil))
  end)
end)
