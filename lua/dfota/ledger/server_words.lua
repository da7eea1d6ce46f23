--- What a PostgreSQL server or its library says, in our own words.
--
-- libpq's messages quote parts of the URL, including the password: they are classified and replaced.
-- @module dfota.ledger.server_words

local server_words = {}

-- A lasting one is fixed by people; the others pass by themselves.
local LASTING = {
  { "password", "the server does not accept the user or the password (put it into ~/.pgpass)" },
  { "authentication", "the server does not accept the user" }, { "pg_hba", "the server does not let this host in" },
}

local PASSING = {
  { "refused", "nothing listens there" }, { "no such file", "nothing listens there" },
  { "translate host", "unknown host" }, { "name or service", "unknown host" },
  { "timeout expired", "the server does not answer" }, { "timed out", "the server does not answer" },
  { "statement timeout", "the server does not answer" },
  { "unreachable", "the host cannot be reached" }, { "no route", "the host cannot be reached" },
  { "too many", "the server has no free connection" }, { "remaining connection", "the server has no free connection" },
  { "temporarily unavailable", "the server has no free connection" }, -- more wait at its socket than it lets wait
  { "starting up", "the server is starting" }, { "recovery mode", "the server is starting" },
  { "shutting down", "the server is shutting down" },
  { "terminating", "the server closed the connection" },
  { "closed the connection", "the server closed the connection" },
  { "no connection to the server", "the server closed the connection" },
}

local LASTING_TOO = {
  { "ssl", "the server and this host cannot agree on encryption" },
  { "certificate", "the certificate is not accepted" },
  { "row%-level security", "the user may not read or write the tables" },
  { "permission denied", "the user may not read or write the tables" },
}

local PASSING_TOO = {
  { "no space", "the server's disk is full" }, { "disk full", "the server's disk is full" },
  { "read.only", "the database is read-only" },
}

local OF_A_CALL = {
  { "does not exist", "there is no such database, user or table" },
  { "invalid", "the URL is malformed" }, { "missing", "the URL is malformed" },
  { "in uri", "the URL is malformed" }, { "unexpected", "the URL is malformed" }, { "illegal", "the URL is malformed" },
}

-- The first that fits counts.
local ORDER = {
  { LASTING, true }, { PASSING, false }, { LASTING_TOO, true }, { PASSING_TOO, false }, { OF_A_CALL, true },
}

--- What was meant.
-- @tparam string reason of the driver
-- @treturn string
-- @treturn boolean|nil true if it lasts until somebody fixes it, false if it passes by itself, nil if nobody knows
function server_words.of(reason)
  reason = tostring(reason):lower()
  -- Below its first line a statement's failure quotes the statement, whose own words say nothing.
  if reason:find "^luasql: error executing" then reason = reason:match "^[^\n]*" end
  for _, group in ipairs(ORDER) do
    for _, class in ipairs(group[1]) do
      if reason:find(class[1]) then return class[2], group[2] end
    end
  end
  return "the server reports an error (see its log)", nil
end

return server_words
