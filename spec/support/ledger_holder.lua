-- Locks an SQLite ledger: arg[1] the file, arg[2] for how many seconds. Reports when it has the lock.
package.path, package.cpath = "lua/?.lua;" .. package.path, "lua/?.so;" .. package.cpath
local book = assert(require("dfota.ledger.book").open(arg[1]))
assert(book.conn:execute "BEGIN IMMEDIATE")
io.stdout:write("held\n")
io.stdout:flush()
require("dfota.core").wait(tonumber(arg[2]))
assert(book.conn:execute "COMMIT")
