/* A failure in the field: a kind for the program, a line for people. */
#ifndef DFOTA_FAILURE_H
#define DFOTA_FAILURE_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum failure_kind {
  FAILURE_PORT_MISSING,
  FAILURE_PORT_PERMISSION,
  FAILURE_PORT_BUSY,
  FAILURE_NOT_A_PORT,
  FAILURE_HANGUP,
  FAILURE_TIMEOUT,
  FAILURE_INTERRUPTED,
  FAILURE_IO,
  FAILURE_UNSUPPORTED
};

#define FAILURE_MESSAGE_MAX 512

struct failure {
  enum failure_kind kind;
  int code; /* errno, or 0 if there is none */
  char message[FAILURE_MESSAGE_MAX];
};

/* The kind as it is spelled in Lua, such as "port_busy". */
const char *failure_name(enum failure_kind kind);

/* Fills in a failure; always false, so that a function can end in `return failure_set(…)`.
   Control characters in the message (a port's name may contain any) become '?', so that it stays
   one line. */
bool failure_set(struct failure *failure, enum failure_kind kind, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#pragma GCC visibility pop

#endif
