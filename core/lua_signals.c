/***
Signals that end a wait instead of the process.
@submodule dfota.core
*/
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "lua_core.h"
#include "lua_error.h"
#include "signals.h"
#include "wait.h"

/***
Catches INT, TERM and HUP from now on: they are counted, and end any wait of a port or pty once with
an error of kind `interrupted`. Writing to a closed pipe, or to a file at the limit of its size,
fails instead of killing. What was ignored before (nohup) stays ignored.
@function catch_signals
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `io`
*/
static int catch_signals(lua_State *L) {
  struct failure failure = {0};
  bool ok = signals_catch();
  if (!ok)
    failure_set(&failure, FAILURE_IO, errno, "signals cannot be caught: %s", strerror(errno));
  return dfota_result(L, ok, &failure);
}

/***
What came since the last call.
@function signals_taken
@treturn table `{INT=, TERM=, HUP=}`: how many of each
*/
static int signals_taken(lua_State *L) {
  struct signal_counts counts = signals_take();
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, counts.interrupt);
  lua_setfield(L, -2, "INT");
  lua_pushinteger(L, counts.terminate);
  lua_setfield(L, -2, "TERM");
  lua_pushinteger(L, counts.hangup);
  lua_setfield(L, -2, "HUP");
  return 1;
}

/***
Puts the handlers back that were there before `catch_signals`.
@function release_signals
*/
static int release_signals(lua_State *L) {
  (void)L;
  signals_release();
  return 0;
}

/***
Holds signals back or lets them go: while held they are counted, and end no wait. For the moments
in which a command must go out whole.
@function hold_signals
@tparam boolean hold
*/
static int hold_signals(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  signals_hold(lua_toboolean(L, 1));
  return 0;
}

/***
Lets time pass where there is no port to wait on.
@function wait
@tparam number seconds
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `interrupted` or `io`
*/
static int wait_seconds(lua_State *L) {
  short revents;
  enum wait_result result = wait_for(-1, 0, wait_deadline(luaL_checknumber(L, 1)), &revents);
  struct failure failure = {0};
  if (result == WAIT_INTERRUPTED)
    failure_set(&failure, FAILURE_INTERRUPTED, EINTR, "interrupted by a signal");
  else if (result == WAIT_FAILED)
    failure_set(&failure, FAILURE_IO, errno, "waiting failed: %s", strerror(errno));
  return dfota_result(L, result == WAIT_TIMEOUT, &failure);
}

void dfota_register_signals(lua_State *L) {
  static const luaL_Reg functions[] = {{"catch_signals", catch_signals},
                                       {"signals_taken", signals_taken},
                                       {"release_signals", release_signals},
                                       {"hold_signals", hold_signals},
                                       {"wait", wait_seconds},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
