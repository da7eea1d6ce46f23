/***
A pseudo-terminal: the other end of a port, for a simulated module.
@submodule dfota.core
*/
#include <stddef.h>

#include "lua_error.h"
#include "lua_register.h"
#include "lua_stream.h"
#include "pty.h"

#define PTY "dfota.pty"

_Static_assert(offsetof(struct pty, io) == 0, "dfota_check_stream takes the handle for a stream");

/***
Opens a pty, to simulate the module's side of a port. Its slave is raw from the start.
@function pty
@return[1] the pty: `read`, `write`, `exchange`, `now`, `tap` as of a port; `name()` is what the
client opens
@return[2] nil
@return[2] error of kind `io`
*/
static int new_pty(lua_State *L) {
  struct failure failure;
  struct pty *pty = lua_newuserdatauv(L, sizeof *pty, 1);
  pty_init(pty);
  luaL_setmetatable(L, PTY);
  return pty_open(pty, &failure) ? 1 : dfota_fail(L, &failure);
}

static int close_method(lua_State *L) {
  pty_close(luaL_checkudata(L, 1, PTY));
  return 0;
}

/***
The client's line settings, so that a wrong rate can be detected.
@function pty:line
@treturn[1] table `{baud=, rtscts=, xonxoff=, raw=, parity="none"|"even"|"odd"}`
@return[2] nil
@return[2] error of kind `io`
*/
static int line_method(lua_State *L) {
  struct failure failure;
  struct pty_line line;
  const struct pty *pty = dfota_check_stream(L, PTY);
  if (!pty_line(pty, &line, &failure)) return dfota_fail(L, &failure);
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, line.baud);
  lua_setfield(L, -2, "baud");
  lua_pushboolean(L, line.rtscts);
  lua_setfield(L, -2, "rtscts");
  lua_pushboolean(L, line.xonxoff);
  lua_setfield(L, -2, "xonxoff");
  lua_pushboolean(L, line.raw);
  lua_setfield(L, -2, "raw");
  lua_pushstring(L, line.parity);
  lua_setfield(L, -2, "parity");
  return 1;
}

void dfota_register_pty(lua_State *L) {
  static const luaL_Reg methods[] = {{"line", line_method}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"pty", new_pty}, {NULL, NULL}};
  dfota_stream_type(L, PTY, methods, close_method);
  luaL_setfuncs(L, functions, 0);
}
