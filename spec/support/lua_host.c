/* A small lua5.4 with the core linked in, so that the core can be built with sanitizers or coverage
   counters: `require "dfota.core"` gives the core in here, whatever lua/dfota/core.so is.
   Usage: lua_host [-e CODE] [SCRIPT [ARG…]]. Linked with -Wl,-E for the C modules that SCRIPT
   loads. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

int luaopen_dfota_core(lua_State *L);

/* `arg` as lua5.4 makes it: the script at 0, its arguments after, the interpreter before. */
static void push_arguments(lua_State *L, int argc, char **argv, int script) {
  lua_newtable(L);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

static int run_script(lua_State *L, int argc, char **argv, int script) {
  if (luaL_loadfile(L, argv[script]) != LUA_OK) return lua_error(L);
  luaL_checkstack(L, argc, "too many arguments");
  for (int i = script + 1; i < argc; i++) lua_pushstring(L, argv[i]);
  lua_call(L, argc - script - 1, 0);
  return 0;
}

static int protected_main(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  int script = argc > 2 && strcmp(argv[1], "-e") == 0 ? 3 : 1;
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_dfota_core);
  lua_setfield(L, -2, "dfota.core");
  push_arguments(L, argc, argv, script);
  if (script == 3 && luaL_dostring(L, argv[2])) return lua_error(L);
  if (script >= argc) return 0;
  return run_script(L, argc, argv, script);
}

static int traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

int main(int argc, char **argv) {
  static lua_State *L; /* static: after os.exit, what Lua still holds is reachable and no leak */
  int status;
  L = luaL_newstate();
  if (!L) return 1;
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, protected_main);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  status = lua_pcall(L, 2, 0, 1);
  if (status != LUA_OK) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return status == LUA_OK ? 0 : 1;
}
