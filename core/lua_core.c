/***
Bytes, lines and ports for Lua: everything that is faster, or only possible, in C.
What can go wrong in the field comes back as `nil, err`; misuse raises.
@module dfota.core
*/
#include "lua_register.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lua_error.h"
#include "signals.h"
#include "version.h"
#include "wait.h"

/* The only exported symbol: our headers hide everything they declare, so that a host program with
   its own wait_for or upload_begin does not replace ours. A rock is built without
   -fvisibility=hidden, hence the headers. */
#define EXPORTED __attribute__((visibility("default")))

EXPORTED int luaopen_dfota_core(lua_State *L);

/***
The clock of all time-outs.
@function now
@treturn number seconds, CLOCK_MONOTONIC
*/
static int now(lua_State *L) {
  lua_pushnumber(L, wait_clock());
  return 1;
}

/***
Requests SIGTERM when the parent process ends, however it ends, and makes writes fail that would
kill the process (a closed pipe, a limit on the size of files). For a child process that must not
outlive the program that started it, nor end before it.
@function die_with_parent
@int[opt] parent the process id of the parent, if known: detects a parent that ended before this
call
*/
static int die_with_parent(lua_State *L) {
  pid_t parent = (pid_t)luaL_optinteger(L, 1, getppid());
  signals_allow_failed_writes();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) raise(SIGTERM); /* it ended before we asked */
  return 0;
}

/***
Takes note of the end of a child that nobody else waits for: until then it is a zombie. Does not
wait for that end.
@function reap
@int pid
@treturn boolean whether it is gone
*/
static int reap(lua_State *L) {
  lua_Integer pid = luaL_checkinteger(L, 1);
  luaL_argcheck(L, pid > 0 && pid <= INT_MAX, 1, "not a process id");
  lua_pushboolean(L, waitpid((pid_t)pid, NULL, WNOHANG) != 0);
  return 1;
}

/***
Opens /dev/null as standard input, output and error if the program was started without them:
otherwise a port or file would get their numbers, and be written to by mistake. It is opened for
reading only, so that writing to it fails. Must be called before anything else is opened.
@function fill_standard_handles
*/
static int fill_standard_handles(lua_State *L) {
  int fd;
  (void)L;
  do {
    fd = open("/dev/null", O_RDONLY); /* not CLOEXEC: these are to be inherited */
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
  return 0;
}

/* The other side has not read what it was sent: waits until it does. */
static bool wait_for_room(int fd, double deadline, struct failure *failure) {
  short ready;
  enum wait_result result = wait_for(fd, POLLOUT, deadline, &ready);
  if (result == WAIT_READY) return true;
  if (result == WAIT_INTERRUPTED)
    return failure_set(failure, FAILURE_INTERRUPTED, 0, "interrupted while sending");
  return failure_set(failure, FAILURE_IO, 0, "the other side accepts no more data");
}

static bool send_until(int fd, const char *bytes, size_t size, double deadline,
                       struct failure *failure) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes += sent;
      size -= (size_t)sent;
    } else if (errno != EAGAIN && errno != EINTR) {
      return failure_set(failure, FAILURE_IO, errno, "sending failed: %s", strerror(errno));
    } else if (!wait_for_room(fd, deadline, failure)) {
      return false;
    }
  }
  return true;
}

/***
Sends to another process over a socket, all of it. If the other end is closed it is an error instead
of SIGPIPE.
@function send
@int fd of a connected socket
@tparam string bytes
@number[opt=0] timeout_s how long the other side may take to read what is more than fits at once
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `io`, or `interrupted`
*/
static int send_all(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  double deadline = wait_deadline(luaL_optnumber(L, 3, 0));
  struct failure failure = {0};
  return dfota_result(L, send_until(fd, bytes, size, deadline, &failure), &failure);
}

/***
The width of a terminal, as it is now: it may be resized at any time.
@function columns
@int fd of the terminal
@treturn int|nil columns; nil if it is no terminal, or does not know (a serial console)
*/
static int columns(lua_State *L) {
  struct winsize size;
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    lua_pushinteger(L, size.ws_col);
  else
    lua_pushnil(L);
  return 1;
}

/***
Locks an open file for as long as it stays open, which ends with the process however that ends. The
system call is one that nobody can come between. Programs that are started do not inherit it if the
file is closed for them, as luv does.
@function lock
@int fd of the file
@treturn boolean false if another one has it; true also where the file system knows no locks
*/
static int lock(lua_State *L) {
  int result = flock((int)luaL_checkinteger(L, 1), LOCK_EX | LOCK_NB);
  lua_pushboolean(L, result == 0 || errno != EWOULDBLOCK);
  return 1;
}

int luaopen_dfota_core(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"now", now},       {"die_with_parent", die_with_parent},
      {"reap", reap},     {"fill_standard_handles", fill_standard_handles},
      {"send", send_all}, {"columns", columns},
      {"lock", lock},     {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_pushliteral(L, DFOTA_VERSION);
  lua_setfield(L, -2, "version");
  dfota_register_error(L);
  dfota_register_lexer(L);
  dfota_register_port(L);
  dfota_register_ports(L);
  dfota_register_pty(L);
  dfota_register_sha256(L);
  dfota_register_upload(L);
  dfota_register_signals(L);
  dfota_register_table(L);
  return 1;
}
