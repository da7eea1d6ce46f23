/***
Signals that end a wait instead of the process.
@submodule dfota.core
*/
#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "lua_error.h"
#include "lua_register.h"
#include "signals.h"
#include "wait.h"

/***
Catches INT, TERM, HUP and QUIT from now on: they are counted, and each ends one wait on a port or
pty with an error of kind `interrupted`. Writing to a closed pipe, or to a file at its size limit,
fails instead of killing the process. What was ignored before (nohup) stays ignored.
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
Keeps INT, TERM, HUP and QUIT back until `catch_signals`, which then counts those that came, or
`admit_signals`: for a program that is still loading.
@function defer_signals
*/
static int defer_signals(lua_State *L) {
  (void)L;
  signals_defer();
  return 0;
}

/***
Lets in what `defer_signals` keeps back, without catching it: for a program that has handlers of its
own by now, such as libuv's. Between both, `release_signals` loses none.
@function admit_signals
*/
static int admit_signals(lua_State *L) {
  (void)L;
  signals_admit();
  return 0;
}

/***
Writing to a closed pipe, or to a file at its size limit, fails from now on instead of killing the
process: for a program that leaves all other signals as they are.
@function allow_failed_writes
*/
static int allow_failed_writes(lua_State *L) {
  (void)L;
  signals_allow_failed_writes();
  return 0;
}

/***
The signals received since the last call.
@function signals_taken
@treturn table `{INT=, TERM=, HUP=, QUIT=}`: how many of each
*/
static int signals_taken(lua_State *L) {
  struct signal_counts counts = signals_take();
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, counts.interrupt);
  lua_setfield(L, -2, "INT");
  lua_pushinteger(L, counts.terminate);
  lua_setfield(L, -2, "TERM");
  lua_pushinteger(L, counts.hangup);
  lua_setfield(L, -2, "HUP");
  lua_pushinteger(L, counts.quit);
  lua_setfield(L, -2, "QUIT");
  return 1;
}

/***
Is a signal ignored, as by `nohup`, or in the background of a script? Whoever brings handlers of
their own, such as libuv's, leaves that as it is.
@function signal_ignored
@string name INT, TERM, HUP or QUIT
@treturn boolean
*/
static int signal_ignored(lua_State *L) {
  static const char *const names[] = {"INT", "TERM", "HUP", "QUIT", NULL};
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  lua_pushboolean(L, signals_ignored(numbers[luaL_checkoption(L, 1, NULL, names)]));
  return 1;
}

/***
Restores the handlers from before `catch_signals`.
@function release_signals
*/
static int release_signals(lua_State *L) {
  (void)L;
  signals_release();
  return 0;
}

/***
Holds or releases signals: while held they are counted, but end no wait. For the short time in which
a command must be sent completely.
@function hold_signals
@tparam boolean hold
*/
static int hold_signals(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  signals_hold(lua_toboolean(L, 1));
  return 0;
}

/***
Waits without a port: until the time is over, or a descriptor is readable.
@function wait
@tparam number seconds
@int[opt] fd of something other than a port, such as a pipe; one whose other end was closed counts
as readable
@treturn[1] boolean true: the time is over, or with `fd`: it may be readable
@return[2] nil
@return[2] error of kind `interrupted`, `io`, or with `fd` `timeout`
*/
static int wait_seconds(lua_State *L) {
  double deadline = wait_deadline(luaL_checknumber(L, 1));
  int fd = (int)luaL_optinteger(L, 2, -1);
  short revents;
  enum wait_result result = wait_for(fd, POLLIN, deadline, &revents);
  /* A signal with another handler (SIGCHLD) is no reason to give up the wait. */
  if (result == WAIT_INTERRUPTED && fd >= 0 && !signals_caught()) result = WAIT_READY;
  struct failure failure = {0};
  if (result == WAIT_INTERRUPTED)
    failure_set(&failure, FAILURE_INTERRUPTED, EINTR, "interrupted by a signal");
  else if (result == WAIT_FAILED)
    failure_set(&failure, FAILURE_IO, errno, "waiting failed: %s", strerror(errno));
  else if (result == WAIT_TIMEOUT && fd >= 0)
    failure_set(&failure, FAILURE_TIMEOUT, 0, "timed out: nothing was received");
  return dfota_result(L, result == WAIT_READY || (result == WAIT_TIMEOUT && fd < 0), &failure);
}

/* Lua code that computes for ever waits for nothing, so that no wait can end it. lua_sethook may be
   called by a signal handler, and costs nothing before it is. */
static lua_State *watched;
static const char key_function, key_thread;

static void hook(lua_State *L, lua_Debug *where);

static void alarm_watched(void) {
  if (watched != NULL) lua_sethook(watched, hook, LUA_MASKCOUNT, 1);
}

/* Removed first, so that a signal in between installs it again. */
static void hook(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_function);
  lua_pushboolean(L, signals_unnoticed());
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    lua_error(L);
  }
  int next = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  if (next > 0) lua_sethook(L, hook, LUA_MASKCOUNT, next);
}

/***
Calls a function after a signal, before the next instruction of the calling thread: it may raise, to
end what that thread computes. It is called again after as many instructions as it returns; after an
error, which may have been caught, before each; otherwise after the next signal.
@function on_signal
@tparam function|nil fn called with whether a signal is still unnoticed: no wait has been ended by
it, and signals_taken has not reported it; nil: nothing is called any more
*/
static int on_signal(lua_State *L) {
  if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  if (watched != NULL && lua_gethook(watched) == hook) lua_sethook(watched, NULL, 0, 0);
  watched = NULL;
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_function);
  lua_pushthread(L); /* kept, as the handler uses it */
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_thread);
  bool wanted = lua_rawgetp(L, LUA_REGISTRYINDEX, &key_function) == LUA_TFUNCTION;
  signals_alarm(wanted ? alarm_watched : NULL);
  if (!wanted) return 0;
  watched = L;
  if (signals_unnoticed()) alarm_watched();
  return 0;
}

/***
Is there a signal that neither a wait nor `signals_taken` has reported yet?
@function signal_pending
@treturn boolean
*/
static int signal_pending(lua_State *L) {
  lua_pushboolean(L, signals_unnoticed());
  return 1;
}

void dfota_register_signals(lua_State *L) {
  static const luaL_Reg functions[] = {{"allow_failed_writes", allow_failed_writes},
                                       {"defer_signals", defer_signals},
                                       {"admit_signals", admit_signals},
                                       {"catch_signals", catch_signals},
                                       {"signals_taken", signals_taken},
                                       {"release_signals", release_signals},
                                       {"signal_ignored", signal_ignored},
                                       {"hold_signals", hold_signals},
                                       {"wait", wait_seconds},
                                       {"on_signal", on_signal},
                                       {"signal_pending", signal_pending},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
