/* The parts that make up dfota.core. */
#ifndef DFOTA_LUA_REGISTER_H
#define DFOTA_LUA_REGISTER_H

#include <lua.h>

#pragma GCC visibility push(hidden)

/* Each adds its part to the table on top of the stack. */
void dfota_register_error(lua_State *L);
void dfota_register_lexer(lua_State *L);
void dfota_register_port(lua_State *L);
void dfota_register_ports(lua_State *L);
void dfota_register_pty(lua_State *L);
void dfota_register_sha256(lua_State *L);
void dfota_register_upload(lua_State *L);
void dfota_register_signals(lua_State *L);
void dfota_register_table(lua_State *L);

#pragma GCC visibility pop

#endif
