/***
The lexer and the reply functions for Lua.
@submodule dfota.core
*/
#include <lauxlib.h>
#include <limits.h>

#include "at_lexer.h"
#include "at_reply.h"
#include "lua_args.h"
#include "lua_register.h"

#define LEXER "dfota.lexer"
#define DEFAULT_MAX_LINE 1024 /* bytes */

/* The string fed last is kept as the user value, because the lexer points into it. */
struct handle {
  struct at_lexer lexer;
  size_t max_line;
  char buffer[];
};

static const char *const KINDS[] = {
    [AT_LINE] = "line",           [AT_PROMPT] = "prompt", [AT_ACK] = "ack",
    [AT_TRUNCATED] = "truncated", [AT_DATA] = "data",
};

static const char *const CLASSES[] = {
    [AT_OK] = "ok",
    [AT_ERROR] = "error",
    [AT_CME] = "cme",
    [AT_CMS] = "cms",
    [AT_CONNECT] = "connect",
    [AT_NO_CARRIER] = "no_carrier",
    [AT_BUSY] = "busy",
    [AT_NO_ANSWER] = "no_answer",
    [AT_NO_DIALTONE] = "no_dialtone",
    [AT_DEACT_OK] = "deact_ok",
    [AT_POWER_DOWN] = "power_down",
    [AT_NO_RESPONSE] = "no_response",
};

/* Pushes class and code of a line, as far as it has them; returns how many. */
static int push_class(lua_State *L, const char *line, size_t length) {
  struct at_code code;
  enum at_class class = at_reply_classify(line, length, &code);
  if (class == AT_INFO) return 0;
  lua_pushstring(L, CLASSES[class]);
  if (code.text == NULL) return 1;
  if (code.numeric)
    lua_pushinteger(L, code.number);
  else
    lua_pushlstring(L, code.text, code.length);
  return 2;
}

static struct handle *check_lexer(lua_State *L) {
  return dfota_check_self(L);
}

/***
Feed bytes that were read. They are kept, not copied, until they are consumed.
@function lexer:feed
@tparam string bytes
@raise if the bytes fed before are not consumed
*/
static int lexer_feed(lua_State *L) {
  struct handle *handle = check_lexer(L);
  size_t length;
  const char *bytes = luaL_checklstring(L, 2, &length);
  if (!at_lexer_feed(&handle->lexer, bytes, length))
    return luaL_error(L, "lexer: take all events with next() before feeding more bytes");
  lua_settop(L, 2);
  lua_setiuservalue(L, 1, 1);
  return 0;
}

/***
Take the next event.

* "line": a line without its end, never empty. Lines end in CR, LF, CRLF or CRCRLF, and are reported
at the first of these bytes.
* "prompt": "> ", while it is expected.
* "ack": one or more 'A' in data mode.
* "truncated": the head of a line longer than `max_line`.
* "data": bytes of a file, as they are, while they are expected.

@function lexer:next
@treturn ?string kind, or nothing when all bytes are consumed
@treturn ?string text
@treturn ?string class of a line that is a final result code: "ok", "error", "cme", "cms",
"connect", "no_carrier", "busy", "no_answer", "no_dialtone", "deact_ok", "power_down" or
"no_response" (ITU-T V.250 5.7.1, 3GPP TS 27.007 9.2, and RDA's AT engine for the last). Whole lines
only: "OKAY" and "ERROR.log" are not
@treturn ?int|string code of "cme" and "cms", argument of "connect": an integer if it is all
digits
*/
static int lexer_next(lua_State *L) {
  struct handle *handle = check_lexer(L);
  struct at_event event;
  enum at_kind kind = at_lexer_next(&handle->lexer, &event);
  if (kind == AT_NONE) return 0;
  lua_pushstring(L, KINDS[kind]);
  lua_pushlstring(L, event.text, event.length);
  return 2 + (kind == AT_LINE ? push_class(L, event.text, event.length) : 0);
}

/***
Whether "> " at the beginning of a line is a prompt: it asks for a text, as AT+CMGS does (3GPP TS
27.005 3.5.1), and has no line end. Ends with the first prompt.
@function lexer:expect_prompt
@tparam boolean expected
*/
static int lexer_expect_prompt(lua_State *L) {
  at_lexer_expect_prompt(&check_lexer(L)->lexer, lua_toboolean(L, 2));
  return 0;
}

/***
Whether 'A' at the beginning of a line is an acknowledgement, as in the module's data mode with
acknowledgements (GSM FILE AT Commands Manual V1.5, on uploads). It is reported at once, since the
module may wait for data after it. If a letter follows, the last 'A' also began a word ("ABC"): the
line is reported whole, after a false acknowledgement.
@function lexer:data_mode
@tparam boolean on
*/
static int lexer_data_mode(lua_State *L) {
  at_lexer_data_mode(&check_lexer(L)->lexer, lua_toboolean(L, 2));
  return 0;
}

/***
Expect a file: the next `count` bytes are reported as they are, in one or more "data" events. If
`after_crlf`, one LF before them still belongs to the line that announced them, which was reported
at its CR. An incomplete line is forgotten.
@function lexer:expect_data
@tparam int count bytes; 0 ends it early
@tparam boolean after_crlf
*/
static int lexer_expect_data(lua_State *L) {
  struct handle *handle = check_lexer(L);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 0, 2, "cannot be negative");
  at_lexer_expect_data(&handle->lexer, (uint64_t)count, lua_toboolean(L, 3));
  return 0;
}

/***
The incomplete line, as far as next() has processed it.
@function lexer:pending
@treturn string text, "" if there is none
*/
static int lexer_pending(lua_State *L) {
  struct at_event head = at_lexer_pending(&check_lexer(L)->lexer);
  lua_pushlstring(L, head.text, head.length);
  return 1;
}

/***
Forget everything: bytes not consumed yet, an incomplete line, every mode.
@function lexer:reset
*/
static int lexer_reset(lua_State *L) {
  struct handle *handle = check_lexer(L);
  at_lexer_init(&handle->lexer, handle->buffer, handle->max_line);
  return 0;
}

static int lexer_tostring(lua_State *L) {
  const struct handle *handle = check_lexer(L);
  lua_pushfstring(L, LEXER " (lines of up to %d bytes)", (int)handle->max_line);
  return 1;
}

static lua_Integer max_line_of(lua_State *L) {
  if (lua_isnoneornil(L, 1)) return DEFAULT_MAX_LINE;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer bytes = dfota_option_integer(L, 1, "max_line", DEFAULT_MAX_LINE);
  luaL_argcheck(L, bytes >= AT_LEXER_MIN_LINE && bytes <= INT_MAX, 1, "max_line out of range");
  return bytes;
}

/***
A new lexer: splits bytes into lines and whatever else a module sends. It does no I/O.
@function lexer
@tparam[opt] table options
@tparam[opt=1024] int options.max_line the longest line reported whole, in bytes, at least 16
@treturn lexer
*/
static int new_lexer(lua_State *L) {
  size_t max_line = (size_t)max_line_of(L);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle + max_line, 1);
  handle->max_line = max_line;
  at_lexer_init(&handle->lexer, handle->buffer, max_line);
  luaL_setmetatable(L, LEXER);
  return 1;
}

static void push_field(lua_State *L, const struct at_field *field) {
  switch (field->kind) {
  case AT_FIELD_MISSING: lua_pushboolean(L, false); break;
  case AT_FIELD_INTEGER:
  case AT_FIELD_PERCENT: lua_pushinteger(L, field->number); break;
  default: lua_pushlstring(L, field->text, field->length); break;
  }
}

/***
The fields of a line, from 1 to `n`: integers as integers, quoted strings without their quotes,
missing fields as false, anything else (hexadecimal, addresses) as strings without surrounding
spaces. A long number that begins with 0, or is too long for an integer, stays a string.
@function fields
@tparam string line
@treturn table fields; `n` how many, `prefix` such as "+CREG" if the line has one, and `percent[i]`
true if field i was an integer followed by '%'
*/
static int fields(lua_State *L) {
  size_t length;
  const char *line = luaL_checklstring(L, 1, &length);
  struct at_fields rest;
  struct at_field field;
  size_t prefix = at_fields_begin(&rest, line, length);
  lua_Integer n = 0;
  lua_createtable(L, 4, 3);
  lua_newtable(L);
  while (at_fields_next(&rest, &field)) {
    push_field(L, &field);
    lua_seti(L, -3, ++n);
    if (field.kind != AT_FIELD_PERCENT) continue;
    lua_pushboolean(L, true);
    lua_seti(L, -2, n);
  }
  lua_setfield(L, -2, "percent");
  lua_pushinteger(L, n);
  lua_setfield(L, -2, "n");
  if (prefix == 0) return 1;
  lua_pushlstring(L, line, prefix);
  lua_setfield(L, -2, "prefix");
  return 1;
}

/***
Is a line just an IPv4 address? That is the final result code of a command that answers without OK.
@function is_address
@tparam string line
@treturn boolean
*/
static int is_address(lua_State *L) {
  size_t length;
  const char *line = luaL_checklstring(L, 1, &length);
  lua_pushboolean(L, at_reply_is_address(line, length));
  return 1;
}

void dfota_register_lexer(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"feed", lexer_feed},
      {"next", lexer_next},
      {"expect_prompt", lexer_expect_prompt},
      {"data_mode", lexer_data_mode},
      {"expect_data", lexer_expect_data},
      {"pending", lexer_pending},
      {"reset", lexer_reset},
      {NULL, NULL},
  };
  static const luaL_Reg meta[] = {{"__tostring", lexer_tostring}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"lexer", new_lexer},
      {"fields", fields},
      {"is_address", is_address},
      {NULL, NULL},
  };
  luaL_newmetatable(L, LEXER);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, meta, 1);
  luaL_newlibtable(L, methods);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
