/***
SHA-256 of a package, of what is sent and of what comes back. By libmd, which has nothing else with
it: OpenSSL, mapped into each of a fleet's processes, costs half a megabyte in each.
@submodule dfota.core
*/
#include <lauxlib.h>
#include <sha2.h>
#include <stdbool.h>

#include "lua_register.h"

#define SHA256 "dfota.sha256"

struct handle {
  SHA2_CTX sha;
  bool closed; /* its hash was taken */
};

static struct handle *check(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, SHA256);
  if (handle->closed) luaL_error(L, "attempt to use a closed " SHA256);
  return handle;
}

/***
Begins a SHA-256 hash.
@function sha256
@treturn userdata with the methods `update` and `final`
*/
static int sha256(lua_State *L) {
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  SHA256Init(&handle->sha);
  handle->closed = false;
  luaL_setmetatable(L, SHA256);
  return 1;
}

/***
A hash that has begun.
@type Sha256
*/

/***
Adds bytes.
@function update
@tparam string bytes
@treturn userdata itself
*/
static int update(lua_State *L) {
  struct handle *handle = check(L);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  SHA256Update(&handle->sha, (const unsigned char *)bytes, size);
  lua_settop(L, 1);
  return 1;
}

/***
Ends it.
@function final
@treturn string 32 bytes
*/
static int final(lua_State *L) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  struct handle *handle = check(L);
  SHA256Final(hash, &handle->sha);
  handle->closed = true;
  lua_pushlstring(L, (const char *)hash, sizeof hash);
  return 1;
}

void dfota_register_sha256(lua_State *L) {
  static const luaL_Reg methods[] = {{"update", update}, {"final", final}, {NULL, NULL}};
  luaL_newmetatable(L, SHA256);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, sha256);
  lua_setfield(L, -2, "sha256");
}
