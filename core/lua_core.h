/* What the lua_*.c files give each other. */
#ifndef LUA_CORE_H
#define LUA_CORE_H

#include <lua.h>

#pragma GCC visibility push(hidden)

/* A count of bytes as an argument; misuse raises, so does a count that this machine cannot hold. */
size_t dfota_check_size(lua_State *L, int index);

/* An integer option of the table at that index; misuse is told by the option's name. */
lua_Integer dfota_option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise);

/* Each adds its part to the table on top of the stack. */
void dfota_register_error(lua_State *L);
void dfota_register_lexer(lua_State *L);
void dfota_register_port(lua_State *L);
void dfota_register_pty(lua_State *L);
void dfota_register_upload(lua_State *L);
void dfota_register_signals(lua_State *L);
void dfota_register_table(lua_State *L);

#pragma GCC visibility pop

#endif
