/***
Failures as every function of the core returns them.
@submodule dfota.core
*/
#include "lua_error.h"

#include <lauxlib.h>

#include "lua_register.h"

#define ERROR "dfota.error"

int dfota_fail(lua_State *L, const struct failure *failure) {
  lua_pushnil(L);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, failure_name(failure->kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, failure->message);
  lua_setfield(L, -2, "message");
  if (failure->code != 0) {
    lua_pushinteger(L, failure->code);
    lua_setfield(L, -2, "code");
  }
  luaL_setmetatable(L, ERROR);
  return 2;
}

int dfota_result(lua_State *L, bool ok, const struct failure *failure) {
  if (!ok) return dfota_fail(L, failure);
  lua_pushboolean(L, 1);
  return 1;
}

/***
Creates a failure, as every function of this program returns it after `nil`.
@function error
@string kind what the program acts on, such as `"timeout"`
@string message one line for people, naming the port or file and what to do
@param[opt] code a number (errno, or the module's own) or the text of a textual code
@return a table `{kind=, message=, code=}` that `tostring` turns into its message
*/
static int new_error(lua_State *L) {
  luaL_checkstring(L, 1);
  luaL_checkstring(L, 2);
  if (!lua_isnoneornil(L, 3) && lua_type(L, 3) != LUA_TSTRING) luaL_checkinteger(L, 3);
  lua_settop(L, 3);
  lua_createtable(L, 0, 3);
  lua_insert(L, 1);
  lua_setfield(L, 1, "code");
  lua_setfield(L, 1, "message");
  lua_setfield(L, 1, "kind");
  luaL_setmetatable(L, ERROR);
  return 1;
}

/***
Is a value such a failure?
@function is_error
@param value anything
@treturn boolean
*/
static int is_error(lua_State *L) {
  lua_settop(L, 1);
  int is = 0;
  if (lua_istable(L, 1) && lua_getmetatable(L, 1)) {
    luaL_getmetatable(L, ERROR);
    is = lua_rawequal(L, -1, -2);
  }
  lua_pushboolean(L, is);
  return 1;
}

static int to_string(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "message");
  luaL_tolstring(L, -1, NULL);
  return 1;
}

void dfota_register_error(lua_State *L) {
  static const luaL_Reg meta[] = {{"__tostring", to_string}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"error", new_error}, {"is_error", is_error}, {NULL, NULL}};
  luaL_newmetatable(L, ERROR);
  luaL_setfuncs(L, meta, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
