/* The methods common to ports and ptys, and how their handles are created. */
#ifndef DFOTA_LUA_STREAM_H
#define DFOTA_LUA_STREAM_H

#include <lauxlib.h>
#include <lua.h>

#include "stream.h"

#pragma GCC visibility push(hidden)

/* The open stream in argument 1, which must be a handle of this type; raises if it is closed.
   A struct stream comes first in every such handle. */
void *dfota_check_stream(lua_State *L, const char *type);

/* Creates the handle's metatable: the common methods, then its own. */
void dfota_stream_type(lua_State *L, const char *type, const luaL_Reg *methods,
                       lua_CFunction close);

#pragma GCC visibility pop

#endif
