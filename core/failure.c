#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

const char *failure_name(enum failure_kind kind) {
  switch (kind) {
  case FAILURE_PORT_MISSING: return "port_missing";
  case FAILURE_PORT_PERMISSION: return "port_permission";
  case FAILURE_PORT_BUSY: return "port_busy";
  case FAILURE_NOT_A_PORT: return "not_a_port";
  case FAILURE_HANGUP: return "hangup";
  case FAILURE_TIMEOUT: return "timeout";
  case FAILURE_INTERRUPTED: return "interrupted";
  case FAILURE_IO: return "io";
  case FAILURE_UNSUPPORTED: return "unsupported";
  }
  return "io";
}

bool failure_set(struct failure *failure, enum failure_kind kind, int code, const char *format,
                 ...) {
  failure->kind = kind;
  failure->code = code;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure->message, sizeof failure->message, format, arguments);
  va_end(arguments);
  for (char *c = failure->message; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
  return false;
}
