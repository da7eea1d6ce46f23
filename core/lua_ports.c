/***
The serial ports of this machine, and who holds them.
@submodule dfota.core
*/
#include <lauxlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "holder.h"
#include "lua_error.h"
#include "lua_register.h"
#include "serial_list.h"

static void set_text(lua_State *L, const char *field, const char *text) {
  if (text[0] == '\0') return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

static void set_id(lua_State *L, const char *field, int id) {
  if (id < 0) return;
  lua_pushinteger(L, id);
  lua_setfield(L, -2, field);
}

static int build_list(lua_State *L) {
  struct serial_list *ports = lua_touserdata(L, 1);
  struct serial_info info;
  lua_newtable(L);
  for (lua_Integer i = 1; serial_list_next(ports, &info); i++) {
    lua_newtable(L);
    set_text(L, "name", info.name);
    set_text(L, "description", info.description);
    set_text(L, "transport", info.transport);
    set_text(L, "manufacturer", info.manufacturer);
    set_text(L, "product", info.product);
    set_text(L, "serial", info.serial);
    set_text(L, "driver", info.driver);
    set_id(L, "vid", info.vid);
    set_id(L, "pid", info.pid);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

/***
The serial ports of this machine, read from /sys: nothing is opened. Those without hardware, without
a device in /dev, or used as the kernel's console are left out.
@function list
@string[opt=""] root prefix of /sys, /dev and /proc: for specs
@treturn[1] table a list of `{name=, description=, transport="usb"|"bluetooth"|"native", vid=, pid=,
manufacturer=, product=, serial=, driver=}`, as far as known
@return[2] nil
@return[2] error of kind `io`
*/
static int list(lua_State *L) {
  struct failure failure;
  struct serial_list ports;
  const char *root = luaL_optstring(L, 1, "");
  if (!serial_list_begin(&ports, root, &failure)) return dfota_fail(L, &failure);
  lua_pushcfunction(L, build_list); /* protected, so that the list is always freed */
  lua_pushlightuserdata(L, &ports);
  int status = lua_pcall(L, 1, 1, 0);
  serial_list_end(&ports);
  return status == LUA_OK ? 1 : lua_error(L);
}

/* Some programs lock the link they were given, some its target. */
static bool find_holder(const char *name, char *file, struct holder *holder) {
  char path[PATH_MAX];
  struct stat device;
  if (holder_by_lock_file(name, file, PATH_MAX, holder)) return true;
  bool found = realpath(name, path) != NULL;
  if (found && holder_by_lock_file(path, file, PATH_MAX, holder)) return true;
  file[0] = '\0';
  return found && stat(path, &device) == 0 && S_ISCHR(device.st_mode) &&
         holder_of_device(&device, holder);
}

/***
Who holds a port: the process in its lock file, with the lock on it, or with the port open. Nothing
is opened. Only root can see what other users' processes have open.
@function holder
@string name of the port
@treturn ?table `{pid=, name=, lock_file=}`: name of the program, if known; the lock file, if it is
that which names the process. nil if no holder is visible
*/
static int holder_of(lua_State *L) {
  char file[PATH_MAX];
  struct holder holder;
  const char *name = luaL_checkstring(L, 1);
  if (!find_holder(name, file, &holder)) {
    lua_pushnil(L);
    return 1;
  }
  lua_newtable(L);
  lua_pushinteger(L, holder.pid);
  lua_setfield(L, -2, "pid");
  set_text(L, "name", holder.name);
  set_text(L, "lock_file", file);
  return 1;
}

void dfota_register_ports(lua_State *L) {
  static const luaL_Reg functions[] = {{"list", list}, {"holder", holder_of}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
