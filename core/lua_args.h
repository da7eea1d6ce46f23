/* Arguments of the functions for Lua, checked: misuse raises. */
#ifndef DFOTA_LUA_ARGS_H
#define DFOTA_LUA_ARGS_H

#include <lua.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The handle in argument 1 of a method whose first upvalue is its type's metatable: what is asked
   for every line looks nothing up by name. */
void *dfota_check_self(lua_State *L);

/* A count of bytes; one that this machine cannot hold is misuse, too. */
size_t dfota_check_size(lua_State *L, int index);

/* Seconds: none or nil wait for ever, less than 0 is 0. */
double dfota_check_timeout(lua_State *L, int index);

/* An integer option of the table at that index; misuse is told by the option's name. */
lua_Integer dfota_option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise);

#pragma GCC visibility pop

#endif
