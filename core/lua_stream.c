/***
What ports and ptys have in common: reading, writing and waiting.
@submodule dfota.core
*/
#include "lua_stream.h"

#include <poll.h>

#include "lua_args.h"
#include "lua_error.h"
#include "wait.h"

enum { TAP = 1 };          /* user value of a handle: the listener */
enum { READ_SIZE = 4096 }; /* more than a tty returns at once */

static int closed(lua_State *L, const char *type) {
  return luaL_error(L, "attempt to use a closed %s", type);
}

void *dfota_check_stream(lua_State *L, const char *type) {
  struct stream *stream = luaL_checkudata(L, 1, type);
  if (stream->fd < 0) closed(L, type);
  return stream;
}

/* Shared methods have their handle's metatable as an upvalue. The name lives as long as that. */
static const char *type_of(lua_State *L) {
  lua_getfield(L, lua_upvalueindex(1), "__name");
  const char *type = lua_tostring(L, -1);
  lua_pop(L, 1);
  return type;
}

static struct stream *check(lua_State *L) {
  struct stream *stream = dfota_check_self(L);
  if (stream->fd < 0) closed(L, type_of(L));
  return stream;
}

/* Passes the bytes on top of the stack, which stay there, to the tap. */
static void tell(lua_State *L, const char *direction) {
  if (lua_getiuservalue(L, 1, TAP) == LUA_TFUNCTION) {
    lua_pushstring(L, direction);
    lua_pushvalue(L, -3);
    lua_pushnumber(L, wait_clock());
    lua_call(L, 3, 0);
  } else {
    lua_pop(L, 1);
  }
}

static void tell_written(lua_State *L, const char *bytes, size_t size) {
  if (size == 0) return;
  lua_pushlstring(L, bytes, size);
  tell(L, "tx");
  lua_pop(L, 1);
}

/***
Waits for bytes, and reads all that are there: one poll, one read.
@function port:read
@number[opt] timeout_s seconds to wait; 0 does not wait, none waits without limit
@treturn[1] string at least one byte
@return[2] nil
@return[2] error of kind `timeout`, `hangup`, `interrupted` or `io`; what was received before a
hang-up is returned first
*/
static int read_method(lua_State *L) {
  char bytes[READ_SIZE];
  struct stream *stream = check(L);
  struct transfer transfer = {.in = bytes, .in_size = sizeof bytes};
  struct failure failure;
  if (!stream_exchange(stream, &transfer, dfota_check_timeout(L, 2), &failure))
    return dfota_fail(L, &failure);
  lua_pushlstring(L, bytes, transfer.received);
  tell(L, "rx");
  return 1;
}

/***
Writes all the bytes. After an error it is not known how many were written: use `exchange` for that.
@function port:write
@string bytes
@number[opt] timeout_s seconds for all of it
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `timeout`, `hangup`, `interrupted` (only if it had to wait) or `io`
*/
static int write_method(lua_State *L) {
  size_t size, written;
  struct stream *stream = check(L);
  const char *bytes = luaL_checklstring(L, 2, &size);
  struct failure failure;
  bool ok = stream_write(stream, bytes, size, dfota_check_timeout(L, 3), &written, &failure);
  tell_written(L, bytes, written);
  return dfota_result(L, ok, &failure);
}

/***
Reads what is there and writes what fits, after one poll for both.
@function port:exchange
@tparam ?string bytes to be written, or nil to read only
@int[opt=1] first where in bytes to begin
@number[opt] timeout_s seconds to wait until something can be done
@treturn[1] integer how many bytes were written
@treturn[1] string what was received, `""` if nothing
@return[2] nil
@return[2] error as of `read`; nothing was written then
*/
static int exchange_method(lua_State *L) {
  char in[READ_SIZE];
  size_t size = 0;
  struct stream *stream = check(L);
  const char *bytes = luaL_optlstring(L, 2, "", &size);
  lua_Integer first = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, first >= 1 && (lua_Unsigned)first <= size + 1, 3, "outside of the bytes");
  struct transfer transfer = {.out = bytes + first - 1,
                              .out_size = size - (size_t)(first - 1),
                              .in = in,
                              .in_size = sizeof in};
  struct failure failure;
  if (!stream_exchange(stream, &transfer, dfota_check_timeout(L, 4), &failure))
    return dfota_fail(L, &failure);
  lua_pushinteger(L, (lua_Integer)transfer.written);
  lua_pushlstring(L, in, transfer.received);
  if (transfer.received > 0) tell(L, "rx");
  tell_written(L, transfer.out, transfer.written);
  return 2;
}

/***
The clock of all time-outs and taps.
@function port:now
@treturn number seconds, CLOCK_MONOTONIC
*/
static int now_method(lua_State *L) {
  check(L);
  lua_pushnumber(L, wait_clock());
  return 1;
}

/***
Passes every byte to a function, immediately. It must not raise: the bytes would be lost.
@function port:tap
@tparam ?func listener called with `"rx"` or `"tx"`, the bytes, the time in seconds; nil ends it
*/
static int tap_method(lua_State *L) {
  check(L);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_setiuservalue(L, 1, TAP);
  return 0;
}

/***
The name it was opened with.
@function port:name
@treturn string
*/
static int name_method(lua_State *L) {
  lua_pushstring(L, check(L)->name);
  return 1;
}

/***
The descriptor, for external event loops: with `events` and `timeout` this is what cqueues requires.
@function port:pollfd
@treturn integer
*/
static int pollfd_method(lua_State *L) {
  lua_pushinteger(L, check(L)->fd);
  return 1;
}

/***
What such a loop should wait for.
@function port:events
@treturn string `"r"`
*/
static int events_method(lua_State *L) {
  check(L);
  lua_pushliteral(L, "r");
  return 1;
}

/***
How long such a loop may wait for it.
@function port:timeout
@return nil: no limit
*/
static int timeout_method(lua_State *L) {
  check(L);
  lua_pushnil(L);
  return 1;
}

static int to_string(lua_State *L) {
  const struct stream *stream = dfota_check_self(L);
  lua_pushfstring(L, "%s (%s)", type_of(L), stream->fd < 0 ? "closed" : stream->name);
  return 1;
}

void dfota_stream_type(lua_State *L, const char *type, const luaL_Reg *methods,
                       lua_CFunction close) {
  static const luaL_Reg common[] = {
      {"read", read_method},         {"write", write_method},
      {"exchange", exchange_method}, {"now", now_method},
      {"tap", tap_method},           {"name", name_method},
      {"pollfd", pollfd_method},     {"events", events_method},
      {"timeout", timeout_method},   {NULL, NULL},
  };
  const luaL_Reg ends[] = {{"close", close}, {NULL, NULL}};
  const luaL_Reg meta[] = {{"__gc", close}, {"__close", close}, {NULL, NULL}};
  const luaL_Reg words[] = {{"__tostring", to_string}, {NULL, NULL}};
  luaL_newmetatable(L, type); /* with __name */
  luaL_setfuncs(L, meta, 0);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, words, 1);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, common, 1);
  luaL_setfuncs(L, ends, 0);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
