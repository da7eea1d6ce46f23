/* Checking the arguments of Lua functions: misuse raises. */
#ifndef DFOTA_LUA_ARGS_H
#define DFOTA_LUA_ARGS_H

#include <lua.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The handle in argument 1 of a method whose first upvalue is its type's metatable: methods called
   for every line look nothing up by name. */
void *dfota_check_self(lua_State *L);

/* A count of bytes; one too large for this machine is misuse, too. */
size_t dfota_check_size(lua_State *L, int index);

/* Seconds: none or nil means no limit, less than 0 is 0. */
double dfota_check_timeout(lua_State *L, int index);

/* An integer option of the table at that index; misuse is reported by the option's name. */
lua_Integer dfota_option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise);

#pragma GCC visibility pop

#endif
