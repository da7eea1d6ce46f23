#include "lua_args.h"

#include <lauxlib.h>
#include <math.h>

void *dfota_check_self(lua_State *L) {
  if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(1))) {
    lua_getfield(L, lua_upvalueindex(1), "__name");
    luaL_typeerror(L, 1, lua_tostring(L, -1));
  }
  lua_pop(L, 1);
  return lua_touserdata(L, 1);
}

size_t dfota_check_size(lua_State *L, int index) {
  lua_Integer count = luaL_checkinteger(L, index);
  size_t size = (size_t)count;
  luaL_argcheck(L, count >= 0, index, "a number of bytes cannot be negative");
  luaL_argcheck(L, (lua_Unsigned)size == (lua_Unsigned)count, index, "more than memory can hold");
  return size;
}

double dfota_check_timeout(lua_State *L, int index) {
  double timeout_s = luaL_optnumber(L, index, HUGE_VAL);
  luaL_argcheck(L, !isnan(timeout_s), index, "a number of seconds is expected");
  return timeout_s > 0 ? timeout_s : 0;
}

lua_Integer dfota_option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise) {
  int is_integer = 1;
  if (lua_getfield(L, index, name) != LUA_TNIL) otherwise = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer) luaL_argerror(L, index, lua_pushfstring(L, "%s is not an integer", name));
  lua_pop(L, 1);
  return otherwise;
}
