/***
Data mode: uploading a file to the module.
@submodule dfota.core
*/
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua_args.h"
#include "lua_error.h"
#include "lua_register.h"
#include "upload.h"

#define UPLOAD "dfota.upload"

enum { LUA_FILE = 1, NAME = 2 }; /* user values: the Lua file, and its name in messages */
enum { BLOCK_DEFAULT = 4096, BLOCK_MAX = 65536, SCAN_SIZE = 4096, SCAN_OFFSETS_MAX = 100 };

struct handle {
  struct upload upload;
  bool open;
};

static struct handle *check(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, UPLOAD);
  if (!handle->open) luaL_error(L, "attempt to use a closed " UPLOAD);
  return handle;
}

static bool io_failure(struct failure *f, int code, const char *name, const char *what) {
  return failure_set(f, FAILURE_IO, code, "%.200s: %s%s%s", name, what, code != 0 ? ": " : "",
                     code != 0 ? strerror(code) : "");
}

/* A file that is already too short is refused before more is announced to the other side. */
static bool check_size(FILE *file, const char *name, uint64_t size, struct failure *f) {
  struct stat state;
  off_t at = ftello(file);
  if (fstat(fileno(file), &state) != 0) return io_failure(f, errno, name, "cannot be examined");
  if (S_ISDIR(state.st_mode)) return io_failure(f, EISDIR, name, "cannot be sent");
  if (!S_ISREG(state.st_mode) || at < 0) return true;
  uint64_t left = state.st_size > at ? (uint64_t)(state.st_size - at) : 0;
  if (left >= size) return true;
  return failure_set(f, FAILURE_IO, 0, "%.200s: has %llu bytes to send, %llu were announced", name,
                     (unsigned long long)left, (unsigned long long)size);
}

/* A path is a Lua string: anything after a NUL byte would be silently ignored. */
static const char *check_path(lua_State *L, int arg) {
  size_t size;
  const char *path = luaL_checklstring(L, arg, &size);
  luaL_argcheck(L, strlen(path) == size, arg, "a path cannot contain a NUL byte");
  return path;
}

/* Does not block on a pipe in place of the package, nor make a terminal ours. */
static FILE *open_file(const char *name, struct failure *f) {
  struct stat state = {0};
  FILE *file = NULL;
  int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  bool known = fd >= 0 && fstat(fd, &state) == 0;
  bool fit = known && S_ISREG(state.st_mode);
  if (fit) file = fdopen(fd, "rb");
  if (file != NULL) return file;
  int code = known && !fit ? 0 : errno;
  if (known && S_ISDIR(state.st_mode)) code = EISDIR;
  if (fd >= 0) close(fd);
  io_failure(f, code, name, code != 0 ? "cannot be opened" : "is not a regular file");
  return NULL;
}

static int close_file(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

/***
Opens a regular file for reading. Pipes, on which `io.open` would block, and devices are refused; no
child process inherits it; and it is unbuffered, so that each read sees the current content.
@function open_file
@string path
@treturn[1] file as by `io.open`
@return[2] nil
@return[2] error of kind `io`
*/
static int open_regular(lua_State *L) {
  struct failure failure;
  const char *name = check_path(L, 1);
  luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  stream->closef = NULL; /* closed until there is a file */
  luaL_setmetatable(L, LUA_FILEHANDLE);
  stream->f = open_file(name, &failure);
  if (stream->f == NULL) return dfota_fail(L, &failure);
  setvbuf(stream->f, NULL, _IONBF, 0);
  stream->closef = close_file;
  return 1;
}

static FILE *given_file(lua_State *L) {
  luaL_Stream *given = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  luaL_argcheck(L, given->closef != NULL, 1, "the file is closed");
  return given->f;
}

static void close_handle(struct handle *handle) {
  if (handle->open) upload_end(&handle->upload);
  handle->open = false;
}

/* The name stays on the stack until the upload has it. */
static void check_options(lua_State *L, bool *ack, lua_Integer *block, const char **name) {
  *ack = false;
  *block = BLOCK_DEFAULT;
  *name = "the file";
  if (lua_isnoneornil(L, 3)) return;
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_getfield(L, 3, "ack");
  *ack = lua_toboolean(L, -1);
  *block = dfota_option_integer(L, 3, "block", BLOCK_DEFAULT);
  luaL_argcheck(L, *block >= 1 && *block <= BLOCK_MAX, 3, "block is outside of 1 to 65536");
  lua_pop(L, 1);
  lua_getfield(L, 3, "name");
  *name = luaL_optstring(L, -1, *name);
}

/***
Sends exactly `size` bytes of a file, in chunks, with constant memory. It writes nothing itself:
`chunk` returns what may be sent, and the caller reports back with `sent` and `acked`.
@function upload
@param file open, read from its current position
@int size how many bytes were announced to the other side
@tparam[opt] table options `ack` (an acknowledgement is awaited for every 1024 bytes: Quectel GSM
FILE manual), `block` (most bytes in a chunk, 4096), `name` (of the file, in messages)
@return[1] the upload
@return[2] nil
@return[2] error of kind `io`, also if the file is too short
*/
static int new_upload(lua_State *L) {
  struct failure failure;
  const char *name;
  bool ack;
  FILE *file = given_file(L);
  lua_Integer block, size = luaL_checkinteger(L, 2);
  luaL_argcheck(L, size >= 0, 2, "cannot be negative");
  check_options(L, &ack, &block, &name);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 2);
  *handle = (struct handle){0};
  luaL_setmetatable(L, UPLOAD);
  if (!check_size(file, name, (uint64_t)size, &failure)) return dfota_fail(L, &failure);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, LUA_FILE);
  lua_pushstring(L, name);
  lua_setiuservalue(L, -2, NAME);
  if (!upload_begin(&handle->upload, file, (uint64_t)size, (size_t)block, ack))
    return luaL_error(L, "not enough memory");
  handle->open = true;
  return 1;
}

static int close_method(lua_State *L) {
  close_handle(luaL_checkudata(L, 1, UPLOAD));
  return 0;
}

/* A Lua file may have been closed by the caller. */
static void check_file(lua_State *L) {
  lua_getiuservalue(L, 1, LUA_FILE);
  const luaL_Stream *given = luaL_testudata(L, -1, LUA_FILEHANDLE);
  if (given != NULL && given->closef == NULL) luaL_error(L, "the file of this upload is closed");
  lua_pop(L, 1);
}

static int chunk_failed(lua_State *L, const struct upload *upload, enum upload_state state,
                        int code) {
  struct failure failure;
  lua_getiuservalue(L, 1, NAME);
  const char *name = lua_tostring(L, -1);
  if (state == UPLOAD_FILE_ERROR)
    io_failure(&failure, code, name, "cannot be read");
  else
    failure_set(&failure, FAILURE_IO, 0, "%.200s: became shorter than the %llu bytes announced",
                name, (unsigned long long)upload->size);
  return dfota_fail(L, &failure);
}

/***
What may be written now. Until all of it is reported to `sent`, the rest is returned again.
@function upload:chunk
@treturn[1] string bytes
@return[2] nil: nothing to send now; acknowledgements are due, or all was sent
@return[3] nil
@return[3] error of kind `io`: the file cannot be read, or became shorter
*/
static int chunk_method(lua_State *L) {
  const unsigned char *bytes = NULL;
  size_t size = 0;
  struct handle *handle = check(L);
  check_file(L);
  enum upload_state state = upload_chunk(&handle->upload, &bytes, &size);
  int code = errno;
  switch (state) {
  case UPLOAD_READY: lua_pushlstring(L, (const char *)bytes, size); return 1;
  case UPLOAD_WAIT: lua_pushnil(L); return 1;
  case UPLOAD_FILE_SHORT:
  case UPLOAD_FILE_ERROR: break;
  }
  return chunk_failed(L, &handle->upload, state, code);
}

/***
Reports how many bytes of the chunk were sent.
@function upload:sent
@int count at most the length of the chunk
*/
static int sent_method(lua_State *L) {
  struct handle *handle = check(L);
  size_t count = dfota_check_size(L, 2);
  luaL_argcheck(L, upload_sent(&handle->upload, count), 2, "more bytes than in the chunk");
  return 0;
}

/***
Reports received acknowledgements.
@function upload:acked
@int count
@treturn[1] boolean true
@return[2] nil
@return[2] error of kind `io`: fewer blocks were sent than acknowledged, or none was requested
*/
static int acked_method(lua_State *L) {
  struct failure failure = {0};
  struct handle *handle = check(L);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 0, 2, "cannot be negative");
  bool ok = upload_acked(&handle->upload, (uint64_t)count);
  if (!ok)
    failure_set(&failure, FAILURE_IO, 0, "unexpected acknowledgement after %llu bytes",
                (unsigned long long)handle->upload.sent);
  return dfota_result(L, ok, &failure);
}

/***
The progress.
@function upload:bytes
@treturn integer bytes sent
@treturn integer bytes in total
*/
static int bytes_method(lua_State *L) {
  const struct handle *handle = check(L);
  lua_pushinteger(L, (lua_Integer)handle->upload.sent);
  lua_pushinteger(L, (lua_Integer)handle->upload.size);
  return 2;
}

/***
Was the last byte sent?
@function upload:done
@treturn boolean
*/
static int done_method(lua_State *L) {
  const struct handle *handle = check(L);
  lua_pushboolean(L, handle->upload.sent == handle->upload.size);
  return 1;
}

/***
The checksum of what was sent: XOR of 16-bit words, first byte high (Quectel GSM FILE manual).
@function upload:sum
@treturn integer 0 to 65535
*/
static int sum_method(lua_State *L) {
  lua_pushinteger(L, check(L)->upload.sum.value);
  return 1;
}

/***
Acknowledgements still due for what was sent; one for a last block of exactly 1024 does not count,
because it is not specified whether it comes.
@function upload:acks_owed
@treturn integer
*/
static int acks_owed_method(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)upload_acks_owed(&check(L)->upload));
  return 1;
}

static int to_string(lua_State *L) {
  const struct handle *handle = luaL_checkudata(L, 1, UPLOAD);
  if (handle->open)
    lua_pushfstring(L, UPLOAD " (%I of %I bytes)", (LUAI_UACINT)handle->upload.sent,
                    (LUAI_UACINT)handle->upload.size);
  else
    lua_pushliteral(L, UPLOAD " (closed)");
  return 1;
}

/***
The checksum alone, of one string or of several consecutive ones.
@function sum16
@string bytes
@int[opt=0] state the second result of the previous call
@treturn integer the checksum, 0 to 65535
@treturn integer the state to continue with (it includes whether the length so far is odd)
*/
static int sum16(lua_State *L) {
  enum { ODD = 0x10000, STATES = 0x20000 };
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  lua_Integer state = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, state >= 0 && state < STATES, 2, "not a state");
  struct sum16 sum = {.value = (uint16_t)(state % ODD), .odd = state >= ODD};
  sum16_add(&sum, (const unsigned char *)bytes, size);
  lua_pushinteger(L, sum.value);
  lua_pushinteger(L, sum.value + (sum.odd ? ODD : 0));
  return 2;
}

struct offsets {
  uint64_t first[SCAN_OFFSETS_MAX];
  size_t total;
};

static void note_offset(uint64_t offset, void *context) {
  struct offsets *offsets = context;
  if (offsets->total < SCAN_OFFSETS_MAX) offsets->first[offsets->total] = offset;
  offsets->total++;
}

static bool scan_file(FILE *file, const char *name, struct offsets *offsets, struct failure *f) {
  unsigned char bytes[SCAN_SIZE];
  struct plus_scan scan = {0};
  size_t size;
  while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
    plus_scan_feed(&scan, bytes, size, note_offset, offsets);
  int code = ferror(file) ? errno : 0;
  return code == 0 ? true : io_failure(f, code, name, "cannot be read");
}

/***
Finds "+++" in a file, which some firmware takes as the end of the data (Quectel GSM FILE manual).
@function scan_plus
@param file open, read from its current position
@string[opt="the file"] name of the file, in messages
@treturn[1] table offsets, from 0, of the first hundred runs of three or more; `n`: how many there
are
@return[2] nil
@return[2] error of kind `io`
*/
static int scan_plus(lua_State *L) {
  struct failure failure;
  struct offsets offsets = {.total = 0};
  const char *name = luaL_optstring(L, 2, "the file");
  if (!scan_file(given_file(L), name, &offsets, &failure)) return dfota_fail(L, &failure);
  lua_newtable(L);
  for (size_t i = 0; i < offsets.total && i < SCAN_OFFSETS_MAX; i++) {
    lua_pushinteger(L, (lua_Integer)offsets.first[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushinteger(L, (lua_Integer)offsets.total);
  lua_setfield(L, -2, "n");
  return 1;
}

void dfota_register_upload(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"chunk", chunk_method},         {"sent", sent_method},   {"acked", acked_method},
      {"bytes", bytes_method},         {"done", done_method},   {"sum", sum_method},
      {"acks_owed", acks_owed_method}, {"close", close_method}, {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", close_method}, {"__close", close_method}, {"__tostring", to_string}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"upload", new_upload},
                                       {"open_file", open_regular},
                                       {"sum16", sum16},
                                       {"scan_plus", scan_plus},
                                       {NULL, NULL}};
  luaL_newmetatable(L, UPLOAD);
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
