/* What the lua_*.c files give each other: each adds its part to the table on top of the stack. */
#ifndef LUA_CORE_H
#define LUA_CORE_H

#include <lua.h>

void dfota_register_error(lua_State *L);
void dfota_register_lexer(lua_State *L);
void dfota_register_port(lua_State *L);
void dfota_register_pty(lua_State *L);
void dfota_register_upload(lua_State *L);
void dfota_register_signals(lua_State *L);

#endif
