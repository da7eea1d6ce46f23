local server_words = require "dfota.ledger.server_words"

local CASES = {
  { 'FATAL:  password authentication failed for user "gw"', "the server does not accept the user or the password",
    true },
  { 'FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "the server does not let this host in", true },
  { 'connection to server at "db", port 5432 failed: Connection refused', "nothing listens there", false },
  { 'connection to server on socket "/x" failed: No such file or directory', "nothing listens there", false },
  { 'end of string reached when looking for matching "]" in IPv6 host address in URI: "postgres://["',
    "the URL is malformed", true },
  { 'could not translate host name "s3cret" to address', "unknown host", false },
  { "FATAL:  sorry, too many clients already", "the server has no free connection", false },
  { 'connection to server on socket "/x" failed: Resource temporarily unavailable', "the server has no free connection",
    false },
  { "FATAL:  the database system is in recovery mode", "the server is starting", false },
  { "ERROR:  canceling statement due to statement timeout", "the server does not answer", false },
  { "FATAL:  terminating connection due to administrator command", "the server closed the connection", false },
  { 'ERROR:  new row violates row-level security policy for table "updates"', "the user may not read or write", true },
  { "ERROR:  permission denied for table runs", "the user may not read or write the tables", true },
  { 'ERROR:  could not extend file "base/5/1": No space left on device', "the server's disk is full", false },
  { "LuaSQL: error executing statement. PostgreSQL: ERROR:  could not extend file: No space left on device\n"
    .. "CONTEXT:  SQL statement \"INSERT INTO updates (refused)\"", "the server's disk is full", false },
  { "ERROR:  cannot execute INSERT in a read-only transaction", "the database is read-only", false },
  { 'FATAL:  role "s3cret" does not exist', "there is no such database, user or table", true },
  { 'invalid URI query parameter: "s3cret"', "the URL is malformed", true },
  { "anything else: s3cret", "the server reports an error (see its log)", nil },
}

describe("What a PostgreSQL server says", function()
  it("is told in our own words, which repeat none of its own, and say whether waiting helps", function()
    for _, case in ipairs(CASES) do
      local words, lasting = server_words.of(case[1])
      assert.equal(case[2], words:sub(1, #case[2]), case[1])
      assert.equal(case[3], lasting, case[1])
      assert.is_nil(words:find("s3cret", 1, true))
    end
  end)
end)
