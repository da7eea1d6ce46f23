/***
Lua source as data: run in its own state, and the resulting table copied out of it.
@submodule dfota.core
*/
/* That state has no library with which the chunk could access files, catch an error or spend its
   time inside one C function, and its memory and steps are counted. Nothing in the chunk can evade
   the limits: it has no pcall, no coroutines and no metatables. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "lua_register.h"

#define SANDBOX "dfota.sandbox"
#define MAX_DEPTH 16 /* tables in tables */
#define MAX_CPU_S 2  /* a step may compare or copy long texts: counting steps is not enough */
#define STEPS_PER_LOOK 100
#define PAIR_BYTES 64 /* approximate cost of a key and its value in a table */

struct sandbox {
  lua_State *state;
  size_t used, limit; /* bytes */
  lua_Integer steps;  /* remaining */
  double deadline;    /* in CPU time, so that a busy machine makes no difference */
};

struct chunk {
  const char *source, *name;
  size_t length;
};

/* What is being copied, and how much more may be. */
struct copy {
  lua_State *from, *to;
  size_t left; /* bytes */
  int depth;
  const char *failure;
};

/* A lua_Alloc: for a new block `before` is a type, not a size. */
static void *allocate(void *data, void *block, size_t before, size_t after) {
  struct sandbox *box = data;
  void *moved;
  if (!block) before = 0;
  if (after > before && after - before > box->limit - box->used) return NULL;
  if (after == 0) {
    free(block);
    box->used -= before;
    return NULL;
  }
  moved = realloc(block, after);
  if (moved) box->used = box->used - before + after;
  return moved;
}

static int close_sandbox(lua_State *L) {
  struct sandbox *box = luaL_checkudata(L, 1, SANDBOX);
  if (box->state) lua_close(box->state);
  box->state = NULL;
  return 0;
}

static double cpu_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Created closed, so that it is closed whatever is raised from here on. */
static struct sandbox *new_sandbox(lua_State *L, lua_Integer steps, lua_Integer bytes) {
  struct sandbox *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box =
      (struct sandbox){.limit = (size_t)bytes, .steps = steps, .deadline = cpu_clock() + MAX_CPU_S};
  luaL_setmetatable(L, SANDBOX);
  box->state = lua_newstate(allocate, box);
  if (!box->state) luaL_error(L, "not enough memory for a table file");
  return box;
}

static void look(lua_State *S, lua_Debug *unused) {
  void *data;
  struct sandbox *box;
  (void)unused;
  lua_getallocf(S, &data);
  box = data;
  box->steps -= STEPS_PER_LOOK;
  if (box->steps > 0 && cpu_clock() < box->deadline) return;
  luaL_where(S, 0);
  lua_pushliteral(S, "takes too long: it should only return a table");
  lua_concat(S, 2);
  lua_error(S);
}

/* Each of these returns quickly, whatever its arguments; none of them calls its arguments. */
static const char *const harmless[] = {"assert",   "error",    "ipairs", "next", "pairs",
                                       "rawequal", "rawlen",   "select", "type", "tonumber",
                                       "tostring", "_VERSION", NULL};

static void push_environment(lua_State *S) {
  const char *const *name;
  luaopen_base(S);
  lua_createtable(S, 0, (int)(sizeof harmless / sizeof *harmless));
  for (name = harmless; *name; name++) {
    lua_getfield(S, -2, *name);
    lua_setfield(S, -2, *name);
  }
  luaopen_math(S);
  lua_setfield(S, -2, "math");
  lua_remove(S, -2);
}

/* Protected: runs in the sandbox, raises any error, leaves the chunk's value. */
static int run_chunk(lua_State *S) {
  struct chunk *chunk = lua_touserdata(S, 1);
  if (luaL_loadbufferx(S, chunk->source, chunk->length, chunk->name, "t") != LUA_OK) lua_error(S);
  push_environment(S);
  lua_setupvalue(S, -2, 1);
  lua_sethook(S, look, LUA_MASKCOUNT, STEPS_PER_LOOK);
  lua_call(S, 0, 1);
  lua_sethook(S, NULL, 0, 0);
  return 1;
}

/* Raised strings are reported as they are; a chunk may raise anything. */
static const char *reason_of(lua_State *S, int status) {
  if (status == LUA_ERRMEM) return "takes too much memory: it should only return a table";
  if (lua_type(S, -1) == LUA_TSTRING) return lua_tostring(S, -1);
  return "raised something other than a string";
}

static bool spend(struct copy *copy, size_t bytes) {
  if (bytes > copy->left) {
    copy->failure = "returns too large a table";
    return false;
  }
  copy->left -= bytes;
  return true;
}

static bool copy_text(struct copy *copy, int index) {
  size_t length;
  const char *text = lua_tolstring(copy->from, index, &length);
  if (!spend(copy, length)) return false;
  lua_pushlstring(copy->to, text, length);
  return true;
}

static bool copy_number(struct copy *copy, int index) {
  if (lua_isinteger(copy->from, index))
    lua_pushinteger(copy->to, lua_tointeger(copy->from, index));
  else
    lua_pushnumber(copy->to, lua_tonumber(copy->from, index));
  return true;
}

static bool copy_scalar(struct copy *copy, int index) {
  switch (lua_type(copy->from, index)) {
  case LUA_TNIL: lua_pushnil(copy->to); return true;
  case LUA_TBOOLEAN: lua_pushboolean(copy->to, lua_toboolean(copy->from, index)); return true;
  case LUA_TNUMBER: return copy_number(copy, index);
  case LUA_TSTRING: return copy_text(copy, index);
  case LUA_TTABLE: copy->failure = "returns a table with a table as a key"; return false;
  default: copy->failure = "returns a function, which is not data"; return false;
  }
}

/* Prepares lua_next for the table on top of one stack, and lua_rawset on the other. */
static bool open_table(struct copy *copy) {
  if (copy->depth == MAX_DEPTH) {
    copy->failure = "returns a table that is nested too deeply, or contains itself";
    return false;
  }
  copy->depth++;
  lua_pushnil(copy->from);
  lua_newtable(copy->to);
  return true;
}

/* The complete table becomes the value of the pair it was opened for. */
static void close_table(struct copy *copy) {
  copy->depth--;
  if (copy->depth == 0) return;
  lua_pop(copy->from, 1);
  lua_rawset(copy->to, -3);
}

/* On top of one stack: table, key, value. On top of the other: table. */
static bool copy_pair(struct copy *copy) {
  if (!spend(copy, PAIR_BYTES) || !copy_scalar(copy, -2)) return false;
  if (lua_istable(copy->from, -1)) return open_table(copy);
  if (!copy_scalar(copy, -1)) return false;
  lua_rawset(copy->to, -3);
  lua_pop(copy->from, 1);
  return true;
}

/* Leaves a copy of the value on top of the other stack, or sets the failure. */
static bool copy_value(struct copy *copy) {
  if (!lua_istable(copy->from, -1)) return copy_scalar(copy, -1);
  if (!open_table(copy)) return false;
  while (copy->depth > 0) {
    if (!lua_next(copy->from, -2))
      close_table(copy);
    else if (!copy_pair(copy))
      return false;
  }
  return true;
}

/* Pushes the copy, or nil and the reason. */
static int give_copy(lua_State *L, struct sandbox *box) {
  struct copy copy = {.from = box->state, .to = L, .left = box->limit};
  int top = lua_gettop(L);
  if (!lua_checkstack(copy.from, 3 * MAX_DEPTH)) return luaL_error(L, "no room on a stack");
  luaL_checkstack(L, 3 * MAX_DEPTH, "a table file");
  if (copy_value(&copy)) return 1;
  lua_settop(L, top);
  lua_pushnil(L);
  lua_pushstring(L, copy.failure);
  return 2;
}

static int run_sandbox(lua_State *L, struct sandbox *box, struct chunk *chunk) {
  int status;
  lua_pushcfunction(box->state, run_chunk);
  lua_pushlightuserdata(box->state, chunk);
  status = lua_pcall(box->state, 1, 1, 0);
  if (status == LUA_OK) return give_copy(L, box);
  lua_pushnil(L);
  lua_pushstring(L, reason_of(box->state, status));
  return 2;
}

/***
Runs Lua source as data and returns its result: nil, a boolean, a number, a string, or a table of
these. The source runs isolated from this program: without `os`, `io`, `debug`, `string`, `table`
and `load`, with nothing that could catch an error, and within limits that it cannot evade.
@function read_table
@string source text; bytecode is refused
@string name what Lua's messages call it (`=name` for the name as it is)
@int steps virtual machine instructions that it may take
@int bytes memory that it may use; the same limit applies to what it returns
@return what it returned
@treturn[2] nil
@treturn[2] string the reason, with the line if Lua knows it
*/
static int read_table(lua_State *L) {
  struct chunk chunk = {0};
  lua_Integer steps = luaL_checkinteger(L, 3), bytes = luaL_checkinteger(L, 4);
  struct sandbox *box;
  int count;
  chunk.source = luaL_checklstring(L, 1, &chunk.length);
  chunk.name = luaL_checkstring(L, 2);
  luaL_argcheck(L, steps > 0, 3, "at least one step");
  luaL_argcheck(L, bytes > 0 && bytes <= 1 << 30, 4, "1 to 2^30 bytes");
  box = new_sandbox(L, steps, bytes);
  count = run_sandbox(L, box, &chunk);
  lua_close(box->state);
  box->state = NULL;
  return count;
}

void dfota_register_table(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", close_sandbox}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"read_table", read_table}, {NULL, NULL}};
  luaL_newmetatable(L, SANDBOX);
  luaL_setfuncs(L, meta, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
