/***
A serial port.
@submodule dfota.core
*/
#include <stddef.h>
#include <string.h>

#include "holder.h"
#include "lua_args.h"
#include "lua_error.h"
#include "lua_register.h"
#include "lua_stream.h"
#include "serial.h"

#define PORT "dfota.port"

enum { BAUD_DEFAULT = 115200 };

_Static_assert(offsetof(struct serial, io) == 0,
               "dfota_check_stream takes the handle for a stream");

static struct serial *check(lua_State *L) {
  return dfota_check_stream(L, PORT);
}

static int check_baud(lua_State *L, int index, lua_Integer baud) {
  luaL_argcheck(L, baud > 0 && baud <= 0x7fffffff, index, "not a baud rate");
  return (int)baud;
}

static void check_options(lua_State *L, struct serial_options *options) {
  static const char *const backends[] = {"auto", "tty", "libserialport", NULL};
  *options = (struct serial_options){.baud = BAUD_DEFAULT, .backend = backends[0]};
  if (lua_isnoneornil(L, 2)) return;
  luaL_checktype(L, 2, LUA_TTABLE);
  options->baud = check_baud(L, 2, dfota_option_integer(L, 2, "baud", BAUD_DEFAULT));
  lua_getfield(L, 2, "rtscts");
  options->rtscts = lua_toboolean(L, -1);
  lua_getfield(L, 2, "restore");
  options->restore = lua_toboolean(L, -1);
  lua_getfield(L, 2, "backend");
  lua_replace(L, 2); /* so that misuse is reported for an argument */
  options->backend = backends[luaL_checkoption(L, 2, backends[0], backends)];
  lua_pop(L, 2);
}

/***
Opens a serial port for exclusive use: raw, 8N1. Links such as those in /dev/serial/by-id are
followed.
@function open
@string name
@tparam[opt] table options `baud` (115200), `rtscts` (false), `restore` (false): put the line's
settings back as they were when the port is closed, except that modem lines stay as they are;
`backend`: `"auto"`, `"tty"` (ptys and anything else that libserialport does not support) or
`"libserialport"`
@return[1] the port
@return[2] nil
@return[2] error of kind `port_missing`, `port_permission`, `port_busy` (names the holder if
visible), `not_a_port`, `unsupported` (rate, flow control) or `io`
*/
static int open_port(lua_State *L) {
  struct failure failure;
  struct serial_options options;
  size_t size;
  const char *name = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, strlen(name) == size, 1, "the name contains a NUL byte");
  check_options(L, &options);
  struct serial *port = lua_newuserdatauv(L, sizeof *port, 1);
  serial_init(port);
  luaL_setmetatable(L, PORT);
  return serial_open(port, name, &options, &failure) ? 1 : dfota_fail(L, &failure);
}

/***
Closes the port; any number of times. The modem lines stay as they are.
@function port:close
*/
static int close_method(lua_State *L) {
  serial_close(luaL_checkudata(L, 1, PORT));
  return 0;
}

/***
The rate reported by the driver.
@function port:baud
@treturn integer baud; 0 if it has no number for it
*/
static int baud_method(lua_State *L) {
  lua_pushinteger(L, serial_baud(check(L)));
  return 1;
}

/***
Changes the rate: what was written is sent first, and the new rate is read back.
@function port:set_baud
@int baud
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `unsupported`, `timeout` (the other side stops us), `hangup`,
`interrupted` or `io`
*/
static int set_baud_method(lua_State *L) {
  struct failure failure;
  struct serial *port = check(L);
  int baud = check_baud(L, 2, luaL_checkinteger(L, 2));
  return dfota_result(L, serial_set_baud(port, baud, &failure), &failure);
}

/***
Switches hardware flow control.
@function port:set_rtscts
@bool on
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `unsupported`, `hangup` or `io`
*/
static int set_rtscts_method(lua_State *L) {
  struct failure failure;
  struct serial *port = check(L);
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  return dfota_result(L, serial_set_rtscts(port, lua_toboolean(L, 2), &failure), &failure);
}

static enum line_level level_of(lua_State *L, const char *line) {
  int type = lua_getfield(L, 2, line);
  enum line_level level = lua_toboolean(L, -1) ? LINE_ON : LINE_OFF;
  lua_pop(L, 1);
  return type == LUA_TNIL ? LINE_LEAVE : level;
}

/***
Sets modem control lines; one that is not named stays as it is.
@function port:lines
@tparam table lines `{dtr=boolean, rts=boolean}`
@treturn[1] boolean true; also, after the first time, on a port that has none
@return[2] nil
@return[2] error of kind `unsupported` (once for a port without modem lines), `hangup` or `io`
*/
static int lines_method(lua_State *L) {
  struct failure failure;
  struct serial *port = check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  bool ok = serial_set_lines(port, level_of(L, "dtr"), level_of(L, "rts"), &failure);
  return dfota_result(L, ok, &failure);
}

/***
Reads the modem status lines.
@function port:signals
@treturn[1] table `{cts=, dsr=, ri=, dcd=}`, booleans
@return[2] nil
@return[2] error of kind `unsupported`, `hangup` or `io`
*/
static int signals_method(lua_State *L) {
  struct failure failure;
  struct serial_signals signals;
  if (!serial_get_signals(check(L), &signals, &failure)) return dfota_fail(L, &failure);
  lua_createtable(L, 0, 4);
  lua_pushboolean(L, signals.cts);
  lua_setfield(L, -2, "cts");
  lua_pushboolean(L, signals.dsr);
  lua_setfield(L, -2, "dsr");
  lua_pushboolean(L, signals.ri);
  lua_setfield(L, -2, "ri");
  lua_pushboolean(L, signals.dcd);
  lua_setfield(L, -2, "dcd");
  return 1;
}

/***
Sends a break.
@function port:send_break
@number seconds
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `unsupported`, `interrupted` (the break has ended), `hangup` or `io`
*/
static int send_break_method(lua_State *L) {
  struct failure failure;
  struct serial *port = check(L);
  double seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds <= 60, 2, "outside of 0 to 60 seconds");
  return dfota_result(L, serial_break(port, seconds, &failure), &failure);
}

/***
Waits until everything written has been sent.
@function port:drain
@number[opt] timeout_s seconds
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `timeout`, `interrupted`, `hangup` or `io`
*/
static int drain_method(lua_State *L) {
  struct failure failure;
  struct serial *port = check(L);
  return dfota_result(L, serial_drain(port, dfota_check_timeout(L, 2), &failure), &failure);
}

/***
Discards what was received but not yet read.
@function port:discard
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `hangup` or `io`
*/
static int discard_method(lua_State *L) {
  struct failure failure;
  return dfota_result(L, serial_discard(check(L), &failure), &failure);
}

/***
Which backend opened the port.
@function port:backend
@treturn string `"tty"` or `"libserialport"`
*/
static int backend_method(lua_State *L) {
  lua_pushstring(L, serial_backend(check(L)));
  return 1;
}

/***
Is it the slave of a pty, whose number in /dev/pts is soon reused by another program?
@function port:is_pty
@treturn boolean
*/
static int is_pty_method(lua_State *L) {
  lua_pushboolean(L, check(L)->pty);
  return 1;
}

/***
Another process that has the port open. On a pty this is not refused, but worth a warning.
@function port:other_user
@treturn ?integer process id; nil if there is none, or none visible to this user
@treturn ?string the program's name
*/
static int other_user_method(lua_State *L) {
  struct holder holder;
  lua_pushnil(L);
  if (!serial_other_user(check(L), &holder)) return 1;
  lua_pushinteger(L, holder.pid);
  lua_pushstring(L, holder.name);
  return 2;
}

void dfota_register_port(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"baud", baud_method},
      {"set_baud", set_baud_method},
      {"lines", lines_method},
      {"set_rtscts", set_rtscts_method},
      {"signals", signals_method},
      {"send_break", send_break_method},
      {"drain", drain_method},
      {"discard", discard_method},
      {"backend", backend_method},
      {"is_pty", is_pty_method},
      {"other_user", other_user_method},
      {NULL, NULL},
  };
  static const luaL_Reg functions[] = {{"open", open_port}, {NULL, NULL}};
  dfota_stream_type(L, PORT, methods, close_method);
  luaL_setfuncs(L, functions, 0);
}
