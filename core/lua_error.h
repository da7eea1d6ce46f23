/* Failures as Lua values: {kind=, message=, code=} with metatable "dfota.error". */
#ifndef DFOTA_LUA_ERROR_H
#define DFOTA_LUA_ERROR_H

#include <lua.h>

#include "failure.h"

#pragma GCC visibility push(hidden)

/* Pushes nil and the error; returns 2, to be returned by a C function. */
int dfota_fail(lua_State *L, const struct failure *failure);

/* Pushes true, or fails: for calls that have nothing else to return. */
int dfota_result(lua_State *L, bool ok, const struct failure *failure);

#pragma GCC visibility pop

#endif
